/// A Location entity as it takes part in finding out what is to be read.
package struct LocationHolder: Sendable, Hashable {
    /// Where the entity stands.
    package let location: String
    /// The provenance of what stands there, when a source has that location itself; nil where Location entities led to it.
    package let root: Provenance?
    package let targets: [String]
    package let isOptional: Bool

    package init(location: String, root: Provenance?, targets: [String], isOptional: Bool) {
        self.location = location
        self.root = root
        self.targets = targets
        self.isOptional = isOptional
    }
}

/// A location that is to be read because Location entities lead to it.
package struct FollowedLocation: Sendable, Hashable {
    package let provenance: Provenance
    /// No entity that names it minds when nothing is there.
    package fileprivate(set) var isOptional: Bool
    /// Why it is not read all the same.
    package let problem: String?
}

/// Decides what is to be read because of the Location entities that there are. What no chain of them reaches from a source is
/// not, so circles that lost their source end.
package enum LocationGraph {
    /// Longest chain of Location entities that is followed.
    package static let maximumDepth = 10
    /// Most locations that are followed in all.
    package static let maximumLocations = 100_000

    /// - Parameter held: locations that sources have themselves; they are not followed, and what stands there is a root.
    package static func followed(
        from holders: [LocationHolder], held: Set<String> = []
    ) -> [String: FollowedLocation] {
        let byLocation = Dictionary(grouping: holders.filter { $0.root == nil }, by: \.location)
        var found: [String: FollowedLocation] = [:]
        // In a fixed order, so that of several ways to a location the same one gives the origin each time.
        var level = holders.compactMap { holder in holder.root.map { (holder, $0) } }
            .sorted { ($0.1.origin, $0.0.targets.first ?? "") < ($1.1.origin, $1.0.targets.first ?? "") }
        var depth = 1
        while !level.isEmpty, depth <= maximumDepth + 1 {
            var next: [(LocationHolder, Provenance)] = []
            for (holder, way) in level {
                for target in holder.targets where !held.contains(target) {
                    if !holder.isOptional { found[target]?.isOptional = false }
                    guard found[target] == nil, found.count < maximumLocations else { continue }
                    let provenance = Provenance(location: target, origin: way.origin, source: way.source)
                    let problem =
                        depth > maximumDepth ? "more than \(maximumDepth) Location entities lead one to the other" : nil
                    found[target] = FollowedLocation(
                        provenance: provenance, isOptional: holder.isOptional, problem: problem)
                    next += (byLocation[target] ?? []).map { ($0, provenance) }
                }
            }
            level = next
            depth += 1
        }
        return found
    }
}
