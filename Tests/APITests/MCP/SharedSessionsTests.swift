import Actions
import Base
import Store
import Synchronization
import TestSupport
import Testing

@testable import API
@testable import MCP

@Suite("Sessions at several replicas", .enabled(if: TestDatabase.isAvailable))
struct SharedSessionsTests {
    private static let session = SessionKey(text: "k")
    private static let cancellation: JSONValue = [
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": ["requestId": 6],
    ]

    private final class Listener: SessionConversation {
        private let onMessage: @Sendable (JSONValue) -> Void
        init(_ onMessage: @escaping @Sendable (JSONValue) -> Void) { self.onMessage = onMessage }
        func take(_ message: JSONValue) { onMessage(message) }
    }

    private static func replica(_ store: Store) throws -> MCPServer<ActionTools> {
        MCPServer(
            provider: try Content.content(store).tools, configuration: MCPConfiguration(version: "1"),
            storage: MCPSessions(store: store.sessions), logger: Logger("test") { _ in })
    }

    private static func letter(_ message: JSONValue, _ store: Store) async throws -> Int64 {
        #expect(try await store.sessions.send(message, to: session.text))
        return try #require(try await store.sessions.letters(to: session.text).last)
    }

    @Test("a cancellation reaches the replica with the call, also past another that works for the session")
    func pastAnother() async throws {
        try await TestDatabase.withStore { store async throws in
            let (one, other) = (try Self.replica(store), try Self.replica(store))
            let isCancelled = Mutex(false)
            _ = one.hub.begin(.integer(5), of: Self.session) {}
            _ = other.hub.begin(.integer(6), of: Self.session) { isCancelled.withLock { $0 = true } }
            let id = try await Self.letter(Self.cancellation, store)
            for replica in [one, other] {
                await replica.heed(.letter(id, key: Self.session.text), store.sessions)
            }
            #expect(isCancelled.withLock { $0 })
        }
    }

    @Test("a letter whose announcement went by unheard is read afterwards; a request is run once")
    func unheard() async throws {
        try await TestDatabase.withStore { store async throws in
            let replica = try Self.replica(store)
            let isCancelled = Mutex(false)
            _ = replica.hub.begin(.integer(6), of: Self.session) { isCancelled.withLock { $0 = true } }
            _ = try await Self.letter(Self.cancellation, store)
            await replica.heed(.anything, store.sessions)
            #expect(isCancelled.withLock { $0 })
            let taken = Mutex<[JSONValue]>([])
            replica.hub.converse(in: Self.session, Listener { message in taken.withLock { $0.append(message) } })
            let request: JSONValue = ["jsonrpc": "2.0", "id": 1, "method": "ping"]
            let id = try await Self.letter(request, store)
            for news in [.anything, .letter(id, key: Self.session.text), .anything] as [SessionNews] {
                await replica.heed(news, store.sessions)
            }
            #expect(taken.withLock { $0.filter { $0 == request }.count } == 1)
        }
    }

    @Test(
        "streams that end anyhow end when access was ended, or may have been",
        arguments: [.accessEnded, .anything] as [SessionNews])
    func accessEnded(news: SessionNews) async throws {
        try await TestDatabase.withStore { store async throws in
            let replica = try Self.replica(store)
            let (mortal, lasting) = (EventChannel(), EventChannel())
            for (channel, expiry) in [(mortal, Int64.max), (lasting, nil)] {
                _ = try replica.hub.open(
                    StreamHub.Stream(
                        channel: channel, subject: "ann", expiry: expiry, session: nil, interest: ChangeInterest()))
            }
            await replica.heed(news, store.sessions)
            lasting.send(1)
            #expect(await mortal.next() == nil)
            #expect(await lasting.next() != nil)
            replica.endStreams()
        }
    }

    @Test("a token that may less is another holder of sessions, in whatever order its restrictions are written")
    func holders() {
        func caller(_ restrictions: [AccessRestriction]?) -> Caller {
            Caller(subject: "external:ci", restrictions: restrictions)
        }
        let costs = AccessRestriction(plugin: "callboard", permissions: ["b", "a"], attributes: nil)
        let catalog = AccessRestriction(plugin: "catalog", permissions: nil, attributes: [.read])
        let wide = AccessRestriction(plugin: "catalog", permissions: nil, attributes: nil)
        #expect(caller(nil).holder == "external:ci")
        #expect(caller([costs, catalog]).holder == caller([catalog, costs]).holder)
        let holders = [nil, [], [costs], [catalog], [wide], [costs, catalog]].map { caller($0).holder }
        #expect(Set(holders).count == holders.count)
    }

    @Test("what may be read may be heard of")
    func hearing() async throws {
        try await TestDatabase.withStore { store async throws in
            let tools = try Content.content(store).tools
            let uri = "callboard://entity/component/default/a"
            for heard in [uri, nil] {
                #expect(tools.mayHear(heard, for: Content.anybody))
                #expect(!tools.mayHear(heard, for: Content.nobody))
                #expect(!tools.mayHear(heard, for: Content.costsOnly))
            }
            #expect(!tools.mayHear("callboard://unknown", for: Content.anybody))
        }
    }
}
