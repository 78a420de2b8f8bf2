import Base
import Catalog
import KubeClient
import Synchronization
import TestSupport
import Testing

@testable import CatalogSources

/// A URL that holds what a test puts there.
private final class OneURL: URLReading {
    struct Refusal: Error, CustomStringConvertible { let description = "out of reach" }

    private let state = Mutex((text: String?.none, isDown: false, asked: [String?](), gate: Gate?.none))

    func read(_ url: String, etag: String?) async throws -> URLAnswer {
        let gate = state.withLock { state in
            state.asked.append(etag)
            return state.gate
        }
        let answer = Result { try self.answer(etag) }
        _ = await gate?.wait()
        return try answer.get()
    }

    /// What is there when it is asked for.
    private func answer(_ etag: String?) throws -> URLAnswer {
        try state.withLock { state in
            if state.isDown { throw Refusal() }
            guard let text = state.text else { return .missing }
            return etag == text ? .unchanged : .content(Array(text.utf8), etag: text)
        }
    }

    func set(_ text: String?, isDown: Bool = false) { state.withLock { ($0.text, $0.isDown) = (text, isDown) } }
    /// Answers arrive when the gate is open.
    func hold(_ gate: Gate) { state.withLock { $0.gate = gate } }
    var asked: [String?] { state.withLock { $0.asked } }
}

@Suite("Canonical sources")
struct CanonicalSourceTests {
    private static let id = SourceID(type: "canonical", target: "main")

    private static func text(_ bytes: [UInt8]?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }

    @Test("a file is one location, read when it changes; without it there is an error, never an empty file")
    func file() async throws {
        let folder = try TemporaryDirectory()
        try folder.write("canonical.json", "one")
        let watched = WatchedFile(
            path: folder.path + "/canonical.json", executor: ThreadExecutor(name: "test-canonical"))
        let source = CanonicalSource(CanonicalSettings(name: "main"), watched)
        #expect(source.id == Self.id && source.canonical?.name == "main")
        #expect(try await source.locations() == ["canonical:main"])
        let log = ChangeLog()
        await source.start { log.add($0) }
        #expect(await log.wait { $0.listings > 0 })
        #expect(Self.text(try await source.read("canonical:main")) == "one")
        log.clear()
        try folder.write("canonical.json", "two, longer")
        #expect(await log.wait { $0.announced == ["canonical:main"] })
        #expect(Self.text(try await source.read("canonical:main")) == "two, longer")
        folder.remove("canonical.json")
        await #expect(throws: CatalogSourceError.self) { try await source.read("canonical:main") }
        await #expect(throws: CatalogSourceError.self) { try await source.read("canonical:other") }
        await source.stop()
    }

    @Test("a URL is asked on schedule with its etag, and told of only when something is another")
    func url() async throws {
        let (url, clock) = (OneURL(), ManualClock())
        let changes = Mutex(0)
        url.set("one")
        let watched = WatchedURL("https://h/c.yaml", urls: url, source: Self.id, frequency: .seconds(60), clock: clock)
        await watched.start { changes.withLock { $0 += 1 } }
        func look(_ count: Int) async {
            #expect(await eventually { url.asked.count == count })
            #expect(await eventually { clock.sleeperCount == 1 })
        }
        await look(1)
        #expect(Self.text(try await watched.read()) == "one" && changes.withLock { $0 } == 1)
        clock.advance(by: .seconds(60))
        await look(2)
        #expect(url.asked.last == "one" && changes.withLock { $0 } == 1)
        url.set("two")
        clock.advance(by: .seconds(60))
        await look(3)
        #expect(Self.text(try await watched.read()) == "two" && changes.withLock { $0 } == 2)
        url.set("two", isDown: true)
        clock.advance(by: .seconds(60))
        await look(4)
        let down = await #expect(throws: CatalogSourceError.self) { try await watched.read() }
        #expect(down?.description == "canonical:main: out of reach" && changes.withLock { $0 } == 3)
        url.set(nil)
        clock.advance(by: .seconds(60))
        await look(5)
        let missing = await #expect(throws: CatalogSourceError.self) { try await watched.read() }
        #expect(missing?.detail == "nothing is there")
        url.set("two")
        clock.advance(by: .seconds(60))
        await look(6)
        #expect(Self.text(try await watched.read()) == "two")
        await watched.stop()
        // Between two looks nobody was asked.
        #expect(url.asked.count == 6)
    }

    @Test("a refresh looks at the URL at once; one that comes during a look is not content with that")
    func refresh() async throws {
        let (url, clock, gate) = (OneURL(), ManualClock(), Gate())
        url.set("one")
        let watched = WatchedURL("https://h/c.yaml", urls: url, source: Self.id, frequency: .seconds(60), clock: clock)
        let source = CanonicalSource(CanonicalSettings(name: "main"), watched)
        #expect(Self.text(try await source.read("canonical:main")) == "one")
        url.set("two")
        await source.refresh("canonical:main")
        #expect(Self.text(try await source.read("canonical:main")) == "two")
        url.hold(gate)
        async let first: Void = source.refresh("canonical:main")
        #expect(await eventually { url.asked.count == 3 })
        url.set("three")
        async let second: Void = source.refresh("canonical:main")
        gate.open()
        _ = await (first, second)
        #expect(Self.text(try await source.read("canonical:main")) == "three")
        #expect(url.asked.count == 4)
    }
}
