package import Base

/// What Backstage's `kubernetes` section says about clusters.
package struct BackstageClusters: Sendable, Equatable {
    package var reading = ClusterReading()
    /// Whether clusters are also to be taken from the catalog (`ClusterDefinition.fromCatalog`).
    package var readsCatalog = false
    /// Backstage's `clusterLocatorContinueOnError`: problems leave the other clusters usable.
    package var continuesOnError = false

    /// Reads the section.
    ///
    /// - Parameters:
    ///   - kubernetes: the section; null when there is none.
    ///   - path: of the section, for problems.
    ///   - unsetVariables: environment variables that are not set, by the path of the value that asks for them.
    package static func read(
        _ kubernetes: JSONValue, path: String = "kubernetes", unsetVariables: [String: String] = [:]
    ) async -> BackstageClusters {
        await onOwnThread("clusters") {
            BackstageClusters(
                kubernetes, path: path, unsetVariables: unsetVariables, environment: environmentVariable,
                read: ClusterConfiguration.readFromDisk)
        }
    }

    init(
        _ kubernetes: JSONValue, path: String, unsetVariables: [String: String],
        environment: @escaping (String) -> String?, read: @escaping ClusterConfiguration.ReadFile
    ) {
        let section = ConfigurationEntry(source: "", path: path, value: kubernetes)
        let reader = BackstageClusterReader(unsetVariables: unsetVariables, environment: environment, read: read)
        do throws(ConfigurationError) {
            continuesOnError = try section.flag("clusterLocatorContinueOnError")
            for method in try section.entries("clusterLocatorMethods") { try add(method, reader) }
        } catch {
            reading.problems.append(ClusterProblem(error, cluster: ""))
        }
    }

    private mutating func add(
        _ method: ConfigurationEntry, _ reader: BackstageClusterReader
    ) throws(ConfigurationError) {
        do throws(ConfigurationError) {
            switch try method.required("type") {
            case "config":
                for cluster in try method.entries("clusters") { add(cluster: cluster, reader) }
            case "localKubectlProxy": reading.add(Self.localProxy, path: method.path)
            case "catalog": readsCatalog = true
            case "gke":
                throw method.error(
                    .unsupported, "type",
                    "gke is not supported; list the clusters under type config with a serviceAccountToken, or use a "
                        + "kubeconfig whose user runs gke-gcloud-auth-plugin")
            case let type:
                throw method.invalid("type", "expected config, catalog or localKubectlProxy, found \(type)")
            }
        } catch {
            reading.problems.append(ClusterProblem(error, cluster: ""))
        }
    }

    private mutating func add(cluster: ConfigurationEntry, _ reader: BackstageClusterReader) {
        do throws(ConfigurationError) {
            reading.add(try reader.definition(cluster), path: cluster.name(of: "name"))
        } catch {
            let name = cluster.value["name"]?.stringValue
            reading.problems.append(ClusterProblem(error, cluster: name ?? cluster.path))
        }
    }

    /// What `kubectl proxy` serves on its default port.
    private static var localProxy: ClusterDefinition {
        var definition = ClusterDefinition(
            name: "local", access: ClusterConfiguration(server: "http://127.0.0.1:8001", name: "local"))
        definition.authProvider = "localKubectlProxy"
        definition.skipsMetrics = true
        return definition
    }
}
