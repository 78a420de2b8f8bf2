package import Base

/// What was noted of a session, as the tables have it.
package struct StoredSession: Sendable, Hashable {
    package var isEnded = false
    package var logLevel: String?
    package var resources: [String] = []
}

/// The tables `mcp_session` and `mcp_letter`: what replicas share about sessions of MCP. Keys and subjects are digests.
package struct SessionStore: Sendable {
    let pool: PostgresPool

    static let channel = "callboard_mcp"
    /// Sessions of one subject that something is noted of: more than one that opens a session for every command of a week.
    package static let maximumOfSubject = 100_000

    /// What can be noted.
    package enum Change: Sendable, Hashable {
        case end
        case logLevel(String)
        case subscribe(String)
        case unsubscribe(String)
    }

    /// What was noted of a session; nil when nothing was.
    ///
    /// - Throws: `StoreError`.
    package func session(_ key: String) async throws -> StoredSession? {
        try await pool.read { session in
            try session.run(
                """
                SELECT is_ended, log_level, array_to_json(resources) FROM mcp_session
                WHERE key = $1 AND expires_at > now()
                """, [.text(key)]
            ).first { row in
                StoredSession(
                    isEnded: row.bool(0), logLevel: row.text(1),
                    resources: row.json(2)?.arrayValue?.compactMap(\.stringValue) ?? [])
            }
        }
    }

    /// Notes a change and announces it. What has expired goes.
    ///
    /// - Returns: false when so much is noted of the subject that nothing was.
    /// - Throws: `StoreError`.
    package func note(
        _ change: Change, of key: String, subject: String, until expiry: Timestamp
    ) async throws -> Bool {
        try await pool.run { session in
            try session.transaction {
                try session.run(
                    "DELETE FROM mcp_session WHERE key IN (SELECT key FROM mcp_session WHERE expires_at <= now() LIMIT 100)"
                )
                let isNoted = try session.run(
                    """
                    INSERT INTO mcp_session AS old (key, subject, expires_at, is_ended, log_level, resources)
                    SELECT $1, $2, $3::timestamptz, $4::boolean, $5, $6::text[]
                    WHERE EXISTS (SELECT FROM mcp_session WHERE key = $1) OR (
                        SELECT count(*) FROM (
                            SELECT FROM mcp_session WHERE subject = $2 LIMIT \(Self.maximumOfSubject)) AS noted
                    ) < \(Self.maximumOfSubject)
                    ON CONFLICT (key) DO UPDATE SET \(change.update)
                    """,
                    [
                        .text(key), .text(subject), .time(expiry), .bool(change == .end), .text(change.level),
                        .texts(change.added),
                    ] + change.removed)
                try session.run("SELECT pg_notify($1, $2)", [.text(Self.channel), .text("note \(key)")])
                return isNoted.affected > 0
            }
        }
    }

    /// Messages of a minute that wait for one session.
    package static let maximumLetters = 256

    /// Leaves a message for the replicas that work for a session, and announces it. What is a minute old goes.
    ///
    /// - Returns: false when as many wait as may; then nothing is left.
    /// - Throws: `StoreError`.
    package func send(_ message: JSONValue, to key: String) async throws -> Bool {
        try await pool.run { session in
            try session.transaction {
                try session.run(
                    """
                    DELETE FROM mcp_letter WHERE id IN (
                        SELECT id FROM mcp_letter WHERE sent_at < now() - interval '1 minute' LIMIT 100)
                    """)
                return try session.run(
                    """
                    WITH letter AS (
                        INSERT INTO mcp_letter (key, message) SELECT $1, $2 WHERE (
                            SELECT count(*) FROM mcp_letter WHERE key = $1 AND sent_at >= now() - interval '1 minute'
                        ) < \(Self.maximumLetters) RETURNING id
                    )
                    SELECT pg_notify($3, 'letter ' || $1 || ' ' || id) FROM letter
                    """, [.text(key), .text(message.text()), .text(Self.channel)]
                ).first { _ in true } ?? false
            }
        }
    }

    /// The ids of the messages that wait for a session, the earliest first.
    ///
    /// - Throws: `StoreError`.
    package func letters(to key: String) async throws -> [Int64] {
        try await pool.read { session in
            try session.run(
                """
                SELECT id FROM mcp_letter WHERE key = $1 AND sent_at >= now() - interval '1 minute'
                ORDER BY id LIMIT \(Self.maximumLetters)
                """, [.text(key)]
            ).map { $0.int(0) }.compactMap(\.self)
        }
    }

    /// Takes a message away, which one replica alone is to run; nil when it is gone.
    ///
    /// - Throws: `StoreError`.
    package func takeLetter(_ id: Int64) async throws -> JSONValue? {
        try await pool.run { session in
            try session.run("DELETE FROM mcp_letter WHERE id = $1::bigint RETURNING message", [.int(id)])
                .first { $0.json(0) } ?? nil
        }
    }

    /// A message; nil when it is gone already. It stays for the minute: more than one replica may do something for a session,
    /// and only one of them has what the message is about.
    ///
    /// - Throws: `StoreError`.
    package func letter(_ id: Int64) async throws -> JSONValue? {
        try await pool.run { session in
            try session.run("SELECT message FROM mcp_letter WHERE id = $1::bigint", [.int(id)])
                .first { $0.json(0) } ?? nil
        }
    }
}

extension SessionStore.Change {
    fileprivate var level: String? { if case .logLevel(let level) = self { level } else { nil } }
    fileprivate var added: [String] { if case .subscribe(let uri) = self { [uri] } else { [] } }
    fileprivate var removed: [SQLValue] { if case .unsubscribe(let uri) = self { [.text(uri)] } else { [] } }

    fileprivate var update: String {
        switch self {
        case .end: "is_ended = true, log_level = NULL, resources = '{}'"
        case .logLevel: "log_level = excluded.log_level"
        case .subscribe:
            "resources = (SELECT array_agg(DISTINCT uri) FROM unnest(old.resources || excluded.resources) AS uri)"
        case .unsubscribe: "resources = array_remove(old.resources, $7::text)"
        }
    }
}
