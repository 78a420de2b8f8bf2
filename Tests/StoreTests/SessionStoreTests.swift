import Base
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite("Sessions that replicas share", .enabled(if: TestDatabase.isAvailable), .serialized)
struct SessionStoreTests {
    private static let later = Timestamp.now().adding(seconds: 3_600)

    private static func note(
        _ change: SessionStore.Change, of key: String = "k", until expiry: Timestamp = later, in store: Store
    ) async throws -> Bool {
        try await store.sessions.note(change, of: key, subject: "ann", until: expiry)
    }

    @Test("what is noted is read; an end leaves nothing but the end")
    func notes() async throws {
        try await TestDatabase.withStore { store async throws in
            #expect(try await store.sessions.session("k") == nil)
            #expect(try await Self.note(.unsubscribe("a"), in: store))
            for change in [.logLevel("info"), .subscribe("a,\"{"), .subscribe("b"), .subscribe("b")]
                as [SessionStore.Change]
            {
                #expect(try await Self.note(change, in: store))
            }
            let noted = try #require(try await store.sessions.session("k"))
            #expect(noted.logLevel == "info")
            #expect(noted.resources.sorted() == ["a,\"{", "b"])
            #expect(!noted.isEnded)
            #expect(try await Self.note(.unsubscribe("b"), in: store))
            #expect(try await store.sessions.session("k")?.resources == ["a,\"{"])
            #expect(try await Self.note(.end, in: store))
            #expect(try await store.sessions.session("k") == StoredSession(isEnded: true))
            #expect(try await store.sessions.session("other") == nil)
        }
    }

    @Test("what has expired is not read, and goes with the next note")
    func expiry() async throws {
        try await TestDatabase.withStore { store async throws in
            #expect(try await Self.note(.end, of: "old", until: Timestamp.now().adding(seconds: -1), in: store))
            #expect(try await store.sessions.session("old") == nil)
            #expect(try await Self.note(.end, in: store))
            let left = try await store.sessions.pool.read {
                try $0.run("SELECT key FROM mcp_session").map { $0.text(0) }
            }
            #expect(left == ["k"])
        }
    }

    @Test("a letter is there for every replica until one takes it")
    func letters() async throws {
        try await TestDatabase.withStore { store async throws in
            let heard = Mutex<[SessionNews]>([])
            let feed = store.sessionFeed(logger: Logger("test") { _ in })
            let hearing = Task { await feed.run { news in heard.withLock { $0.append(news) } } }
            defer { hearing.cancel() }
            #expect(await eventually { heard.withLock { $0 == [.anything] } })
            let message: JSONValue = ["id": .uint(.max), "text": .string(String(repeating: "ü\u{0}", count: 10_000))]
            #expect(try await store.sessions.send(message, to: "k"))
            #expect(try await Self.note(.end, in: store))
            #expect(await eventually { heard.withLock { $0.count == 3 } })
            guard case .letter(let id, "k")? = heard.withLock({ $0.dropFirst().first }) else {
                Issue.record("no letter")
                return
            }
            #expect(heard.withLock { $0.last } == .noted("k"))
            for _ in 0..<2 { #expect(try await store.sessions.letter(id) == message) }
            #expect(try await store.sessions.letters(to: "k") == [id])
            #expect(try await store.sessions.letters(to: "other") == [])
            #expect(try await store.sessions.takeLetter(id) == message)
            #expect(try await store.sessions.takeLetter(id) == nil)
            #expect(try await store.sessions.letter(id) == nil)
        }
    }

    @Test("so many letters wait for a session and no more; those of a minute ago do not count, and go")
    func manyLetters() async throws {
        try await TestDatabase.withStore { store async throws in
            for number in 0..<SessionStore.maximumLetters {
                #expect(try await store.sessions.send(.int(Int64(number)), to: "k"))
            }
            #expect(try await !store.sessions.send("more", to: "k"))
            #expect(try await store.sessions.send("more", to: "other"))
            _ = try await store.sessions.pool.run {
                try $0.run("UPDATE mcp_letter SET sent_at = now() - interval '2 minutes' WHERE key = 'k'").affected
            }
            #expect(try await store.sessions.letters(to: "k") == [])
            #expect(try await store.sessions.send("more", to: "k"))
            #expect(try await store.sessions.letters(to: "k").count == 1)
        }
    }

    @Test(
        "an announcement that is none of ours is passed over", arguments: ["", "note", "letter k", "letter k x", "?"])
    func foreign(payload: String) {
        #expect(SessionFeed.news(payload) == nil)
    }
}
