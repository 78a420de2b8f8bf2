import Base
import TestSupport
import Testing

@testable import Store

@Suite("Runs of sources in the database", .serialized, .enabled(if: TestDatabase.isAvailable))
struct SourceRunStoreTests {
    private static func run(_ source: Int, _ second: Int64, added: Int = 0, error: String? = nil) -> SourceRun {
        var tally = SourceTally()
        (tally.locations, tally.added) = (7, added)
        return SourceRun(
            sourceID: source, beganAt: Timestamp(seconds: second), endedAt: Timestamp(seconds: second + 1),
            tally: tally,
            error: error)
    }

    @Test("a run that changed nothing is counted at the one before; any other has a row, the latest first")
    func repeats() async throws {
        try await TestDatabase.withStore { store in
            let catalog = store.catalog
            let id = try await catalog.register(type: "file", target: "a")
            let other = try await catalog.register(type: "file", target: "b")
            try await catalog.note(runs: [Self.run(id, 100, added: 3), Self.run(other, 100)])
            try await catalog.note(runs: [Self.run(id, 200)])
            var many = Self.run(id, 300)
            (many.repeats, many.repeatedAt) = (4, Timestamp(seconds: 350))
            try await catalog.note(runs: [many])
            try await catalog.note(runs: [Self.run(id, 400, error: "down")])
            try await catalog.note(runs: [Self.run(id, 500, error: "down")])
            try await catalog.note(runs: [Self.run(id, 600)])
            let (name, runs) = try #require(try await catalog.runs(of: id))
            #expect(name == "file:a" && runs.map(\.error) == [nil, "down", nil])
            #expect(runs.map(\.repeats) == [0, 1, 6] && runs.map(\.tally.added) == [0, 0, 3])
            #expect(runs[2].repeatedAt == Timestamp(seconds: 350) && runs[2].endedAt == Timestamp(seconds: 101))
            let latest = try await catalog.sources().map(\.lastRun)
            #expect(latest.map { $0?.beganAt } == [Timestamp(seconds: 600), Timestamp(seconds: 100)])
            #expect(try await catalog.runs(of: 4_711) == nil)
        }
    }

    @Test("the latest 50 of each source are kept, and go with the source")
    func bounded() async throws {
        try await TestDatabase.withStore { store in
            let catalog = store.catalog
            let id = try await catalog.register(type: "file", target: "a")
            let other = try await catalog.register(type: "file", target: "b")
            try await catalog.note(runs: [Self.run(other, 1, added: 1)])
            for second in 0..<60 { try await catalog.note(runs: [Self.run(id, Int64(second), added: 1)]) }
            let runs = try #require(try await catalog.runs(of: id)).runs
            #expect(runs.map(\.beganAt) == (10..<60).reversed().map { Timestamp(seconds: $0) })
            #expect(try await catalog.runs(of: other)?.runs.count == 1)
            try await catalog.remove(source: id)
            try await catalog.note(runs: [Self.run(id, 100, added: 1)])
            #expect(try await catalog.runs(of: id) == nil)
        }
    }

    @Test("a batch tells what came, changed and went by source, and what is wrong there")
    func tallies() async throws {
        try await Scene.with { scene async throws in
            func tally(_ location: String, _ yaml: String?) async throws -> SourceTally {
                try await scene.tally(location, yaml)
            }
            let first = try await tally("a", component("one") + "---\n" + component("two"))
            #expect((first.locations, first.added, first.changed, first.removed) == (1, 2, 0, 0))
            #expect(first.isChange)
            let same = try await tally("a", "# same\n" + component("one") + "---\n" + component("two"))
            #expect(!same.isChange && same.locations == 1)
            let changed = try await tally("a", component("one", "  by: me\n") + "---\nkind: [\n")
            #expect((changed.added, changed.changed, changed.removed) == (0, 1, 0))
            #expect(changed.problems == 1 && changed.hasOtherProblems)
            let conflict = try await tally("b", component("one"))
            #expect((conflict.conflicts, conflict.problems, conflict.added) == (1, 0, 0))
            let gone = try await tally("a", nil)
            #expect((gone.removed, gone.problems) == (2, 0))
        }
    }
}
