import Base
import Testing

@testable import Catalog

@Suite("Targets of a Location entity")
struct LocationTargetsTests {
    private static func targets(_ spec: String, kind: String = "Location") throws -> LocationTargets {
        let text = "apiVersion: backstage.io/v1alpha1\nkind: \(kind)\nmetadata: {name: x}\nspec: \(spec)\n"
        let entity = try #require(CatalogFile.documents(Array(text.utf8), name: "f")[0].entity)
        return LocationTargets(of: entity, at: "url:https://h/x/y.yaml")
    }

    @Test("target and targets count together, each once, in the author's order")
    func both() throws {
        let found = try Self.targets("{target: ./b.yaml, targets: [a.yaml, ./b.yaml, 'https://k/c']}")
        #expect(found.targets == ["url:https://h/x/b.yaml", "url:https://h/x/a.yaml", "url:https://k/c"])
        #expect(found.problems.isEmpty && !found.isOptional)
    }

    @Test("presence optional is told, an empty spec points to nothing")
    func presence() throws {
        #expect(try Self.targets("{target: a, presence: optional}").isOptional)
        #expect(try Self.targets("{}").targets.isEmpty)
    }

    @Test("a bad target leaves the others usable")
    func problems() throws {
        let found = try Self.targets("{type: url, targets: ['javascript:x', a.yaml]}")
        #expect(found.targets == ["url:https://h/x/a.yaml"] && found.problems.count == 1)
    }

    @Test("what is too long for the database, or too much, is a problem")
    func bounds() throws {
        let long = try Self.targets("{target: \(String(repeating: "a", count: 2_001))}")
        #expect(long.targets.isEmpty && long.problems == ["A target is longer than 2000 bytes"])
        let many = try Self.targets(
            "{targets: [\((0...LocationTargets.maximumTargets).map { "a\($0)" }.joined(separator: ","))]}")
        #expect(many.targets.count == LocationTargets.maximumTargets && many.problems.count == 1)
    }

    @Test("other kinds point to nothing")
    func otherKind() throws {
        let found = try Self.targets("{type: a, lifecycle: b, owner: c, target: d}", kind: "Component")
        #expect(found.targets.isEmpty && found.problems.isEmpty)
    }
}
