package import Base
package import Costs
package import Matching

/// What one workload cost on one day by one source, for as long as one entity paid.
package struct DailyCharge: Sendable {
    package let day: Timestamp
    package let workload: WorkloadKey
    package let labels: JSONValue
    package let cost: ResourceCost
    package let use: CapacityTime
    package let coveredSeconds: Int64
    package let category: String
    package let entityRef: String?
    package let ownerRef: String?
    package let systemRef: String?
    package let domainRef: String?
    package let source: String
    /// The worst of the hours that are still kept, as `PriceQuality` has it; nil: as the source says.
    package let priceQuality: String?
    /// Where the next page begins; nil of a charge that was not read.
    package let place: ChargePlace?

    package init(
        day: Timestamp, workload: WorkloadKey, labels: JSONValue, cost: ResourceCost, use: CapacityTime,
        coveredSeconds: Int64, category: String, entityRef: String?, ownerRef: String?, systemRef: String?,
        domainRef: String?, source: String, priceQuality: String?, place: ChargePlace?
    ) {
        self.day = day
        self.workload = workload
        self.labels = labels
        self.cost = cost
        self.use = use
        self.coveredSeconds = coveredSeconds
        self.category = category
        self.entityRef = entityRef
        self.ownerRef = ownerRef
        self.systemRef = systemRef
        self.domainRef = domainRef
        self.source = source
        self.priceQuality = priceQuality
        self.place = place
    }
}

/// A place in the order of charges: by day, workload and who paid.
package struct ChargePlace: Sendable, Hashable {
    let day: Timestamp
    let workload: Int64
    let attribution: Int64
}

extension CostStore {
    /// The charges of whole UTC days, of each cluster by the source that counts for it, in the order of their places.
    ///
    /// - Parameter place: of the last one that was read; nil: from the first day on.
    /// - Throws: `StoreError`.
    package func charges(
        _ days: Range<Timestamp>, after place: ChargePlace?, source: CostSource?, limit: Int
    ) async throws -> [DailyCharge] {
        try await pool.read { session in
            try session.run(
                Self.chargeStatement,
                [
                    .time(place?.day ?? days.lowerBound), .time(days.upperBound), .int(place?.workload ?? -1),
                    .int(place?.attribution ?? -1), .int(source?.rawValue), .int(Int64(limit)),
                ]
            ).map(Self.charge)
        }
    }

    /// Pages begin behind the last row of the one before, so each reads only what it gives.
    private static let chargeStatement =
        """
        SELECT w.cluster, w.kind, w.namespace, w.name, w.labels, \(microseconds("d.day")), d.cpu_cost, d.memory_cost,
            d.gpu_cost, d.storage_cost, d.network_cost, d.load_balancer_cost, d.shared_cost, d.cpu_millicore_seconds,
            d.memory_byte_seconds, d.gpu_seconds, d.covered_seconds, a.category, a.entity_ref, a.owner_ref, a.system_ref,
            a.domain_ref, s.name, (SELECT h.price_quality FROM cost_hourly h
                WHERE h.workload_id = d.workload_id AND h.source = d.source AND h.hour >= d.day
                    AND h.hour < d.day + interval '1 day' AND h.price_quality IS NOT NULL
                ORDER BY array_position(ARRAY[\(qualities)], h.price_quality) DESC NULLS LAST LIMIT 1),
            d.workload_id, d.attribution_id
        FROM cost_daily d JOIN workload w ON w.id = d.workload_id JOIN cost_attribution a ON a.id = d.attribution_id
            JOIN cost_source s ON s.id = d.source LEFT JOIN cost_primary p ON p.cluster = w.cluster
        WHERE d.day >= $1::timestamptz AND d.day < $2::timestamptz
            AND (d.day, d.workload_id, d.attribution_id) > ($1::timestamptz, $3::int, $4::int)
            AND d.source = coalesce($5::smallint, p.source, \(estimate)::smallint)
        ORDER BY d.day, d.workload_id, d.attribution_id LIMIT $6::int
        """

    /// Best first.
    static let qualities = PriceQuality.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")

    private static func charge(_ row: SQLRow) throws -> DailyCharge {
        func money(_ column: Int32) -> Money { Money(nanoDollars: row.int(column) ?? 0) }
        let day = row.time(5) ?? Timestamp(seconds: 0)
        return DailyCharge(
            day: day, workload: try WorkloadStore.key(row, from: 0), labels: row.json(4) ?? .object([:]),
            cost: ResourceCost(
                cpu: money(6), memory: money(7), gpu: money(8), storage: money(9), network: money(10),
                loadBalancer: money(11), shared: money(12)),
            use: CapacityTime(
                millicoreSeconds: row.int(13) ?? 0, byteSeconds: row.int(14) ?? 0, gpuSeconds: row.int(15) ?? 0),
            coveredSeconds: row.int(16) ?? 0, category: try row.required(17), entityRef: row.text(18),
            ownerRef: row.text(19), systemRef: row.text(20), domainRef: row.text(21), source: try row.required(22),
            priceQuality: row.text(23),
            place: ChargePlace(day: day, workload: row.int(24) ?? 0, attribution: row.int(25) ?? 0))
    }
}
