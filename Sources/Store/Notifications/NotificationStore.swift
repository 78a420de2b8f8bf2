package import Base
internal import Costs

/// The log of notifications: what is told to whom, and how that went.
package struct NotificationStore: Sendable {
    let pool: PostgresPool
    let leader: LeaderTransactions

    /// Of the form of envelopes. Rises when a field goes or means something else.
    package static let version: Int64 = 1

    /// Writes what was decided for a target, all of it or nothing. What it was told before is passed over.
    ///
    /// - Throws: `StoreError`; then nothing was written.
    package func write(
        _ decision: NotificationDecision, for target: String, from sender: NotificationSender, at moment: Timestamp
    ) async throws {
        let rows = JSONValue.array(decision.notifications.map { Self.row($0, sender, moment) })
        try await leader.run { session in
            let (target, moment) = (SQLValue.text(target), SQLValue.time(moment))
            try session.run(Statement.insert, [target, .json(rows), moment])
            try session.run(Statement.tell, [target, .texts(decision.told.sorted()), moment])
            try session.run(Statement.forget, [target, .texts(decision.forgotten.sorted())])
        }
    }

    /// What a target knows, of conditions that begin so.
    ///
    /// - Throws: `StoreError`.
    package func told(_ target: String, prefix: String) async throws -> Set<String> {
        try await pool.read { session in
            let keys = try session.run(Statement.told, [.text(target), .text(prefix)]).map { try $0.required(0) }
            return Set(keys)
        }
    }

    /// Whether something was decided for a target already.
    ///
    /// - Throws: `StoreError`.
    package func has(_ key: String, for target: String) async throws -> Bool {
        try await pool.read { session in
            try session.run(
                "SELECT EXISTS (SELECT FROM notification WHERE target = $1 AND dedupe_key = $2)",
                [.text(target), .text(key)]
            ).first { $0.bool(0) } ?? false
        }
    }

    /// What is due for a target, in the order in which it became due: so one that fails again and again holds up no other.
    ///
    /// - Throws: `StoreError`.
    package func due(_ target: String, now: Timestamp, limit: Int) async throws -> [DueNotification] {
        try await pool.read { session in
            try session.run(Statement.due, [.text(target), .time(now), .int(Int64(limit))]).map(Self.due)
        }
    }

    /// When the next notification of a target is due; nil: none waits.
    ///
    /// - Throws: `StoreError`.
    package func nextDue(_ target: String) async throws -> Timestamp? {
        try await pool.read { session in
            try session.run(
                """
                SELECT \(microseconds("min(next_attempt_at)")) FROM notification
                WHERE target = $1 AND state = 'waiting'
                """, [.text(target)]
            ).first { $0.time(0) } ?? nil
        }
    }

    /// Notes what an attempt came to.
    ///
    /// - Throws: `StoreError`; then the notification is sent again.
    package func note(_ attempt: NotificationAttempt, of id: String) async throws {
        let values: [SQLValue] = [
            .text(id), .text(attempt.state.rawValue), .time(attempt.nextAt), .time(attempt.at),
            .int(attempt.status.map(Int64.init)), .text(attempt.error),
        ]
        try await leader.run { session in _ = try session.run(Statement.note, values) }
    }

    /// Gives up what waits for longer than notifications are tried, also of targets that are configured no more, and removes
    /// what came to its end long ago.
    ///
    /// - Returns: how many were given up.
    /// - Throws: `StoreError`.
    package func clear(waitingSince: Timestamp, endedBefore: Timestamp) async throws -> Int {
        try await leader.run { session in
            try session.run(
                "DELETE FROM notification WHERE state <> 'waiting' AND decided_at < $1::timestamptz",
                [.time(endedBefore)])
            return try session.run(Statement.giveUp, [.time(waitingSince)]).affected
        }
    }

    /// The log, the latest first.
    ///
    /// - Throws: `StoreError`.
    package func log(state: NotificationState?, limit: Int) async throws -> [LoggedNotification] {
        try await pool.read { session in
            try session.run(Statement.log, [.text(state?.rawValue), .int(Int64(limit))]).map(Self.logged)
        }
    }

    /// How many wait for a target.
    ///
    /// - Throws: `StoreError`.
    package func waiting(_ target: String) async throws -> Int64 {
        try await pool.read { session in
            try session.run(
                "SELECT count(*) FROM notification WHERE target = $1 AND state = 'waiting'", [.text(target)]
            ).first { $0.int(0) ?? 0 } ?? 0
        }
    }
}

// Rows.
extension NotificationStore {
    private static func row(
        _ notification: NewNotification, _ sender: NotificationSender, _ moment: Timestamp
    ) -> JSONValue {
        let id = Hex.encode(randomBytes(16))
        let envelope: JSONObject = [
            "version": .int(version), "id": .string(id), "type": .string(notification.event.rawValue),
            "at": .string(moment.rfc3339), "instance": .string(sender.instance), "currency": .string(sender.currency),
            "title": .string(notification.title),
            "window": [
                "from": .string(notification.window.lowerBound.rfc3339),
                "to": .string(notification.window.upperBound.rfc3339),
            ],
            "data": .object(notification.data),
        ]
        let lines = notification.lines.map { line -> JSONValue in
            ["text": .string(line.text), "url": line.url.map(JSONValue.string) ?? .null]
        }
        return [
            "id": .string(id), "type": .string(notification.event.rawValue), "key": .string(notification.key),
            "envelope": .object(envelope), "lines": .array(lines),
        ]
    }

    private static func due(_ row: SQLRow) throws -> DueNotification {
        let lines = row.json(2)?.arrayValue ?? []
        return DueNotification(
            id: try row.required(0), envelope: row.json(1)?.objectValue ?? [:],
            lines: lines.map { NotificationLine($0["text"]?.stringValue ?? "", url: $0["url"]?.stringValue) },
            decidedAt: row.time(3) ?? Timestamp(seconds: 0), attempts: Int(row.int(4) ?? 0))
    }

    private static func logged(_ row: SQLRow) throws -> LoggedNotification {
        guard let state = NotificationState(rawValue: try row.required(4)) else {
            throw StoreError(code: .schema, detail: "a notification in an unknown state")
        }
        return LoggedNotification(
            id: try row.required(0), target: try row.required(1), type: try row.required(2), title: row.text(3) ?? "",
            state: state, attempts: Int(row.int(5) ?? 0), decidedAt: row.time(6) ?? Timestamp(seconds: 0),
            attemptedAt: row.time(7), nextAttemptAt: row.time(8), status: row.int(9).map { Int($0) },
            error: row.text(10))
    }

    private enum Statement {
        static let insert =
            """
            INSERT INTO notification (id, target, type, dedupe_key, envelope, lines, decided_at, next_attempt_at)
            SELECT id, $1::text, type, key, envelope, lines, $3::timestamptz, $3::timestamptz
            FROM jsonb_to_recordset($2::jsonb) AS r(id text, type text, key text, envelope jsonb, lines jsonb)
            ON CONFLICT (target, dedupe_key) DO NOTHING
            """

        static let tell =
            """
            INSERT INTO notification_told (target, key, since) SELECT $1::text, unnest($2::text[]), $3::timestamptz
            ON CONFLICT (target, key) DO NOTHING
            """

        static let forget = "DELETE FROM notification_told WHERE target = $1 AND key = ANY ($2::text[])"
        static let told = "SELECT key FROM notification_told WHERE target = $1 AND starts_with(key, $2)"

        static let due =
            """
            SELECT id, envelope, lines, \(microseconds("decided_at")), attempts FROM notification
            WHERE target = $1 AND state = 'waiting' AND next_attempt_at <= $2::timestamptz
            ORDER BY next_attempt_at, decided_at, id LIMIT $3::int
            """

        static let note =
            """
            UPDATE notification SET state = $2, next_attempt_at = $3::timestamptz, attempted_at = $4::timestamptz,
                attempts = attempts + 1, status = $5::int, error = $6
            WHERE id = $1 AND state = 'waiting'
            """

        static let giveUp =
            """
            UPDATE notification SET state = 'given-up', error = coalesce(error, 'it was never sent')
            WHERE state = 'waiting' AND decided_at < $1::timestamptz
            """

        static let log =
            """
            SELECT id, target, type, envelope ->> 'title', state, attempts, \(microseconds("decided_at")),
                \(microseconds("attempted_at")),
                CASE WHEN state = 'waiting' THEN \(microseconds("next_attempt_at")) END, status, error
            FROM notification WHERE $1::text IS NULL OR state = $1 ORDER BY decided_at DESC, id LIMIT $2::int
            """
    }
}
