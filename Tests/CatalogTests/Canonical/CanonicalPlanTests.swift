import Base
import Catalog
import TestSupport
import Testing

@Suite("The plan of a canonical file")
struct CanonicalPlanTests {
    private static func reading(_ names: some Sequence<String>, system: String? = nil) -> CanonicalReading {
        let repositories = names.map { "\n  \($0): {}" }.joined()
        return canonical("version: 1\nrepositories:\(repositories)") { $0.system = system }
    }

    private static func cataloged(
        _ reading: CanonicalReading, at location: String = "canonical:main", isOrphan: Bool = false,
        yields: Bool = false, isContested: Bool = false
    ) -> [CatalogedEntity] {
        reading.entities.map {
            CatalogedEntity(
                ref: $0.entity.ref, location: location, definition: $0.entity.definition, isOrphan: isOrphan,
                yields: yields, isContested: isContested)
        }
    }

    private static func plan(
        _ reading: CanonicalReading, _ catalog: [CatalogedEntity], isForced: Bool = false,
        _ change: (inout CanonicalSettings) -> Void = { _ in }
    ) -> CanonicalPlan {
        CanonicalPlan(reading, settings: canonicalSettings(change), catalog: catalog, isForced: isForced)
    }

    @Test("what is new is added, what differs is updated field by field, what is gone is removed")
    func changes() {
        let before = Self.cataloged(canonical("version: 1\nrepositories: {a: {language: go}, b: {}, c: {}}"))
        let now = canonical("version: 1\nrepositories: {a: {language: rust, title: A}, b: {}, d: {}}")
        let plan = Self.plan(now, before)
        #expect(plan.adds.map(\.entity.ref.name) == ["d"])
        #expect(plan.unchanged.map(\.name) == ["b"])
        #expect(plan.removals.map(\.name) == ["c"])
        #expect(plan.updates.map(\.ref.name) == ["a"])
        #expect(
            plan.updates.first?.fields == [
                FieldChange(pointer: "/metadata/tags", before: ["go"], after: ["rust"]),
                FieldChange(pointer: "/metadata/title", before: nil, after: "A"),
                FieldChange(pointer: "/spec/language", before: "go", after: "rust"),
            ])
        #expect(plan.refusal == nil && plan.documents?.count == 3)
        #expect(plan.json()["counts"]?["adds"] == 1)
        #expect(
            plan.json()["updates"]?[0]?["fields"]?[1] == ["pointer": "/metadata/title", "before": nil, "after": "A"])
    }

    @Test("an entity that another location has stays there, and the conflict is shown with its place")
    func deferral() {
        let reading = Self.reading(["a", "b"])
        let plan = Self.plan(reading, Self.cataloged(Self.reading(["a"]), at: "file:/x"))
        #expect(plan.adds.map(\.entity.ref.name) == ["b"])
        #expect(plan.conflicts.map(\.holder) == ["file:/x"] && plan.conflicts.map(\.place.position?.line) == [3])
        #expect(plan.deferred.map(\.name) == ["a"])
        #expect(plan.refusal == nil)
        // The catalog's own machinery shows the conflict, so the document goes there.
        #expect(plan.documents?.count == 2)
        #expect(plan.json()["conflicts"]?[0]?["resolution"] == "deferred")
    }

    @Test("with fail, a conflict keeps everything as it is")
    func failure() {
        let plan = Self.plan(Self.reading(["a", "b"]), Self.cataloged(Self.reading(["a"]), at: "file:/x")) {
            $0.onConflict = .fail
        }
        #expect(plan.refusal == .conflict && plan.documents == nil)
        #expect(plan.problems.map(\.ref?.name) == ["a"])
        #expect(plan.problems.flatMap(\.problems).map(\.label) == ["conflict"])
    }

    @Test("an orphan is nobody's, and the default system is no conflict")
    func yielding() {
        let reading = Self.reading(["a"], system: "infra")
        let orphans = Self.cataloged(Self.reading(["a"]), at: "file:/x", isOrphan: true)
        let systems = Self.cataloged(reading, at: "file:/y").filter { $0.ref.kind == "system" }
        let plan = Self.plan(reading, orphans + systems) { $0.onConflict = .fail }
        #expect(plan.refusal == nil && plan.conflicts.isEmpty)
        #expect(plan.adds.map(\.entity.ref.name) == ["a"])
        #expect(plan.deferred.map(\.name) == ["infra"])
        #expect(plan.documents?.map(\.ref?.name) == ["a"])
    }

    @Test("what a location has that yields is taken, the default system too, unless that is for somebody else")
    func taking() {
        let reading = Self.reading(["a"], system: "infra")
        let plan = Self.plan(reading, Self.cataloged(reading, at: "workload:x", yields: true)) { $0.onConflict = .fail }
        #expect(plan.refusal == nil && plan.conflicts.isEmpty && plan.deferred.isEmpty)
        // They are the same but for the location, which is a change.
        #expect(plan.updates.map(\.ref.name) == ["a", "infra"] && plan.updates.allSatisfy(\.fields.isEmpty))
        #expect(plan.documents?.count == 2)
        let contested = Self.plan(reading, Self.cataloged(reading, at: "workload:x", yields: true, isContested: true))
        #expect(contested.updates.map(\.ref.name) == ["a"] && contested.deferred.map(\.name) == ["infra"])
    }

    @Test(
        "more removals than the limit are refused, unless there are few or somebody insists",
        arguments: [
            (10, 5, 0.5, true), (10, 4, 0.5, false), (10, 7, 0.5, true), (4, 1, 0.5, true), (4, 0, 0.5, false),
            (100, 96, 0.02, false), (100, 97, 0.0, true), (100, 95, 1, true), (100, 0, 1, true), (0, 0, 0, true),
            (10, 6, 0, false), (10, 7, 0, true),
        ])
    func guarding(before: Int, after: Int, limit: Double, isApplied: Bool) {
        let names = (0..<before).map { "r\($0)" }
        let (catalog, reading) = (Self.cataloged(Self.reading(names)), Self.reading(names.prefix(after)))
        let plan = Self.plan(reading, catalog) { $0.deletionLimit = limit }
        #expect((plan.refusal == nil) == isApplied)
        #expect(plan.removals.count == before - after)
        if !isApplied {
            #expect(plan.refusal == .deletionLimit(removals: before - after, of: before))
            #expect(plan.documents == nil && plan.problems.count == 1)
        }
        #expect(Self.plan(reading, catalog, isForced: true) { $0.deletionLimit = limit }.refusal == nil)
    }

    @Test("a file that cannot be read changes nothing")
    func invalid() {
        let plan = Self.plan(canonical("version: 9"), Self.cataloged(Self.reading(["a", "b", "c", "d", "e"])))
        #expect(plan.refusal == .invalid && plan.documents == nil && plan.removals.isEmpty)
        #expect(plan.problems.flatMap(\.problems).map(\.label) == ["canonical"])
    }

    @Test("changing by the plan's fields leads to the new document", arguments: 0..<200)
    func differences(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let (before, after) = (Self.object(0, &random), Self.object(0, &random))
        let changes = FieldChange.all(from: before, to: after)
        #expect(changes.isEmpty == (before == after))
        #expect(Set(changes.map(\.pointer)).count == changes.count)
        for change in changes {
            #expect(Self.value(change.pointer, in: before) == change.before)
            #expect(Self.value(change.pointer, in: after) == change.after)
            #expect(change.before != change.after)
        }
    }

    private static func object(_ depth: Int, _ random: inout SeededRandom) -> JSONObject {
        JSONObject(
            ["a", "b/c", "d~e"].filter { _ in Bool.random(using: &random) }.map { key in
                let isDeep = depth < 2 && Bool.random(using: &random)
                return (key, isDeep ? .object(object(depth + 1, &random)) : .int(.random(in: 0...2, using: &random)))
            })
    }

    private static func value(_ pointer: String, in object: JSONObject) -> JSONValue? {
        pointer.split(separator: "/").reduce(.some(.object(object))) { value, part in
            value?[part.replacing("~1", with: "/").replacing("~0", with: "~")]
        }
    }
}

extension Substring {
    fileprivate func replacing(_ part: String, with other: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
}

extension String {
    fileprivate func replacing(_ part: String, with other: String) -> String { self[...].replacing(part, with: other) }
}
