package import Base
package import Costs
internal import Matching

/// What was rolled up, added up by what somebody asks. A day that is not over is there as far as it was rolled up last.
extension CostStore {
    /// What a selection cost in a window.
    ///
    /// - Throws: `StoreError`.
    package func totals(_ selection: CostSelection, _ window: CostWindow) async throws -> CostTotals {
        let groups = try await groups(by: .category, selection, window, limit: CostCategory.allCases.count)
        var totals = CostTotals(sum: groups.total)
        for group in groups.groups {
            if let category = group.key.flatMap(CostCategory.init) { totals.byCategory[category] = group.sum }
        }
        return totals
    }

    /// A selection's cost in a window by group, the dearest first.
    ///
    /// - Parameters:
    ///   - earlier: a window that each group is to be compared with; nil: none.
    ///   - limit: how many groups to give; totals cover all.
    ///   - offset: how many groups to pass over.
    /// - Throws: `StoreError`.
    package func groups(
        by dimension: CostDimension, _ selection: CostSelection, _ window: CostWindow,
        comparedWith earlier: CostWindow? = nil, limit: Int, offset: Int = 0
    ) async throws -> CostGroups {
        let part: CostStatement.Part = dimension == .day ? .day : .none
        var statement = CostStatement(selection)
        let now = Timestamp.now()
        let byWorkload = dimension == .workload
        let picked = statement.picked(key: dimension.key)
        var sums = statement.sums(window, part: part, isBefore: false, byWorkload: byWorkload, now: now)
        if let earlier {
            sums += statement.sums(earlier, part: part, isBefore: true, byWorkload: byWorkload, now: now)
        }
        guard !sums.isEmpty else { return .empty(isCompared: earlier != nil) }
        let text = Self.grouped(
            dimension, picked: picked, sums: sums, limit: statement.number(limit), offset: statement.number(offset))
        let values = statement.values
        return try await pool.read { session in
            try Self.groups(session.runOnce(text, values), dimension, isCompared: earlier != nil)
        }
    }

    /// A selection's cost by day or hour, in order; what has none is absent.
    ///
    /// - Parameter unit: `day` or `hour`. Hours are kept for some weeks.
    /// - Throws: `StoreError`.
    package func trend(_ selection: CostSelection, _ window: CostWindow, by unit: CostTrendUnit) async throws
        -> [CostPoint]
    {
        var statement = CostStatement(selection)
        let picked = statement.picked(key: "NULL")
        let sums = statement.sums(
            window, part: unit == .day ? .day : .hour, isBefore: false, byWorkload: false, now: .now())
        guard !sums.isEmpty else { return [] }
        let text = """
            WITH \(picked), \(CostStatement.charge(sums))
            SELECT \(microseconds("charge.part")), \(Self.outerSums())
            FROM charge JOIN picked ON picked.id = charge.attribution_id AND picked.source = charge.source
            GROUP BY charge.part ORDER BY charge.part
            """
        let values = statement.values
        return try await pool.read { session in
            try session.runOnce(text, values).map { row in
                CostPoint(at: row.time(0) ?? window.from, sum: Self.sum(row, from: 1))
            }
        }
    }

    /// How much of the money has an owner.
    ///
    /// - Throws: `StoreError`.
    package func coverage(_ window: CostWindow, _ selection: CostSelection = CostSelection()) async throws
        -> CostCoverage
    {
        let money = try await totals(selection, window).byCategory.mapValues(\.cost.total)
        return CostCoverage(
            owned: money[.owned] ?? .zero, orphan: money[.orphan] ?? .zero, idle: money[.idle] ?? .zero,
            unmounted: money[.unmounted] ?? .zero, unallocated: money[.unallocated] ?? .zero)
    }

    private static func outerSums(_ filter: String = "") -> String {
        let sums = CostColumns.summed.map { CostColumns.sum("charge.", $0, filter) }
        return (sums + ["coalesce(sum(charge.workloads)\(filter), 0)::bigint"]).joined(separator: ", ")
    }

    private static func grouped(
        _ dimension: CostDimension, picked: String, sums: [String], limit: String, offset: String
    ) -> String {
        let key = dimension == .workload ? "charge.workload_id::text" : dimension == .day ? dayKey : "picked.key"
        let names = (CostColumns.summed + ["workloads"] + CostColumns.cost.map { "before_\($0)" })
        let before = CostColumns.cost.map { boundedSum("charge.\($0)", " FILTER (WHERE charge.is_before)") }
        let all = names.map { CostColumns.sum("", $0) }
        return """
            WITH \(picked), \(CostStatement.charge(sums)), grouped (key, \(names.joined(separator: ", "))) AS (
                SELECT \(key), \(outerSums(" FILTER (WHERE NOT charge.is_before)")), \(before.joined(separator: ", "))
                FROM charge JOIN picked ON picked.id = charge.attribution_id AND picked.source = charge.source
                GROUP BY 1
            ), page AS (
                SELECT row_number() OVER (ORDER BY \(CostColumns.total("grouped")) DESC, key) AS place, grouped.*
                FROM grouped ORDER BY place LIMIT \(limit) OFFSET \(offset)
            ), overall (count, \(names.joined(separator: ", "))) AS (
                SELECT count(*), \(all.joined(separator: ", ")) FROM grouped
            )
            SELECT overall.*, page.*, w.cluster, w.kind, w.namespace, w.name FROM overall LEFT JOIN page ON true
                LEFT JOIN workload w ON \(dimension == .workload ? "w.id = page.key::int" : "false")
            ORDER BY page.place
            """
    }

    private static let dayKey = "to_char(charge.part AT TIME ZONE 'UTC', 'YYYY-MM-DD')"

    /// How many columns `outerSums` has, and the compared costs after it.
    private static let width = Int32(CostColumns.summed.count + 1)
    private static let wholeWidth = width + Int32(CostColumns.cost.count)

    private static func groups(_ rows: SQLRows, _ dimension: CostDimension, isCompared: Bool) throws -> CostGroups {
        let place = 1 + wholeWidth
        let groups = try rows.map { row -> CostGroup? in
            guard row.int(place) != nil else { return nil }
            let sums = place + 2
            let workload = dimension == .workload ? try WorkloadStore.key(row, from: sums + wholeWidth) : nil
            return CostGroup(
                key: workload.map { "\($0.cluster)/\($0.namespace)/\($0.kind)/\($0.name)" } ?? row.text(place + 1),
                workload: workload, sum: sum(row, from: sums),
                before: isCompared ? cost(row, from: sums + width) : nil)
        }
        return rows.first { row in
            CostGroups(
                groups: groups.compactMap(\.self), count: row.int(0) ?? 0, total: sum(row, from: 1),
                totalBefore: isCompared ? cost(row, from: 1 + width) : nil)
        } ?? .empty(isCompared: isCompared)
    }

    static func sum(_ row: SQLRow, from first: Int32) -> CostSum {
        let use = first + Int32(CostColumns.cost.count)
        let used = row.int(use + 3).map { CapacityTime(millicoreSeconds: $0, byteSeconds: row.int(use + 4) ?? 0) }
        return CostSum(
            cost: cost(row, from: first),
            requested: CapacityTime(
                millicoreSeconds: row.int(use) ?? 0, byteSeconds: row.int(use + 1) ?? 0,
                gpuSeconds: row.int(use + 2) ?? 0),
            used: used, workloads: row.int(use + 5) ?? 0)
    }

    /// From columns in the order of `CostColumns.cost`.
    static func cost(_ row: SQLRow, from first: Int32) -> ResourceCost {
        func money(_ index: Int32) -> Money { Money(nanoDollars: row.int(first + index) ?? 0) }
        return ResourceCost(
            cpu: money(0), memory: money(1), gpu: money(2), storage: money(3), network: money(4),
            loadBalancer: money(5), shared: money(6))
    }
}

/// What a trend has a point for.
package enum CostTrendUnit: String, Sendable, CaseIterable {
    /// A UTC day.
    case day
    case hour
}

extension CostDimension {
    /// An expression over `cost_attribution a`; what days and workloads are grouped by stands elsewhere.
    fileprivate var key: String {
        switch self {
        case .entity: "a.entity_ref"
        case .owner: "a.owner_ref"
        case .system: "a.system_ref"
        case .domain: "a.domain_ref"
        case .type: "a.entity_type"
        case .lifecycle: "a.lifecycle"
        case .kind: "a.entity_kind"
        case .namespace: "nullif(a.namespace, '')"
        case .cluster: "a.cluster"
        case .category: "a.category"
        case .workload, .day: "NULL::text"
        }
    }
}

extension CostGroups {
    fileprivate static func empty(isCompared: Bool) -> CostGroups {
        CostGroups(groups: [], count: 0, total: CostSum(), totalBefore: isCompared ? .zero : nil)
    }
}
