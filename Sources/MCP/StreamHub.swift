import Base
import Synchronization

/// Why a stream is not opened.
enum StreamRefusal: Error {
    /// The session is its stream, of HTTP+SSE.
    case second
    /// The principal, or all together, have as many as they may.
    case tooMany
    case stopping
}

/// The open streams of a server and what its sessions are doing, in this process. Everything in it is bounded: streams of one
/// principal and in all, calls and questions of one session.
final class StreamHub: Sendable {
    /// A stream that is told of changes.
    struct Stream {
        let channel: EventChannel
        let subject: String
        /// When who opened it is nobody any more, in seconds since 1970; nil: never.
        let expiry: Int64?
        /// Whose it is; nil for `subscriptions/listen`.
        let session: SessionKey?
        var interest: ChangeInterest
        /// Whether who reads it may hear of the resource of a URI: what its session subscribed to may be another token's wish.
        var mayHear: @Sendable (String) -> Bool = { _ in true }
        /// What is sent when the server ends the stream.
        var farewell: JSONValue?
        /// False for the answer of a call, which ends by itself.
        var endsWithServer = true
    }

    struct State {
        var streams: [Int: Stream] = [:]
        var counts: [String: Int] = [:]
        var sessions: [SessionKey: LiveSession] = [:]
        var lastID = 0
        var isStopped = false
        /// Reads changes, and makes the streams tick; there while there are streams.
        var tasks: [Task<Void, Never>] = []
    }

    /// How often a quiet stream says that it lives: often enough for proxies that give up after 30 s, as few do.
    static let keepAlive = Duration.seconds(15)
    /// Calls and questions of one session at the same time.
    static let maximumPerSession = 64

    let limits: StreamLimits
    let clock: any Clock<Duration>
    let now: @Sendable () -> Int64
    let changes: @Sendable () -> AsyncStream<MCPChange>
    let state = Mutex(State())

    init(
        limits: StreamLimits, clock: any Clock<Duration>, now: @escaping @Sendable () -> Int64,
        changes: @escaping @Sendable () -> AsyncStream<MCPChange>
    ) {
        self.limits = limits
        self.clock = clock
        self.now = now
        self.changes = changes
    }

    /// Takes a stream in. Changes from now on are told on it, and no more on an earlier one of its session: whose client
    /// opens another has lost that one, though the server may not have seen it yet.
    ///
    /// - Returns: its number, for ``close(_:)``.
    func open(_ stream: Stream) throws(StreamRefusal) -> Int {
        let (number, earlier, refusal) = state.withLock { state -> (Int, Stream?, StreamRefusal?) in
            if state.isStopped { return (0, nil, .stopping) }
            if let session = stream.session, state.sessions[session]?.conversation != nil { return (0, nil, .second) }
            let earlier = stream.session.flatMap { state.sessions[$0]?.stream }.flatMap { state.remove($0) }
            guard state.streams.count < limits.inAll,
                state.counts[stream.subject, default: 0] < limits.ofOnePrincipal
            else { return (0, earlier, .tooMany) }
            state.lastID += 1
            state.streams[state.lastID] = stream
            state.counts[stream.subject, default: 0] += 1
            if let session = stream.session { state.sessions[session, default: LiveSession()].stream = state.lastID }
            if state.tasks.isEmpty { state.tasks = startTasks() }
            return (state.lastID, earlier, nil)
        }
        earlier?.channel.endNow()
        if let refusal { throw refusal }
        return number
    }

    /// Forgets a stream that nobody reads any more.
    func close(_ number: Int) {
        let stopped = state.withLock { state -> [Task<Void, Never>] in
            guard state.remove(number) != nil, state.streams.isEmpty else { return [] }
            defer { state.tasks = [] }
            return state.tasks
        }
        for task in stopped { task.cancel() }
    }

    /// Ends all streams in order and opens no more.
    func stop() {
        let (streams, tasks) = state.withLock { state in
            state.isStopped = true
            defer { state.tasks = [] }
            return (state.streams.values.filter(\.endsWithServer), state.tasks)
        }
        for task in tasks { task.cancel() }
        for stream in streams {
            if let farewell = stream.farewell { stream.channel.send(farewell) }
            stream.channel.end()
        }
    }

    /// Ends the streams of all who came in with something that ends, because it may have ended before its time. Who may still
    /// come opens another.
    func endExpiring() {
        let streams = state.withLock { $0.streams.values.filter { $0.expiry != nil } }
        for stream in streams { stream.channel.endNow() }
    }

    private func startTasks() -> [Task<Void, Never>] {
        let changes = changes()
        return [
            Task { [weak self] in for await change in changes { self?.tell(change) } },
            Task { [weak self, clock] in
                while (try? await clock.sleep(for: Self.keepAlive)) != nil { self?.tick() }
            },
        ]
    }

    private func tick() {
        let streams = state.withLock { Array($0.streams.values) }
        let now = now()
        for stream in streams {
            stream.channel.tick()
            if let expiry = stream.expiry, expiry <= now { stream.channel.end() }
        }
    }

    private func tell(_ change: MCPChange) {
        let told = state.withLock { state in
            state.streams.values.map { ($0.channel, $0.interest.messages(of: change)) }
        }
        for (channel, messages) in told { for message in messages { channel.send(message) } }
    }
}

/// How many streams may be open.
package struct StreamLimits: Sendable {
    /// In this process.
    package var inAll = 2_000
    /// Of one principal, which may be one token for many agents.
    package var ofOnePrincipal = 1_000

    /// The defaults.
    package init() {}
}

/// Which changes a stream is told of, and how.
struct ChangeInterest: Hashable, Sendable {
    var tools = false
    var prompts = false
    var resources = false
    var uris: Set<String> = []
    /// The id of the request that asked for it (2026-07-28); nil on the streams of sessions.
    var subscription: JSONValue?

    /// None when it is of no interest.
    func messages(of change: MCPChange) -> [JSONValue] {
        switch change {
        case .tools where tools: [notification("tools/list_changed")]
        case .prompts where prompts: [notification("prompts/list_changed")]
        case .resources where resources: [notification("resources/list_changed")]
        case .resource(let uri) where uris.contains(uri): [updated(uri)]
        case .anyResource: uris.sorted().map(updated)
        case .tools, .prompts, .resources, .resource: []
        }
    }

    func updated(_ uri: String) -> JSONValue { notification("resources/updated", ["uri": .string(uri)]) }

    func notification(_ name: String, _ params: JSONObject = [:]) -> JSONValue {
        var message: JSONObject = ["jsonrpc": "2.0", "method": .string("notifications/" + name)]
        var params = params
        if let subscription { params["_meta"] = .object([MetadataKey.subscriptionID: subscription]) }
        message["params"] = params.isEmpty ? nil : .object(params)
        return .object(message)
    }
}

extension StreamHub.State {
    /// Nil when it is gone already.
    mutating func remove(_ number: Int) -> StreamHub.Stream? {
        guard let stream = streams.removeValue(forKey: number) else { return nil }
        let left = counts[stream.subject, default: 1] - 1
        counts[stream.subject] = left > 0 ? left : nil
        if let session = stream.session { update(session) { $0.stream = nil } }
        return stream
    }

    mutating func update<Value>(_ session: SessionKey, _ change: (inout LiveSession) -> Value) -> Value {
        var live = sessions[session] ?? LiveSession()
        defer { sessions[session] = live.isIdle ? nil : live }
        return change(&live)
    }
}
