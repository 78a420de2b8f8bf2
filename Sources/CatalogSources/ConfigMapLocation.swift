internal import KubeClient

/// One catalog file in a ConfigMap: `configmap:<cluster>/<namespace>/<name>/<key>`.
struct ConfigMapLocation: Sendable, Hashable, CustomStringConvertible {
    /// As configured; may hold `/`, as the ARNs of EKS clusters do.
    let cluster: String
    let object: ObjectKey
    /// The key in the ConfigMap's data.
    let key: String

    var description: String { "configmap:\(cluster)/\(object.namespace)/\(object.name)/\(key)" }

    init(cluster: String, object: ObjectKey, key: String) {
        self.cluster = cluster
        self.object = object
        self.key = key
    }

    /// Reads what `description` writes. Read from the end, since namespaces, names and keys hold no `/`.
    init?(parsing text: String) {
        guard text.hasPrefix("configmap:") else { return nil }
        let parts = text.dropFirst("configmap:".count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts.suffix(3).allSatisfy({ !$0.isEmpty }) else { return nil }
        cluster = parts.dropLast(3).joined(separator: "/")
        object = ObjectKey(namespace: String(parts[parts.count - 3]), name: String(parts[parts.count - 2]))
        key = String(parts[parts.count - 1])
        guard !cluster.isEmpty else { return nil }
    }
}

extension ConfigMapLocation {
    /// The catalog files of a ConfigMap: every data key that ends in `.yaml` or `.yml`.
    static func all(in map: ConfigMap, cluster: String) -> Set<String> {
        changed(from: nil, to: map, cluster: cluster)
    }

    /// The catalog files that differ between two states of a ConfigMap; nil stands for its absence.
    static func changed(from old: ConfigMap?, to new: ConfigMap?, cluster: String) -> Set<String> {
        guard let object = new?.key ?? old?.key else { return [] }
        let (before, after) = (old?.data ?? [:], new?.data ?? [:])
        let keys = Set(before.keys).union(after.keys).filter { isCatalogFileName($0) && before[$0] != after[$0] }
        return Set(keys.map { ConfigMapLocation(cluster: cluster, object: object, key: $0).description })
    }
}
