import Base
import Catalog
import MCP
import Synchronization
import TestSupport
import Testing

@testable import API
@testable import Store

@Suite("Changes of resources", .serialized, .enabled(if: TestDatabase.isAvailable))
struct ContentChangesTests {
    /// What a listener heard.
    private final class Heard: Sendable {
        private let changes = Mutex<[MCPChange]>([])
        func add(_ change: MCPChange) { changes.withLock { $0.append(change) } }
        var all: [MCPChange] { changes.withLock { $0 } }
        func forget() { changes.withLock { $0 = [] } }
    }

    /// Runs the body with two listeners of one replica and one of another, once all hear.
    private static func listening(
        _ body: @Sendable (Store, [Heard], ContentChanges) async throws -> Void
    ) async throws {
        try await TestDatabase.withStore { store in
            let (one, other) = (
                store.catalogFeed(logger: Logger("a") { _ in }), store.catalogFeed(logger: Logger("b") { _ in })
            )
            let replicas = [
                ContentChanges(catalog: store.catalog, feed: one), ContentChanges(catalog: store.catalog, feed: other),
            ]
            let heard = [Heard(), Heard(), Heard()]
            let streams = [replicas[0].stream(), replicas[0].stream(), replicas[1].stream()]
            let work = Task {
                await withTaskGroup { group in
                    group.addTask { await one.run() }
                    group.addTask { await other.run() }
                    for (stream, heard) in zip(streams, heard) {
                        group.addTask { for await change in stream { heard.add(change) } }
                    }
                }
            }
            // The feeds begin after the listeners, so what went by until then is told as a whole.
            for listener in heard { #expect(await eventually { listener.all == [.anyResource, .resources] }) }
            try await Service.define(Service.entity("first", type: "service"), location: "file:first.yaml", in: store)
            // Who hears of two entities together hears but once that the list is another.
            for listener in heard { #expect(await eventually { listener.all.contains(uri("first")) }) }
            try await settle(store, heard)
            let result: Result<Void, any Error>
            do { result = .success(try await body(store, heard, replicas[0])) } catch { result = .failure(error) }
            work.cancel()
            await work.value
            try result.get()
        }
    }

    /// Waits until whatever was announced before has been heard, and forgets it.
    private static func settle(_ store: Store, _ heard: [Heard]) async throws {
        let mark = "mark\(Int.random(in: 0..<1_000_000))"
        try await Service.define(Service.entity(mark, type: "service"), location: "file:\(mark).yaml", in: store)
        for listener in heard {
            #expect(await eventually { listener.all.contains(uri(mark)) && listener.all.last == .resources })
        }
        for listener in heard { listener.forget() }
    }

    private static func uri(_ name: String) -> MCPChange { .resource("callboard://entity/component/default/\(name)") }

    @Test("every replica tells every listener what changed; the list only when it did")
    func changes() async throws {
        try await Self.listening { store, heard, _ in
            try await Service.define(
                Service.entity("first", type: "service", title: "New"), location: "file:first.yaml", in: store)
            for listener in heard {
                #expect(await eventually { listener.all.contains(Self.uri("first")) })
                #expect(!listener.all.contains(.resources))
            }
            try await Service.define(Service.entity("second", type: "service"), location: "file:second.yaml", in: store)
            for listener in heard {
                #expect(
                    await eventually { listener.all.contains(Self.uri("second")) && listener.all.last == .resources })
            }
        }
    }

    @Test("one that is gone is told, with the list")
    func gone() async throws {
        try await Self.listening { store, heard, _ in
            try await Service.define("", location: "file:first.yaml", in: store)
            for listener in heard {
                #expect(await eventually { listener.all == [Self.uri("first"), .resources] })
            }
        }
    }

    @Test("the first change after somebody began to listen is told")
    func first() async throws {
        try await TestDatabase.withStore { store in
            let feed = store.catalogFeed(logger: Logger("a") { _ in })
            let hearing = Task { await feed.run() }
            defer { hearing.cancel() }
            #expect(await eventually { feed.beginnings == 1 })
            for round in 0..<10 {
                let changes = ContentChanges(catalog: store.catalog, feed: feed)
                let stream = changes.stream()
                let name = "first\(round)"
                try await Service.define(
                    Service.entity(name, type: "service"), location: "file:\(name).yaml", in: store)
                let heard = Heard()
                let reader = Task { for await change in stream { heard.add(change) } }
                #expect(await eventually { heard.all.last == .resources })
                #expect(heard.all == [Self.uri(name), .resources])
                reader.cancel()
                await reader.value
                #expect(await eventually { changes.listeners == 0 })
            }
        }
    }

    @Test("after a gap in what was announced, everybody is told that any resource may be another")
    func gap() async throws {
        try await Self.listening { store, heard, _ in
            let ended = try await store.catalog.pool.run { session in
                try session.run(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND query = 'LISTEN callboard_entities'
                    """
                ).map { $0.bool(0) }.count
            }
            #expect(ended == 2)
            for listener in heard { #expect(await eventually { listener.all == [.anyResource, .resources] }) }
            try await Service.define(
                Service.entity("first", type: "service", title: "New"), location: "file:first.yaml", in: store)
            for listener in heard { #expect(await eventually { listener.all.last == Self.uri("first") }) }
        }
    }

    @Test("changes that are too many to be announced one by one are found in the database")
    func many() async throws {
        try await Self.listening { store, heard, _ in
            let many = (0..<400).map { Service.entity("some-long-name-\($0)", type: "service") }
            try await Service.define(many.joined(separator: "---\n"), location: "file:many.yaml", in: store)
            for listener in heard {
                #expect(await eventually { listener.all.contains(.resources) })
                #expect(
                    listener.all.contains(Self.uri("some-long-name-0"))
                        && listener.all.contains(Self.uri("some-long-name-399")))
            }
        }
    }

    @Test("a listener that ends is forgotten; a slow one keeps the latest and learns that something is missing")
    func bounds() async throws {
        try await Self.listening { store, heard, changes in
            #expect(changes.listeners == 2)
            let slow = changes.stream()
            #expect(changes.listeners == 3)
            let batches = 4
            for batch in 0..<batches {
                let many = (0..<400).map { Service.entity("n\(batch)-long-name-of-it-\($0)", type: "service") }
                try await Service.define(many.joined(separator: "---\n"), location: "file:\(batch).yaml", in: store)
            }
            #expect(await eventually { heard[0].all.contains(Self.uri("n\(batches - 1)-long-name-of-it-0")) })
            try await Self.settle(store, heard)
            let late = Heard()
            let reader = Task { for await change in slow { late.add(change) } }
            #expect(await eventually { late.all.count == ContentChanges.maximumWaiting })
            #expect(late.all.last == .resources)
            reader.cancel()
            #expect(await eventually { changes.listeners == 2 })
        }
    }
}
