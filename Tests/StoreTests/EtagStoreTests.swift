import Base
import TestSupport
import Testing

@testable import Store

@Suite("Copies with etags", .enabled(if: TestDatabase.isAvailable), .serialized)
struct EtagStoreTests {
    /// A store with a source `github-provider:acme`.
    private static func with(_ body: @Sendable (EtagStore, CatalogStore, Int) async throws -> Void) async throws {
        try await TestDatabase.withStore { store in
            let source = try await store.catalog.register(type: "github-provider", target: "acme")
            try await body(store.etags, store.catalog, source)
        }
    }

    private static func keep(_ etags: EtagStore, _ url: String, _ etag: String, _ content: [UInt8]) async throws {
        try await etags.keep(etag: etag, content: content, of: url, type: "github-provider", target: "acme")
    }

    private static func content(_ etags: EtagStore, _ url: String, target: String = "acme") async throws -> String? {
        try await etags.copy(of: url, type: "github-provider", target: target).map {
            "\($0.etag) \(String(decoding: $0.content, as: UTF8.self))"
        }
    }

    @Test("what is kept is read back, the newest of each URL, for its own source alone")
    func keep() async throws {
        try await Self.with { etags, _, _ in
            #expect(try await Self.content(etags, "https://a") == nil)
            try await Self.keep(etags, "https://a", "\"1\"", Array("one".utf8))
            try await Self.keep(etags, "https://a", "W/\"2\"", Array("two".utf8))
            try await Self.keep(etags, "https://b", "", [])
            #expect(try await Self.content(etags, "https://a") == "W/\"2\" two")
            #expect(try await Self.content(etags, "https://b") == " ")
            #expect(try await Self.content(etags, "https://a", target: "other") == nil)
            #expect(try await etags.urls(type: "github-provider", target: "acme") == ["https://a", "https://b"])
        }
    }

    @Test("every byte survives, in contents longer than a line of Base64")
    func bytes() async throws {
        try await Self.with { etags, _, _ in
            let content = (0..<4_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            try await Self.keep(etags, "https://a", "e", content)
            let copy = try #require(try await etags.copy(of: "https://a", type: "github-provider", target: "acme"))
            #expect(copy.content == content)
        }
    }

    @Test("all but some are forgotten")
    func forget() async throws {
        try await Self.with { etags, _, _ in
            for name in ["a", "b", "c\"{},\\"] { try await Self.keep(etags, name, "e", [1]) }
            try await etags.forget(allBut: ["b", "c\"{},\\", "d"], type: "github-provider", target: "acme")
            #expect(try await etags.urls(type: "github-provider", target: "acme") == ["b", "c\"{},\\"])
            try await etags.forget(allBut: [], type: "github-provider", target: "acme")
            #expect(try await etags.urls(type: "github-provider", target: "acme").isEmpty)
        }
    }

    @Test("copies go with their source, and none are kept for a source that there is not")
    func source() async throws {
        try await Self.with { etags, catalog, source in
            try await Self.keep(etags, "https://a", "e", [1])
            try await catalog.remove(source: source)
            #expect(try await Self.content(etags, "https://a") == nil)
            try await Self.keep(etags, "https://a", "e", [1])
            #expect(try await etags.urls(type: "github-provider", target: "acme").isEmpty)
        }
    }
}
