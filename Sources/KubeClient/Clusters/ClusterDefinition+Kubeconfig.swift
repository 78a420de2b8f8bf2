internal import Base

extension ClusterDefinition {
    /// One cluster for each context of a kubeconfig, named as the context.
    ///
    /// - Parameters:
    ///   - file: nil: the files of `KUBECONFIG`, else `~/.kube/config`.
    ///   - contexts: nil: all of them.
    package static func fromKubeconfig(_ file: String? = nil, contexts: [String]? = nil) async -> ClusterReading {
        await onOwnThread("kubeconfig") {
            fromKubeconfig(
                file, contexts: contexts, environment: environmentVariable, read: ClusterConfiguration.readFromDisk)
        }
    }

    static func fromKubeconfig(
        _ file: String?, contexts: [String]?, environment: (String) -> String?, read: ClusterConfiguration.ReadFile
    ) -> ClusterReading {
        var reading = ClusterReading()
        do throws(ConfigurationError) {
            let kubeconfig = try Kubeconfig.findOrOfHome(file, environment: environment, read: read)
            for name in contexts ?? kubeconfig.contextNames { reading.add(kubeconfig, context: name, read) }
        } catch {
            reading.problems.append(ClusterProblem(error, cluster: ""))
        }
        return reading
    }
}

extension ClusterReading {
    fileprivate mutating func add(
        _ kubeconfig: Kubeconfig, context: String, _ read: ClusterConfiguration.ReadFile
    ) {
        do throws(ConfigurationError) {
            let access = try kubeconfig.configuration(context: context, read: read)
            add(ClusterDefinition(name: context, access: access), path: kubeconfig.source)
        } catch {
            problems.append(ClusterProblem(error, cluster: context))
        }
    }
}
