internal import Base

/// What a Location entity points to.
package struct LocationTargets: Sendable {
    /// Locations, `<type>:<target>`, in the author's order, each once.
    package let targets: [String]
    /// What cannot be read, and why.
    package let problems: [String]
    /// Whether it is no error when nothing is there.
    package let isOptional: Bool

    /// Most targets of one entity that are followed.
    package static let maximumTargets = 2_000
    /// Longest target, in bytes: what fits into an index of the database.
    private static let maximumLength = 2_000

    /// - Parameter base: where the entity stands, `<type>:<target>`. Entities of other kinds point to nothing.
    package init(of entity: Entity, at base: String) {
        var targets: [String] = []
        var problems: [String] = []
        var seen: Set<String> = []
        for text in Self.texts(entity) {
            do throws(RelativeLocationError) {
                let target = try Self.target(text, entity, base)
                if seen.insert(target).inserted { targets.append(target) }
            } catch {
                problems.append(error.description)
            }
        }
        if targets.count > Self.maximumTargets {
            problems.append("Only the first \(Self.maximumTargets) of \(targets.count) targets are followed")
        }
        self.targets = Array(targets.prefix(Self.maximumTargets))
        self.problems = Array(problems.prefix(EntityValidator.maximumProblems))
        isOptional = entity.spec["presence"]?.stringValue == "optional"
    }

    private static func texts(_ entity: Entity) -> [String] {
        guard entity.ref.kind == "location" else { return [] }
        let single = entity.spec["target"]?.stringValue.map { [$0] } ?? []
        return single + (entity.spec["targets"]?.strings ?? [])
    }

    private static func target(
        _ text: String, _ entity: Entity, _ base: String
    ) throws(RelativeLocationError) -> String {
        let target = try RelativeLocation.resolve(text, type: entity.spec["type"]?.stringValue, from: base)
        guard target.utf8.count <= maximumLength else {
            throw RelativeLocationError(description: "A target is longer than \(maximumLength) bytes")
        }
        return target
    }
}
