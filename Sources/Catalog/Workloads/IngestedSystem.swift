package import Base

/// A System that workloads belong to by `mappings.systemModel`.
package struct IngestedSystem: Sendable, Hashable {
    /// Of the entity.
    package let namespace: String
    package let name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// Where it stands: by itself, whatever cluster or workload belongs to it.
    package var location: String { "kubernetes-system:\(namespace)/\(name)" }

    /// Reads what `location` writes.
    package init?(location: String) {
        let parts = location.dropFirst("kubernetes-system:".count).split(
            separator: "/", omittingEmptySubsequences: false)
        guard location.hasPrefix("kubernetes-system:"), parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
            return nil
        }
        self.init(namespace: String(parts[0]), name: String(parts[1]))
    }
}

extension WorkloadMapping {
    /// The annotations of Namespaces that say something about Systems and owners.
    package var namespaceAnnotations: Set<String> {
        Set(["owner", "system-type", "domain"].map(settings.annotation))
    }

    /// The System's definition.
    ///
    /// - Parameter namespaces: the annotations of the Namespaces that it stands for, in the order of precedence.
    package func definition(of system: IngestedSystem, namespaces: [[String: String]]) -> JSONObject {
        func text(_ name: String) -> String? {
            namespaces.lazy.compactMap { AnnotationReading(settings, $0).text(name) }.first
        }
        var spec: JSONObject = [
            "owner": .string(reference(text("owner") ?? settings.defaultOwner, system.namespace)),
            "type": .string(text("system-type") ?? "kubernetes-namespace"),
        ]
        if let domain = text("domain") { spec["domain"] = .string(domain) }
        return Self.definition(
            "System", ["name": .string(system.name), "namespace": .string(system.namespace)], spec)
    }

    /// Whether a System stands for the Namespaces of its workloads; else it stands for clusters, and no Namespace says
    /// anything about it.
    package var systemsAreNamespaces: Bool {
        settings.models.system == .namespace || settings.models.system == .clusterNamespace
    }
}
