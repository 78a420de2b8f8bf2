package import Base

/// What is asked of the audit.
package struct AuditQuestion: Sendable {
    package var actor: String?
    package var plugin: String?
    package var event: String?
    /// `succeeded` or `failed`.
    package var status: String?
    /// From when on.
    package var since: Timestamp?
    /// Until when, not included.
    package var until: Timestamp?
    /// Only what comes after this one, which is older.
    package var after: Place?
    package var limit = 50

    package init() {}

    /// A place in the order of the answer.
    package struct Place: Sendable, Hashable {
        package let at: Timestamp
        package let id: String

        package init(at: Timestamp, id: String) {
            self.at = at
            self.id = id
        }
    }
}

/// The audit: every replica writes what it was asked for, the leader drops what is too old.
package struct AuditStore: Sendable {
    let pool: PostgresPool
    let leader: LeaderTransactions
    private static let table = "audit_event"

    /// Adds events. Those that are there already, from a write whose answer was lost, stay as they are.
    ///
    /// - Throws: `StoreError`; then none was added.
    package func append(_ events: [AuditEvent]) async throws {
        let rows = JSONValue.array(events.map(\.row))
        let days = Set(events.map(\.at.startOfDay)).sorted()
        try await pool.run { session in
            try session.transaction {
                for day in days { try TimePartitions.make(session, Self.table, day: day) }
                try session.run(Self.insert, [.json(rows)])
            }
        }
    }

    /// The latest events first.
    ///
    /// - Throws: `StoreError`.
    package func events(_ question: AuditQuestion) async throws -> [AuditEvent] {
        try await pool.read { session in
            let parameters: [SQLValue] = [
                .text(question.actor), .text(question.plugin), .text(question.event), .text(question.status),
                .time(question.since), .time(question.until), .time(question.after?.at), .text(question.after?.id),
                .int(Int64(question.limit)),
            ]
            return try session.run(Self.select, parameters).map(AuditEvent.init)
        }
    }

    /// Makes the partitions of the present day and the next, so that no writer waits for that at midnight.
    ///
    /// - Throws: `StoreError`.
    package func makePartitions(now: Timestamp) async throws {
        let today = now.startOfDay
        try await leader.run { session in
            for day in [today, today.adding(seconds: 86_400)] { try TimePartitions.make(session, Self.table, day: day) }
        }
    }

    /// Drops the days that ended before a moment.
    ///
    /// - Returns: the names of the dropped tables.
    /// - Throws: `StoreError`; then those that were dropped before stay dropped.
    package func drop(before moment: Timestamp) async throws -> [String] {
        let expired = try await pool.read { try TimePartitions.expired($0, Self.table, before: moment) }
        // A transaction each: it keeps all writers waiting.
        for partition in expired { try await leader.run { try $0.runScript("DROP TABLE \(partition.name)") } }
        return expired.map(\.name)
    }

    private static let insert =
        """
        INSERT INTO audit_event (at, id, plugin, event, severity, status, actor, ip, hostname, user_agent, method, url,
            request_id, meta, error, duration_us, occurrences)
        SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(at timestamptz, id uuid, plugin text, event text,
            severity text, status text, actor text, ip text, hostname text, user_agent text, method text, url text,
            request_id text, meta jsonb, error text, duration_us bigint, occurrences bigint)
        ON CONFLICT (at, id) DO NOTHING
        """

    private static let select =
        """
        SELECT replace(id::text, '-', ''), \(microseconds("at")), plugin, event, severity, actor, ip, hostname,
            user_agent, method, url, request_id, meta, error, duration_us, occurrences
        FROM audit_event
        WHERE ($1::text IS NULL OR actor = $1) AND ($2::text IS NULL OR plugin = $2)
            AND ($3::text IS NULL OR event = $3) AND ($4::text IS NULL OR status = $4)
            AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::timestamptz IS NULL OR at < $6)
            AND ($7::timestamptz IS NULL OR (at, id) < ($7, $8::uuid))
        ORDER BY at DESC, id DESC LIMIT $9::int
        """
}

extension AuditEvent {
    /// The columns by name.
    fileprivate var row: JSONValue {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return [
            "at": .string(at.rfc3339), "id": .string(id), "plugin": .string(plugin), "event": .string(event),
            "severity": .string(severity.rawValue), "status": .string(status), "actor": text(actor.id),
            "ip": text(actor.ip), "hostname": text(actor.hostname), "user_agent": text(actor.userAgent),
            "method": text(request?.method), "url": text(request?.url), "request_id": text(request?.id),
            "meta": .object(meta), "error": text(error), "duration_us": .int(microseconds),
            "occurrences": .int(occurrences),
        ]
    }

    /// - Throws: `StoreError` when the row is not one of ours.
    fileprivate init(_ row: SQLRow) throws {
        id = try row.required(0)
        at = row.time(1) ?? Timestamp(seconds: 0)
        plugin = try row.required(2)
        event = try row.required(3)
        severity = AuditSeverity(rawValue: try row.required(4)) ?? .low
        actor = AuditActor(id: row.text(5), ip: row.text(6), hostname: row.text(7), userAgent: row.text(8))
        request = row.text(9).map {
            AuditedRequest(method: $0, url: row.text(10) ?? "", id: row.text(11) ?? "")
        }
        meta = row.json(12)?.objectValue ?? [:]
        error = row.text(13)
        duration = .microseconds(row.int(14) ?? 0)
        occurrences = row.int(15) ?? 1
    }
}
