import Base
import Catalog
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import CatalogSources

@Suite("Reading what entities name")
struct TargetReaderTests {
    private static let executor = ThreadExecutor(name: "targets")

    @Test("a file below the configured directory is read, a missing one is missing, and any other is refused")
    func files() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("a.txt", "text")
        let reader = TargetReader(urls: nil, executor: Self.executor)
        let place = Provenance(location: "file:\(directory.path)/c.yaml", source: "file:\(directory.path)")
        #expect(
            try await reader.read("file:\(directory.path)/a.txt", for: place, maximumBytes: 10) == Array("text".utf8))
        #expect(try await reader.read("file:\(directory.path)/b.txt", for: place, maximumBytes: 10) == nil)
        for (path, limit) in [("/etc/hostname", 1_000), ("\(directory.path)/a.txt", 3), (directory.path + "/.", 10)] {
            await #expect(throws: CatalogSourceError.self) {
                _ = try await reader.read("file:\(path)", for: place, maximumBytes: limit)
            }
        }
    }

    @Test("errors name a URL without what may be secret")
    func secrets() async throws {
        let reader = TargetReader(urls: nil, executor: Self.executor)
        let place = Provenance(location: "url:https://h/c.yaml", source: "url:https://h/c.yaml")
        let error = await #expect(throws: CatalogSourceError.self) {
            _ = try await reader.read("url:https://bot:S3cret@h/a?t=S3cret", for: place, maximumBytes: 10)
        }
        #expect(error?.description == "url:https://…@h/a: no integration that reads URLs is configured")
    }

    @Test("a link within the directory is followed, also when the directory is one itself; a link out of it is not")
    func links() async throws {
        let (directory, elsewhere) = (try TemporaryDirectory(), try TemporaryDirectory())
        try directory.write("a.txt", "text")
        try elsewhere.write("secret.txt", "secret")
        #expect(symlink("a.txt", directory.path + "/near.txt") == 0)
        #expect(symlink(elsewhere.path + "/secret.txt", directory.path + "/far.txt") == 0)
        #expect(symlink(directory.path, elsewhere.path + "/current") == 0)
        let reader = TargetReader(urls: nil, executor: Self.executor)
        for root in [directory.path, elsewhere.path + "/current"] {
            let place = Provenance(location: "file:\(root)/c.yaml", source: "file:\(root)")
            let near = try await reader.read("file:\(root)/near.txt", for: place, maximumBytes: 10)
            #expect(near == Array("text".utf8))
            let error = await #expect(throws: CatalogSourceError.self) {
                _ = try await reader.read("file:\(root)/far.txt", for: place, maximumBytes: 10)
            }
            #expect(error?.detail.contains("leads out of the configured directory") == true)
        }
    }

    @Test("what is kept for its etag stays within its bound, and the longest unused goes first")
    func bounded() {
        var contents = URLContents()
        let large = [UInt8](repeating: 0, count: URLContents.maximumBytes / 8)
        for number in 0..<8 { contents.keep(large, etag: "e", of: "\(number)") }
        #expect(contents["0"]?.etag == "e")
        contents.keep(large, etag: "e", of: "8")
        #expect(contents.bytes <= URLContents.maximumBytes)
        #expect(contents["0"] != nil && contents["1"] == nil && contents["8"] != nil)
        contents.keep(large + [0], etag: "e", of: "9")
        contents.keep([1], etag: nil, of: "8")
        #expect(contents["9"] == nil && contents["8"] == nil)
    }

    /// A URL whose content has an etag, and how it was asked for.
    private final class OneURL: URLReading {
        let etags = Mutex<[String?]>([])

        func read(_ url: String, etag: String?) async throws -> URLAnswer {
            etags.withLock { $0.append(etag) }
            return etag == "e" ? .unchanged : .content(Array(url.utf8), etag: "e")
        }
    }

    private static let place = Provenance(location: "url:u", source: "s")

    @Test("after a restart what was kept is asked for with its etag")
    func restart() async throws {
        let (url, kept) = (OneURL(), MemoryEtags())
        for _ in 0..<2 {
            let reader = TargetReader(urls: url, executor: Self.executor)
            await reader.keep(in: kept)
            for _ in 0..<2 {
                let bytes = try await reader.read("url:https://h/a", for: Self.place, maximumBytes: 100)
                #expect(bytes == Array("https://h/a".utf8))
            }
        }
        #expect(url.etags.withLock { $0 } == [nil, "e", "e", "e"])
    }

    @Test("what is read no more is kept no longer than two periods")
    func periods() async throws {
        let kept = MemoryEtags()
        let reader = TargetReader(urls: OneURL(), executor: Self.executor, period: .zero)
        await reader.keep(in: kept)
        for name in ["a", "b", "c", "c"] {
            _ = try await reader.read("url:https://h/\(name)", for: Self.place, maximumBytes: 100)
        }
        #expect(try await kept.urls(for: TargetReader.copies) == ["https://h/c"])
    }

    @Test("who takes over after a long time of standing by keeps what the leader before it had kept")
    func takeover() async throws {
        let (kept, clock, start) = (MemoryEtags(), ManualClock(), ContinuousClock.now)
        for name in ["a", "b", "c"] {
            try await kept.keep(EtaggedCopy(etag: "e", content: []), of: "https://h/\(name)", for: TargetReader.copies)
        }
        let reader = TargetReader(urls: OneURL(), executor: Self.executor, period: .seconds(100)) {
            start + clock.now.offset
        }
        clock.advance(by: .seconds(1_000))
        await reader.keep(in: kept)
        for (name, expected) in [("a", 3), ("b", 3), ("a", 2)] {
            _ = try await reader.read("url:https://h/\(name)", for: Self.place, maximumBytes: 100)
            #expect(try await kept.urls(for: TargetReader.copies).count == expected)
            clock.advance(by: .seconds(50))
        }
    }
}
