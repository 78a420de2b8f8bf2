internal import Base

/// What a replica did for a session, as the others learn it.
package enum SessionNews: Sendable, Equatable {
    /// Anything may have changed: what was announced before, or while the database was away, went by unheard.
    case anything
    /// Something was noted of the session of this key.
    case noted(String)
    /// A message waits for the replica that works for the session of this key.
    case letter(Int64, key: String)
    /// Access that persons gave has ended.
    case accessEnded
}

/// Tells every replica what happens to sessions elsewhere, over PostgreSQL's NOTIFY.
package struct SessionFeed: Sendable {
    /// Between two looks at whether the feed is to end.
    private static let patience: Duration = .milliseconds(200)
    private static let databaseRetry: Duration = .seconds(1)

    private let configuration: PostgresPool.Configuration
    package let store: SessionStore
    private let logger: Logger

    init(_ configuration: PostgresPool.Configuration, store: SessionStore, logger: Logger) {
        self.configuration = configuration
        self.store = store
        self.logger = logger
    }

    /// Listens until the task is cancelled.
    package func run(_ tell: @Sendable (SessionNews) async -> Void) async {
        let connection = PostgresConnection(parameters: configuration.parameters, number: 0)
        while !Task.isCancelled {
            do {
                let heard = try await connection.run {
                    try $0.notifications(on: SessionStore.channel, within: Self.patience)
                }
                if heard.isBeginning { await tell(.anything) }
                for payload in heard.payloads { if let news = Self.news(payload) { await tell(news) } }
            } catch {
                logger.warning("does not hear of sessions at the moment", ["error": .string("\(error)")])
                try? await Task.sleep(for: Self.databaseRetry)
            }
        }
        await connection.close()
    }

    static func news(_ payload: String) -> SessionNews? {
        let words = payload.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("note", 2): return .noted(words[1])
        case ("access-ended", 1): return .accessEnded
        case ("letter", 3): return Int64(words[2]).map { .letter($0, key: words[1]) }
        default: return nil
        }
    }
}
