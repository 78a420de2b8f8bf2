internal import Base
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

    /// The money alone, which is less work.
    ///
    /// - Throws: `StoreError`.
    package func cost(_ selection: CostSelection, _ window: CostWindow) async throws -> ResourceCost {
        // What a whole cluster cost a day is a row.
        if selection.isOfClusters {
            return try await trend(selection, window, by: .day).reduce(.zero) { $0 + $1.cost }
        }
        return try await costs(selection, window, by: "NULL::text").first?.cost ?? .zero
    }

    /// How much of each cluster's money has an owner.
    ///
    /// - Throws: `StoreError`.
    package func coverage(_ window: CostWindow, _ selection: CostSelection = CostSelection()) async throws
        -> [String: CostCoverage]
    {
        // No category has a space.
        let costs = try await costs(selection, window, by: "a.category || ' ' || a.cluster")
        return costs.reduce(into: [:]) { clusters, row in
            let parts = (row.key ?? "").split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let category = CostCategory(rawValue: String(parts[0])) else { return }
            clusters[String(parts[1]), default: CostCoverage()][category] += row.cost.total
        }
    }

    /// The money of each group that had any record in the window.
    private func costs(_ selection: CostSelection, _ window: CostWindow, by key: String) async throws
        -> [(key: String?, cost: ResourceCost)]
    {
        try await asking { session in
            if let sums = try Self.sheetSums(session, selection, key: key, CostColumns.cost, window) {
                return sums.map { ($0.key, ResourceCost($0.value)) }
            }
            var statement = CostStatement(selection, key: key, columns: CostColumns.cost)
            try statement.add(window, session)
            guard !statement.isEmpty else { return [] }
            let text = """
                WITH \(statement.rows())
                SELECT raw.key, \(CostColumns.cost.map { CostSums.sum($0, .none) }.joined(separator: ", "))
                FROM raw GROUP BY 1 HAVING sum(raw.days * raw.sign) > 0
                """
            return try session.runOnce(text, statement.values).map { (key: $0.text(0), cost: Self.cost($0, from: 1)) }
        }
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
        try await asking { session in
            if dimension == .workload,
                let groups = try Self.workloads(session, selection, window, earlier, limit, offset)
            {
                return groups
            }
            if dimension.part == .none,
                let sums = try Self.sheetSums(
                    session, selection, key: dimension.key, WorkloadSheet.summedColumns, window, comparedWith: earlier)
            {
                return Self.groups(sums, limit: limit, offset: offset, isCompared: earlier != nil)
            }
            var statement = CostStatement(selection, key: dimension.key, part: dimension.part)
            try statement.add(window, session)
            if let earlier { try statement.add(earlier, isBefore: true, session) }
            guard !statement.isEmpty else { return .empty(isCompared: earlier != nil) }
            let text = CostSums.grouped(&statement, dimension, limit: limit, offset: offset)
            return try Self.groups(
                session.runOnce(text, statement.values), dimension, isCompared: earlier != nil)
        }
    }

    /// Several statements see one state of the tables.
    private func asking<Answer: Sendable>(_ body: @escaping @Sendable (PostgresSession) throws -> Answer) async throws
        -> Answer
    {
        try await pool.read { session in try session.snapshot { try body(session) } }
    }

    /// A selection's cost by day or hour, in order; what has none is absent.
    ///
    /// - Parameter unit: `day` or `hour`. Hours are kept for some weeks.
    /// - Throws: `StoreError`.
    package func trend(_ selection: CostSelection, _ window: CostWindow, by unit: CostTrendUnit) async throws
        -> [CostPoint]
    {
        let part: CostStatement.Part = unit == .day ? .day : .hour
        return try await asking { session in
            var statement = CostStatement(selection, part: part, columns: CostColumns.cost)
            try statement.add(window, session)
            guard !statement.isEmpty else { return [] }
            let text = """
                WITH \(statement.rows())
                SELECT \(microseconds("raw.part")), \(CostColumns.cost.map { CostSums.sum($0, part) }.joined(separator: ", "))
                FROM raw GROUP BY raw.part ORDER BY raw.part
                """
            return try session.runOnce(text, statement.values).map { row in
                CostPoint(at: row.time(0) ?? window.from, cost: Self.cost(row, from: 1))
            }
        }
    }

    /// From the sheets; nil when they do not have it.
    private static func workloads(
        _ session: PostgresSession, _ selection: CostSelection, _ window: CostWindow, _ earlier: CostWindow?,
        _ limit: Int, _ offset: Int
    ) throws -> CostGroups? {
        let (now, names) = (Timestamp.now(), WorkloadSheet.summedColumns)
        let windows = [window] + (earlier.map { [$0] } ?? [])
        guard let sheets = try sheets(session, selection, windows, names, now: now) else { return nil }
        let before = earlier == nil ? nil : sheets[1]
        return try workloadGroups(session, sheets[0], before, limit: limit, offset: offset)
    }

    /// How many columns a group's sums have, and the compared costs after it.
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
        ResourceCost { row.int(first + Int32($0)) ?? 0 }
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
    var key: String {
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

extension CostDimension {
    fileprivate var part: CostStatement.Part {
        switch self {
        case .workload: .workload
        case .day: .day
        default: .none
        }
    }
}

extension CostGroups {
    fileprivate static func empty(isCompared: Bool) -> CostGroups {
        CostGroups(groups: [], count: 0, total: CostSum(), totalBefore: isCompared ? .zero : nil)
    }
}
