/// What clusters are called elsewhere (`kubernetesIngestor.clusterNameMapping`).
package enum ClusterNameMapping: Sendable, Hashable {
    case none
    /// One prefix stands for another.
    case prefixes(source: String, target: String)
    /// Each name stands for another.
    case explicit([String: String])

    /// What the cluster is called elsewhere.
    package func mapped(_ cluster: String) -> String {
        switch self {
        case .none: cluster
        case .prefixes(let source, let target):
            source.isEmpty || target.isEmpty || !cluster.hasPrefix(source)
                ? cluster : target + cluster.dropFirst(source.count)
        case .explicit(let names): names[cluster] ?? cluster
        }
    }

    /// The part of the name that both have in common: what entities, tags and systems call the cluster.
    package func normalised(_ cluster: String) -> String {
        switch self {
        case .none: return cluster
        case .prefixes(let source, let target):
            let prefix = [source, target].first { !$0.isEmpty && cluster.hasPrefix($0) } ?? ""
            return Self.withoutSeparators(cluster.dropFirst(prefix.count)) ?? cluster
        case .explicit(let names):
            let pair =
                names[cluster].map { (cluster, $0) } ?? names.sorted { $0.key < $1.key }.first { $0.value == cluster }
            return pair.flatMap(Self.commonEnd) ?? cluster
        }
    }

    /// The longest common end that begins with a word in both names.
    private static func commonEnd(_ left: String, _ right: String) -> String? {
        let count = zip(left.reversed(), right.reversed()).prefix { $0 == $1 }.count
        let end = left.suffix(count)
        if count == left.count || count == right.count, let longer = [left, right].max(by: { $0.count < $1.count }),
            count == longer.count || isSeparator(longer.dropLast(count).last)
        {
            return withoutSeparators(end)
        }
        guard let start = end.firstIndex(where: { isSeparator($0) }) else { return nil }
        return withoutSeparators(end[start...])
    }

    private static func withoutSeparators(_ text: Substring) -> String? {
        let rest = text.drop { isSeparator($0) }
        return rest.isEmpty ? nil : String(rest)
    }

    private static func isSeparator(_ character: Character?) -> Bool {
        character.map { "-_.:/@".contains($0) } ?? false
    }
}
