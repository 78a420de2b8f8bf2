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
    /// The ways that lead here, the one that the entities show first: the shortest, of equally short ones the operator's. What
    /// may come by one of them may come; otherwise whoever names a location could take away what others let in there.
    package fileprivate(set) var ways: [Provenance]
    package var provenance: Provenance { ways[0] }
    /// The way by which it may be read, should it be a file.
    package var reader: Provenance { ways.first { $0.readableDirectory != nil } ?? ways[0] }
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

    /// Most ways to one location that are kept.
    package static let maximumWays = 32

    /// - Parameters:
    ///   - held: locations that sources have themselves; they are not followed, and what stands there is a root.
    ///   - operators: the sources that the operator configured: their ways are never the ones that are too many.
    package static func followed(
        from holders: [LocationHolder], held: Set<String> = [], operators: Set<String> = []
    ) -> [String: FollowedLocation] {
        let byLocation = Dictionary(grouping: holders.filter { $0.root == nil }, by: \.location)
        var found: [String: FollowedLocation] = [:]
        // In a fixed order, so that of several ways to a location the same one gives the origin each time.
        var level = holders.compactMap { holder in holder.root.map { (holder, $0) } }
            .sorted { ($0.1.origin, $0.0.targets.first ?? "") < ($1.1.origin, $1.0.targets.first ?? "") }
        level = level.filter { operators.contains($0.1.source) } + level.filter { !operators.contains($0.1.source) }
        var depth = 1
        while !level.isEmpty, depth <= maximumDepth + 1 {
            var next: [(LocationHolder, Provenance)] = []
            for (holder, way) in level {
                for target in holder.targets where !held.contains(target) {
                    if !holder.isOptional { found[target]?.isOptional = false }
                    let provenance = Provenance(location: target, origin: way.origin, source: way.source)
                    guard add(provenance, to: &found, isOptional: holder.isOptional, depth) else { continue }
                    next += (byLocation[target] ?? []).map { ($0, provenance) }
                }
            }
            level = next
            depth += 1
        }
        return found
    }

    /// - Returns: whether the way is new, and is to be gone on.
    private static func add(
        _ way: Provenance, to found: inout [String: FollowedLocation], isOptional: Bool, _ depth: Int
    ) -> Bool {
        if let known = found[way.location] {
            guard depth <= maximumDepth, known.ways.count < maximumWays, !known.ways.contains(way) else { return false }
            found[way.location]?.ways.append(way)
            return true
        }
        guard found.count < maximumLocations else { return false }
        let problem = depth > maximumDepth ? "more than \(maximumDepth) Location entities lead one to the other" : nil
        found[way.location] = FollowedLocation(ways: [way], isOptional: isOptional, problem: problem)
        return true
    }
}
