internal import Base
internal import CMicrohttpd
internal import Glibc
internal import Synchronization

/// Accepts connections and deals them out to the daemons, watches the requests under way (disconnects, deadlines), and
/// stops all in order. Its thread lives until the server has stopped.
///
/// libmicrohttpd does not look at suspended connections, so that it cannot see a client go; and its own way to stop
/// accepting (`MHD_quiesce_daemon`) may abort the process when it meets a busy thread pool in 0.9.75. Hence this
/// thread.
final class Supervisor: Sendable {
    let configuration: HTTPServer.Configuration
    let immediate: @Sendable (HTTPServerRequest) -> HTTPServerResponse?
    let handler: @Sendable (HTTPServerRequest) async -> HTTPServerResponse
    let logger: Logger
    let port: Int
    private let listener: ListenSocket
    private let wakeUp: WakeUp
    private let state = Mutex(State())

    private enum Phase {
        case serving
        case draining(until: ContinuousClock.Instant)
        /// No request is taken any more.
        case closing
        case stopped
    }

    private struct State {
        var phase = Phase.serving
        var exchanges: [ObjectIdentifier: Exchange] = [:]
        var connections = 0
        /// The thread waits without a limit and has to be woken for the next request.
        var isAsleep = false
        var stopCallbacks: [@Sendable () -> Void] = []
    }

    /// How often running requests are looked at. A disconnect of a request older than that is seen at once.
    private static let tick = Duration.milliseconds(250)

    init(
        _ configuration: HTTPServer.Configuration, logger: Logger,
        immediate: @escaping @Sendable (HTTPServerRequest) -> HTTPServerResponse?,
        handler: @escaping @Sendable (HTTPServerRequest) async -> HTTPServerResponse
    ) throws(HTTPServerError) {
        self.configuration = configuration
        self.logger = logger
        self.immediate = immediate
        self.handler = handler
        listener = try ListenSocket(host: configuration.host, port: configuration.port)
        port = listener.port
        wakeUp = WakeUp()
        var daemons: [Daemon] = []
        for _ in 0..<max(1, configuration.threads) {
            guard let daemon = Daemon(self) else {
                for daemon in daemons { daemon.stop() }
                close(listener.descriptor)
                throw HTTPServerError(
                    code: .cannotStart, address: "\(configuration.host):\(port)",
                    detail: "libmicrohttpd could not start a thread")
            }
            daemons.append(daemon)
        }
        let started = daemons
        // The thread keeps the supervisor, and with it what the daemons' callbacks point to.
        startThread(name: "http-server") { self.run(started) }
    }

    /// Stops as `HTTPServer.stop` says; the callback comes when all is closed.
    func stop(drain: Duration, _ callback: @escaping @Sendable () -> Void) {
        let isStopped = state.withLock { state in
            if case .stopped = state.phase { return true }
            state.stopCallbacks.append(callback)
            if case .serving = state.phase { state.phase = .draining(until: .now + drain) }
            return false
        }
        if isStopped { callback() } else { wakeUp.signal() }
    }

    var isStopping: Bool {
        state.withLock { state in
            if case .serving = state.phase { false } else { true }
        }
    }
}

// Called by the daemons' threads.
extension Supervisor {
    /// False when no request may be started any more.
    func register(_ exchange: Exchange) -> Bool {
        let (isTaken, wasAsleep) = state.withLock { state in
            switch state.phase {
            case .closing, .stopped: return (false, false)
            case .serving, .draining: break
            }
            state.exchanges[ObjectIdentifier(exchange)] = exchange
            defer { state.isAsleep = false }
            return (true, state.isAsleep)
        }
        if wasAsleep { wakeUp.signal() }
        return isTaken
    }

    func unregister(_ exchange: Exchange) {
        let isLast = state.withLock { state in
            guard state.exchanges.removeValue(forKey: ObjectIdentifier(exchange)) != nil else { return false }
            guard case .draining = state.phase else { return false }
            return state.exchanges.isEmpty
        }
        if isLast { wakeUp.signal() }
    }

    func connectionClosed() {
        let wasFull = state.withLock { state in
            defer { state.connections -= 1 }
            return state.connections == configuration.maximumConnections
        }
        if wasFull { wakeUp.signal() }
    }
}

// What runs on the supervisor's thread.
extension Supervisor {
    private func run(_ daemons: [Daemon]) {
        serve(daemons)
        close(listener.descriptor)
        drain()
        let left = state.withLock { state in
            state.phase = .closing
            return Array(state.exchanges.values)
        }
        for exchange in left { exchange.cut() }
        for daemon in daemons { daemon.stop() }
        let callbacks = state.withLock { state in
            state.phase = .stopped
            defer { state.stopCallbacks = [] }
            return state.stopCallbacks
        }
        for callback in callbacks { callback() }
    }

    private func serve(_ daemons: [Daemon]) {
        var next = 0
        var quietTicks = 0
        while !isStopping {
            let (exchanges, isFull) = state.withLock { state in
                quietTicks = state.exchanges.isEmpty ? quietTicks + 1 : 0
                // Falling asleep costs the next request a system call: not for every short pause.
                state.isAsleep = quietTicks > 8
                return (Array(state.exchanges.values), state.connections >= configuration.maximumConnections)
            }
            let timeout: Duration? = quietTicks > 8 ? nil : Self.tick
            guard watch(exchanges, accepting: !isFull, timeout: timeout) else { continue }
            while state.withLock({ $0.connections < configuration.maximumConnections }) {
                guard let client = listener.accept() else {
                    if errno == EMFILE || errno == ENFILE { sleepWhenOutOfFiles() }
                    break
                }
                state.withLock { $0.connections += 1 }
                next = (next + 1) % daemons.count
                if !daemons[next].add(client.socket, client.address) { connectionClosed() }
            }
        }
    }

    private func drain() {
        while true {
            let (exchanges, left) = state.withLock { state -> ([Exchange], Duration) in
                guard case .draining(let end) = state.phase else { return ([], .zero) }
                return (Array(state.exchanges.values), ContinuousClock.now.duration(to: end))
            }
            guard !exchanges.isEmpty, left > .zero else { return }
            _ = watch(exchanges, accepting: false, timeout: min(left, Self.tick))
        }
    }

    /// Waits until something happens and looks after the exchanges. True when clients want to connect.
    private func watch(_ exchanges: [Exchange], accepting: Bool, timeout: Duration?) -> Bool {
        var polls = [pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0)]
        polls.append(pollfd(fd: accepting ? listener.descriptor : -1, events: Int16(POLLIN), revents: 0))
        for exchange in exchanges {
            polls.append(pollfd(fd: exchange.watchedSocket ?? -1, events: pollReadHangUp, revents: 0))
        }
        poll(&polls, nfds_t(polls.count), timeout.map { Int32($0 / .milliseconds(1)) } ?? -1)
        wakeUp.clear()
        let now = ContinuousClock.now
        for (exchange, result) in zip(exchanges, polls.dropFirst(2)) {
            if result.fd >= 0, result.revents != 0 { exchange.checkClient(hasHungUp) }
            exchange.expire(at: now)
        }
        return polls[1].revents != 0
    }

    /// The clients stay in the system's queue; trying again at once would only burn time.
    private func sleepWhenOutOfFiles() {
        logger.warning("no file descriptor is left for another connection")
        usleep(100_000)
    }
}

/// `POLLRDHUP` of poll(2), which Swift's view of glibc lacks.
private let pollReadHangUp: Int16 = 0x2000

private func hasHungUp(_ socket: Int32) -> Bool {
    var entry = pollfd(fd: socket, events: pollReadHangUp, revents: 0)
    return poll(&entry, 1, 0) == 1
}
