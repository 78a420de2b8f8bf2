import Base
import CatalogSources
import Reconcilers
import Store
import TestSupport
import Testing

@Suite("Locations that several sources have", .serialized, .enabled(if: TestDatabase.isAvailable))
struct SharedLocationTests {
    private static func locations(_ store: Store, _ target: String) async throws -> Int64? {
        try await store.source(target)?.locations
    }

    private static func held(_ store: Store, _ target: String) async throws -> [String] {
        try await store.catalog.problems(ProblemQuery()).items.filter {
            $0.source == "scripted:\(target)" && $0.problem.code == "held"
        }.map(\.problem.message)
    }

    @Test("a file is read for the source that is configured first; the other one shows it, and takes over when it goes")
    func precedence() async throws {
        try await TestDatabase.withStore { store in
            // The second has the lower id.
            _ = try await store.catalog.register(type: "scripted", target: "second")
            let first = ScriptedSource("first", ["a": component("a", title: "one")])
            let second = ScriptedSource("second", ["a": component("a", title: "two"), "b": component("b")])
            try await following([first, second], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                let uid = try await store.document("a")?["metadata"]?["uid"]
                #expect(try await store.title("a") == "one")
                second.set("a", component("a", title: "two again"))
                #expect(await eventually { second.reads(of: "a") >= 2 })
                #expect(try await Self.held(store, "second").first?.contains("scripted:first") == true)
                #expect(try await Self.held(store, "first").isEmpty)
                #expect(try await Self.locations(store, "first") == 1)
                #expect(try await Self.locations(store, "second") == 1)
                #expect(try await store.title("a") == "one")

                // What the second has no more is the first one's still.
                second.set("a", nil)
                #expect(await eventually { try await Self.held(store, "second").isEmpty })
                #expect(try await store.document("a")?["metadata"]?["uid"] == uid)

                second.set("a", component("a", title: "three"))
                #expect(await eventually { try await !Self.held(store, "second").isEmpty })
                first.set("a", nil)
                #expect(await eventually { try await store.title("a") == "three" })
                #expect(try await Self.held(store, "second").isEmpty)
                #expect(try await store.document("a")?["metadata"]?["uid"] == uid, "it was never gone")

                // Back again, it is the first one's.
                first.set("a", component("a", title: "four"))
                #expect(await eventually { try await store.title("a") == "four" })
                #expect(try await Self.held(store, "second").count == 1)
            }
        }
    }

    @Test("who takes over and cannot read it yet keeps what there was; a source that has it no more claims it no more")
    func heir() async throws {
        try await TestDatabase.withStore { store in
            let first = ScriptedSource("first", ["a": component("a", title: "one")])
            let second = ScriptedSource("second", ["a": component("a", title: "two")])
            try await following([first, second], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                #expect(await eventually { try await Self.held(store, "second").count == 1 })
                second.block("a", "away")
                first.set("a", nil)
                #expect(
                    await eventually {
                        try await store.catalog.problems(ProblemQuery()).items.contains {
                            $0.source == "scripted:second" && $0.problem.code == "unreadable"
                        }
                    })
                #expect(try await store.title("a") == "one")

                second.set("a", component("a", title: "two"))
                #expect(await eventually { try await store.title("a") == "two" })
                first.set("a", component("a", title: "one"))
                #expect(await eventually { try await Self.held(store, "second").count == 1 })
                second.setSilently("a", nil)
                second.failListing(nil)
                #expect(await eventually { try await Self.held(store, "second").isEmpty })
                #expect(try await store.title("a") == "one")
            }
        }
    }

    @Test("a source that cannot read a file takes it from none that can, though it is configured first")
    func unreadable() async throws {
        try await TestDatabase.withStore { store in
            let first = ScriptedSource("first")
            let second = ScriptedSource("second", ["a": component("a", title: "two")])
            try await following([first, second], store) { reconciler async throws in
                #expect(await eventually { try await store.title("a") == "two" })
                first.block("a", "away")
                #expect(await eventually { try await Self.held(store, "first").count == 1 })
                second.set("a", component("a", title: "two again"))
                #expect(await eventually { try await store.title("a") == "two again" })
                first.set("a", component("a", title: "one"))
                #expect(await eventually { try await store.title("a") == "one" })
            }
        }
    }

    @Test("each run of a source is noted with what it came to")
    func runs() async throws {
        try await TestDatabase.withStore { store in
            let source = ScriptedSource("s", ["a": component("a"), "b": component("b")])
            try await following([source], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                let id = try #require(try await store.source("s")).id
                @Sendable func latest() async throws -> SourceRun? { try await store.catalog.runs(of: id)?.runs.first }
                let first = try #require(try await latest())
                #expect((first.tally.locations, first.tally.added, first.error) == (2, 2, nil))
                source.set("a", component("a", title: "new") + "---\nkind: [\n")
                #expect(await eventually { try await latest()?.tally.changed == 1 })
                #expect(try await latest()?.tally.problems == 1)
                source.failListing("down")
                #expect(await eventually { try await latest()?.error?.contains("down") == true })
                source.failListing(nil)
                #expect(await eventually { try await latest()?.error == nil })
                source.set("a", nil)
                #expect(await eventually { try await latest()?.tally.removed == 1 })
                let shown = try await store.source("s")?.lastRun
                #expect(try await latest() == shown)
            }
        }
    }
}
