internal import Base
internal import CPostgres

/// A few connections to one database. A closure is run on a connection's own thread, so it may block, and it cannot
/// await: no connection is ever held while a task waits for something else.
package actor PostgresPool {
    /// What a pool needs to know.
    package struct Configuration: Sendable {
        /// libpq keywords; `dbname` may hold a whole connection URI.
        package var parameters: [(String, String)]
        /// How many connections there may be.
        package var size = 5
        /// How long a caller waits for a free connection.
        package var acquireTimeout: Duration = .seconds(5)
        /// Callers that may wait; one more is refused at once.
        package var maximumWaiters = 1_000

        /// A database given by its URI, such as `postgresql://user:password@host:5432/name`.
        package init(uri: String) {
            parameters = Self.defaults + [("dbname", uri)]
        }

        /// A database given by keywords (`host`, `port`, `user`, `password`, `dbname`, `sslmode`).
        package init(keywords: [(String, String)]) {
            parameters = Self.defaults + keywords
        }

        /// What is wrong with a connection URI; nil when it can be read. In our own words: libpq's name the part that it
        /// stumbled over, which may be the password.
        package static func problem(ofURI uri: String) -> String? {
            guard uri.hasPrefix("postgresql://") || uri.hasPrefix("postgres://") else {
                return "expected a URI such as postgresql://user:password@host:5432/name"
            }
            let options = PQconninfoParse(uri, nil)
            defer { PQconninfoFree(options) }
            if options != nil { return nil }
            return "the connection URI cannot be read; percent-encode special characters of user and password"
        }

        /// Later keywords and those of the URI win. A connection attempt may take 5 s, and a peer that is gone without a
        /// word is noticed after 20 s.
        private static let defaults = [
            ("application_name", "callboard"), ("connect_timeout", "5"), ("keepalives_idle", "10"),
            ("keepalives_interval", "5"), ("keepalives_count", "2"), ("tcp_user_timeout", "20000"),
            ("client_encoding", "UTF8"),
        ]
    }

    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<PostgresConnection?, Never>
    }

    nonisolated let configuration: Configuration
    private var idle: [PostgresConnection] = []
    private var opened = 0
    private var waiters: [Waiter] = []
    private var nextWaiter = 0

    package init(_ configuration: Configuration) { self.configuration = configuration }

    /// Runs the body on a connection.
    ///
    /// - Throws: `StoreError` with code `busy` when none became free in time, or what the body throws.
    package func run<Value: Sendable>(_ body: @escaping @Sendable (PostgresSession) throws -> Value) async throws
        -> Value
    {
        let connection = try await acquire()
        defer { release(connection) }
        return try await connection.run(body)
    }

    /// Runs a body that only reads. When the connection turns out to be dead (the server restarted meanwhile), it is
    /// run once more on a new one.
    package func read<Value: Sendable>(_ body: @escaping @Sendable (PostgresSession) throws -> Value) async throws
        -> Value
    {
        do {
            return try await run(body)
        } catch let error as StoreError where error.code == .unavailable {
            return try await run(body)
        }
    }

    /// Ends all connections that are idle. Who asks afterwards gets a new one.
    package func close() async {
        let ending = idle
        idle = []
        opened -= ending.count
        for connection in ending { await connection.close() }
    }

    private func acquire() async throws -> PostgresConnection {
        if let connection = idle.popLast() { return connection }
        if opened < configuration.size {
            opened += 1
            return PostgresConnection(parameters: configuration.parameters, number: opened)
        }
        guard waiters.count < configuration.maximumWaiters else {
            throw StoreError(code: .busy, detail: "\(waiters.count) callers wait already")
        }
        let id = nextWaiter
        nextWaiter += 1
        let timeout = configuration.acquireTimeout
        let timer = Task { [weak self] in
            try await Task.sleep(for: timeout)
            await self?.giveUp(id)
        }
        defer { timer.cancel() }
        let connection = await withCheckedContinuation { waiters.append(Waiter(id: id, continuation: $0)) }
        guard let connection else {
            throw StoreError(code: .busy, detail: "no connection became free within \(timeout)")
        }
        return connection
    }

    private func giveUp(_ id: Int) {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
        waiters.remove(at: index).continuation.resume(returning: nil)
    }

    private func release(_ connection: PostgresConnection) {
        if waiters.isEmpty {
            idle.append(connection)
        } else {
            waiters.removeFirst().continuation.resume(returning: connection)
        }
    }
}

/// A session on its own thread.
actor PostgresConnection {
    private let executor: ThreadExecutor
    private let session: PostgresSession

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(parameters: [(String, String)], number: Int) {
        executor = ThreadExecutor(name: "postgres-\(number)")
        session = PostgresSession(parameters: parameters)
    }

    func run<Value: Sendable>(_ body: @Sendable (PostgresSession) throws -> Value) throws -> Value {
        try body(session)
    }

    func close() {
        session.disconnect()
        executor.stop()
    }
}
