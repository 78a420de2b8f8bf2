import Base
import Catalog
import Synchronization
import TestSupport
import Testing

@testable import CatalogSources

@Suite("Configured URLs")
struct URLSourceTests {
    private static let executor = ThreadExecutor(name: "targets")
    private static let file = "https://github.com/o/r/blob/main/a.yaml"
    private static let pattern = "https://github.com/o/r/blob/main/*/a.yaml"

    /// What URLs hold; those that are not named hold nothing.
    private final class Texts: URLReading {
        let texts: Mutex<[String: String]>
        let failure = Mutex<String?>(nil)

        init(_ texts: [String: String]) { self.texts = Mutex(texts) }

        func read(_ url: String, etag: String?) async throws -> URLAnswer {
            if let failure = failure.withLock({ $0 }) {
                throw CatalogSourceError(.unreadable, SourceID(type: "url", target: url), failure)
            }
            return texts.withLock { $0[url] }.map { .content(Array($0.utf8), etag: nil) } ?? .missing
        }

        func match(_ urls: [String]) {
            let document = URLPattern(URLSourceTests.pattern)?.document(of: urls) ?? []
            texts.withLock { $0[URLSourceTests.pattern] = String(decoding: document, as: UTF8.self) }
        }
    }

    private static func source(_ url: String, _ texts: Texts, _ clock: ManualClock, _ interval: Duration?) -> URLSource
    {
        URLSource(url, targets: TargetReader(urls: texts, executor: executor), clock: clock) { interval }
    }

    private static func text(_ source: URLSource, _ url: String) async -> String {
        do {
            return try await source.read("url:\(url)").map { String(decoding: $0, as: UTF8.self) } ?? "gone"
        } catch {
            return "\(error)"
        }
    }

    @Test("one URL is one location, read when it is asked for and announced on schedule; missing is an error")
    func one() async throws {
        let (texts, clock, log) = (Texts([Self.file: "a"]), ManualClock(), ChangeLog())
        let source = Self.source(Self.file, texts, clock, .seconds(100))
        #expect(source.id.description == "url:\(Self.file)")
        #expect(await source.farHost(of: "url:\(Self.file)") != nil)
        await source.start { log.add($0) }
        #expect(try await source.locations() == ["url:\(Self.file)"])
        #expect(await Self.text(source, Self.file) == "a")
        #expect(await eventually { clock.sleeperCount == 1 } && log.changes == [.listing])
        clock.advance(by: .seconds(100))
        #expect(await eventually { log.changes == [.listing, .listing] })
        texts.texts.withLock { $0 = [:] }
        #expect(await Self.text(source, Self.file).contains("nothing is there"))
        #expect(await Self.text(source, "https://h/other") == "gone")
        await source.stop()
    }

    @Test("of a pattern the files that match are locations; they come and go, and stay while it cannot be looked up")
    func pattern() async throws {
        let urls = ["x", "y"].map { "https://github.com/o/r/blob/main/\($0)/a.yaml" }
        let (texts, clock, log) = (Texts([urls[0]: "x", urls[1]: "y"]), ManualClock(), ChangeLog())
        texts.match(urls)
        let source = Self.source(Self.pattern, texts, clock, .seconds(100))
        await #expect(throws: CatalogSourceError.self) { _ = try await source.locations() }
        await source.start { log.add($0) }
        #expect(await eventually { clock.sleeperCount == 1 })
        #expect(try await source.locations() == Set(urls.map { "url:\($0)" }))
        #expect(await Self.text(source, urls[1]) == "y")

        texts.failure.withLock { $0 = "503" }
        clock.advance(by: .seconds(100))
        #expect(await eventually { log.changes.count == 3 && clock.sleeperCount == 1 })
        await #expect(throws: CatalogSourceError.self) { _ = try await source.locations() }

        texts.failure.withLock { $0 = nil }
        texts.match([urls[0]])
        clock.advance(by: .seconds(7))
        #expect(await eventually { log.changes.count == 4 && clock.sleeperCount == 1 })
        #expect(try await source.locations() == ["url:\(urls[0])"])
        #expect(await Self.text(source, urls[1]) == "gone")
        await source.stop()
    }

    @Test("without an interval it is read at the start alone")
    func once() async throws {
        let (clock, log) = (ManualClock(), ChangeLog())
        let source = Self.source(Self.file, Texts([Self.file: "a"]), clock, nil)
        await source.start { log.add($0) }
        await source.stop()
        #expect(log.changes == [.listing] && clock.sleeperCount == 0)
    }
}
