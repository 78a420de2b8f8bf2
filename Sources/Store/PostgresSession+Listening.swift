internal import Base
internal import CPostgres
internal import Glibc

/// What a listening session heard.
struct Notifications: Sendable {
    /// The session began to listen with this call: what was announced before went by unheard.
    var isBeginning = false
    /// In the order of the transactions that sent them.
    var payloads: [String] = []
    /// All that was announced before then has been heard; nil: nobody asked.
    var completeUntil: ContinuousClock.Instant?
}

extension PostgresSession {
    /// Waits for notifications on a channel, at most so long; listens there from the first call on, and again after the
    /// connection was lost.
    ///
    /// - Parameters:
    ///   - channel: a plain SQL identifier.
    ///   - isAsking: whether to ask the server for an answer, which proves that the connection lives: PostgreSQL sends what it
    ///     has to announce first.
    /// - Throws: `StoreError` with code `unavailable` when the connection is gone.
    func notifications(
        on channel: String, within limit: Duration, asking isAsking: Bool = false
    ) throws(StoreError) -> Notifications {
        let connection = try connected()
        if listening != channel {
            try runScript("LISTEN \(channel)")
            listening = channel
            return Notifications(isBeginning: true)
        }
        var descriptor = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
        // An interrupted or failed wait shows in what is read next.
        _ = poll(&descriptor, 1, Int32(limit / .milliseconds(1)))
        guard PQconsumeInput(connection) == 1, PQstatus(connection) == CONNECTION_OK else {
            disconnect()
            throw StoreError(code: .unavailable, detail: "the listening connection was lost")
        }
        var notifications = Notifications()
        if isAsking {
            notifications.completeUntil = .now
            try run("SELECT 1")
        }
        while let notification = PQnotifies(connection) {
            notifications.payloads.append(String(cString: notification.pointee.extra))
            PQfreemem(notification)
        }
        return notifications
    }
}
