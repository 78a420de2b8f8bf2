import Base
import HTTPServer
import Synchronization
import TestSupport
import Testing

@testable import MCP

@Suite("What goes to other replicas")
struct LetterTests {
    /// Keeps what is handed over.
    private final class Post: SessionStorage {
        let letters = Mutex<[SessionLetter]>([])
        let isFull: Bool

        init(isFull: Bool = false) { self.isFull = isFull }

        func note(of session: SessionKey) async throws -> SessionNote { SessionNote() }
        func change(_ change: SessionChange, of session: SessionKey, subject: String, until expiry: Int64) async {}
        func send(_ letter: SessionLetter, to session: SessionKey) async throws {
            if isFull { throw TooManyLetters() }
            letters.withLock { $0.append(letter) }
        }
    }

    private static let cancellation: JSONValue = [
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": ["requestId": 6, "reason": "a long story"],
    ]
    private static let cancelled = SessionLetter.message([
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": ["requestId": 6],
    ])

    private static func answer(_ id: JSONValue, _ text: String = "") -> JSONValue {
        ["jsonrpc": "2.0", "id": id, "result": ["text": .string(text)]]
    }

    /// The status of a message in a session, and what was handed over.
    private func send(
        _ body: JSONValue, _ version: String = "2025-11-25", post: Post = Post()
    ) async throws -> (status: Int, letters: [SessionLetter]) {
        var status = 0
        try await Wire.with(storage: post) { wire in
            let id = try await wire.session(version)
            status = try await wire.send(MCPTests.Post(body: body).session(id)).status
        }
        return (status, post.letters.withLock { $0 })
    }

    @Test(
        "an answer goes when it can be to a question of ours, no other",
        arguments: ["callboard-x", "x", 1] as [JSONValue])
    func answers(id: JSONValue) async throws {
        let (status, letters) = try await send(Self.answer(id))
        #expect(status == 202)
        #expect(letters == (id == "callboard-x" ? [.message(Self.answer(id))] : []))
    }

    @Test("a cancellation goes with the id alone")
    func cancellations() async throws {
        let (status, letters) = try await send(Self.cancellation)
        #expect(status == 202)
        #expect(letters == [Self.cancelled])
        let note: JSONValue = ["jsonrpc": "2.0", "method": "notifications/progress", "params": ["requestId": 6]]
        #expect(try await send(note).letters == [])
    }

    @Test("one that is too large, or too many, is refused")
    func bounds() async throws {
        let large = Self.answer("callboard-x", String(repeating: "x", count: SessionLetter.maximumBytes))
        let (status, letters) = try await send(large)
        #expect(status == 413)
        #expect(letters == [])
        #expect(try await send(Self.cancellation, post: Post(isFull: true)).status == 429)
    }

    @Test("what a batch tells is heeded; one that only tells is not answered")
    func batches() async throws {
        let told: [JSONValue] = [Self.cancellation, Self.answer("callboard-x")]
        let quiet = try await send(.array(told), "2025-03-26")
        #expect(quiet.status == 202)
        #expect(quiet.letters == [Self.cancelled, .message(Self.answer("callboard-x"))])
        let asking = try await send(.array(told + [["jsonrpc": "2.0", "id": 1, "method": "ping"]]), "2025-03-26")
        #expect(asking.status == 200)
        #expect(asking.letters == quiet.letters)
    }

    @Test("a call that ends forgets no later one of the same id")
    func reuse() {
        let hub = StreamHub(
            limits: StreamLimits(), clock: ContinuousClock(), now: { 0 }, changes: { AsyncStream { _ in } })
        let session = SessionKey(text: "k")
        let first = hub.begin(.integer(1), of: session) {}
        #expect(hub.begin(.integer(1), of: session) {} == nil)
        #expect(hub.cancel(.integer(1), of: session))
        let second = hub.begin(.integer(1), of: session) {}
        #expect(second != nil)
        if let first { hub.finish(.integer(1), first, of: session) }
        #expect(hub.serves(session))
        if let second { hub.finish(.integer(1), second, of: session) }
        #expect(!hub.serves(session))
    }
}
