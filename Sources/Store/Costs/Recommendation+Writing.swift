internal import Base
internal import Costs

extension Recommendation {
    /// What becomes of a row that is there already.
    enum Manner {
        /// The new one stands in its place, with its moment.
        case replace
        /// One that says the same is left alone, also its moment; members of `details` that are left out stay.
        case merge
    }

    /// Writes rows in the transaction of the session.
    static func write(_ rows: [Recommendation], _ manner: Manner, _ session: PostgresSession) throws {
        let rows = JSONValue.array(rows.map(\.row))
        _ = try session.run(statement, [.json(rows), .bool(manner == .merge)])
    }

    private var row: JSONValue {
        func amount(_ value: Int64?) -> JSONValue { value.map { .int($0) } ?? .null }
        return [
            "workload_id": .int(Int64(workloadID)), "container": .string(container),
            "source": .string(source.rawValue), "class": .string(sizingClass.rawValue),
            "cpu_request_millicores": amount(requests.cpu), "memory_request_bytes": amount(requests.memory),
            "cpu_limit_millicores": amount(limits.cpu), "memory_limit_bytes": amount(limits.memory),
            "cpu_recommended_millicores": amount(recommended.cpu),
            "memory_recommended_bytes": amount(recommended.memory),
            "cpu_recommended_limit_millicores": amount(recommendedLimits.cpu),
            "memory_recommended_limit_bytes": amount(recommendedLimits.memory),
            "monthly_saving": .int(monthlySaving.nanoDollars), "confidence": .double(confidence),
            "reason": .string(reason), "samples": .int(samples), "history_seconds": .int(historySeconds),
            "details": .object(details), "computed_at": .string(computedAt.rfc3339),
        ]
    }

    private static let said =
        """
        class, cpu_request_millicores, memory_request_bytes, cpu_limit_millicores, memory_limit_bytes, \
        cpu_recommended_millicores, memory_recommended_bytes, cpu_recommended_limit_millicores, \
        memory_recommended_limit_bytes, monthly_saving, confidence, reason, samples, history_seconds
        """

    private static func prefixed(_ name: String) -> String {
        said.split(separator: ", ").map { "\(name).\($0)" }.joined(separator: ", ")
    }

    private static let statement =
        """
        INSERT INTO recommendation AS old (workload_id, container, source, \(said), details, computed_at)
        SELECT workload_id, container, source, \(said), details, computed_at
        FROM jsonb_to_recordset($1::jsonb) AS r(
            workload_id int, container text, source text, class text, cpu_request_millicores bigint,
            memory_request_bytes bigint, cpu_limit_millicores bigint, memory_limit_bytes bigint,
            cpu_recommended_millicores bigint, memory_recommended_bytes bigint,
            cpu_recommended_limit_millicores bigint, memory_recommended_limit_bytes bigint,
            monthly_saving bigint, confidence real, reason text, samples bigint, history_seconds bigint,
            details jsonb, computed_at timestamptz)
        ON CONFLICT (workload_id, container, source) DO UPDATE SET
            (\(said), details, computed_at) =
            ROW (\(prefixed("excluded")),
                CASE WHEN $2::bool THEN old.details || excluded.details ELSE excluded.details END, excluded.computed_at)
        WHERE NOT $2::bool OR (\(prefixed("old")), old.details)
            IS DISTINCT FROM (\(prefixed("excluded")), old.details || excluded.details)
        """
}
