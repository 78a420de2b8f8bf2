internal import Base
internal import Costs
internal import Matching

/// What is asked of all workloads, or most: answered from the sheets (`WorkloadSheet`), a few rows for a month, and from hours
/// beside them.
extension CostStore {
    /// What workloads cost in a window.
    ///
    /// - Returns: nil when a sheet lacks, or the selection is so narrow that its days are found sooner.
    static func sheet(
        _ session: PostgresSession, _ selection: CostSelection, _ window: CostWindow, _ names: [String], now: Timestamp
    ) throws -> WorkloadSheet? {
        let parts = window.parts(now: now)
        guard selection.isBroad, let days = parts.days else { return nil }
        var question = SheetQuestion(selection)
        let text = question.statement(days, names)
        let rows = try session.runBinary(text, question.values)
        guard rows.map({ $0.binaryInt(1) }).allSatisfy({ $0 == 1 }) else { return nil }
        var sum = WorkloadSheet(names)
        // Those of a cluster have mostly the same rows.
        var (cluster, part): (String?, WorkloadSheet) = (nil, WorkloadSheet(names))
        _ = try rows.map { row in
            if row.text(2) != cluster {
                sum.add(part)
                (cluster, part) = (row.text(2), WorkloadSheet(names))
            }
            part.add(try WorkloadSheet(row, from: 3, names), times: Int128(row.binaryInt(0) ?? 0))
        }
        sum.add(part)
        if !selection.isOfClusters {
            var statement = CostStatement(selection)
            let chosen = "WITH \(statement.picked()) SELECT id FROM picked"
            let ids = try session.runOnce(chosen, statement.values).map { Int32(truncatingIfNeeded: $0.int(0) ?? 0) }
            sum.keep(attributions: Set(ids))
        }
        for range in parts.hours { sum.add(try hours(session, selection, range, names, now)) }
        sum.keepRecorded()
        return sum
    }

    private static func hours(
        _ session: PostgresSession, _ selection: CostSelection, _ range: Range<Timestamp>, _ names: [String],
        _ now: Timestamp
    ) throws -> WorkloadSheet {
        let measured = names.filter { $0 != "days" && $0 != "used_days" }
        var statement = CostStatement(selection, part: .workload, columns: measured, now: now)
        statement.addHours(range)
        let text = """
            WITH \(statement.rows())
            SELECT workload_id, attribution_id, \(names.joined(separator: ", ")) FROM raw ORDER BY workload_id, attribution_id
            """
        var keys: [WorkloadSheet.Key] = []
        var columns: [[Int128]] = names.map { _ in [] }
        let rows = try session.runOnce(text, statement.values)
        _ = rows.map { row in
            func number(_ column: Int) -> Int128 { row.text(Int32(column)).flatMap { Int128($0) } ?? 0 }
            keys.append(
                WorkloadSheet.Key(
                    workload: Int32(truncatingIfNeeded: number(0)), attribution: Int32(truncatingIfNeeded: number(1))))
            for column in names.indices { columns[column].append(number(column + 2)) }
        }
        return WorkloadSheet(names, keys: keys, columns: columns)
    }

    /// What these rows of `workload` are called.
    static func keys(_ session: PostgresSession, of ids: [Int32]) throws -> [Int32: WorkloadKey] {
        guard !ids.isEmpty else { return [:] }
        let pairs = try session.run(
            "SELECT id, cluster, kind, namespace, name FROM workload WHERE id = ANY ($1::int[])",
            [.ints(ids.map(Int64.init))]
        ).map { (Int32(truncatingIfNeeded: $0.int(0) ?? 0), try WorkloadStore.key($0, from: 1)) }
        return Dictionary(pairs) { first, _ in first }
    }

    /// A page of workloads, the dearest first, as `groups` gives them.
    static func workloadGroups(
        _ session: PostgresSession, _ now: WorkloadSheet, _ before: WorkloadSheet?, limit: Int, offset: Int
    ) throws -> CostGroups {
        let pairs = WorkloadSheet.paired(now, before ?? WorkloadSheet(now.names))
        var (total, totalBefore) = (CostSum(), ResourceCost.zero)
        var order: [(cost: Money, id: Int32, place: Int)] = []
        order.reserveCapacity(pairs.count)
        for (place, pair) in pairs.enumerated() {
            let sum = pair.left.map { now.sum($0) } ?? CostSum()
            total += sum
            if let rows = pair.right, let before { totalBefore = totalBefore + before.sum(rows).cost }
            order.append((sum.cost.total, pair.id, place))
        }
        order.sort { $0.cost == $1.cost ? $0.id < $1.id : $0.cost > $1.cost }
        let page = order.dropFirst(offset).prefix(limit)
        let names = try keys(session, of: page.map { $0.id })
        return CostGroups(
            groups: page.compactMap { entry in
                guard let key = names[entry.id] else { return nil }
                let pair = pairs[entry.place]
                return CostGroup(
                    key: "\(key.cluster)/\(key.namespace)/\(key.kind)/\(key.name)", workload: key,
                    sum: pair.left.map { now.sum($0) } ?? CostSum(),
                    before: before.map { before in pair.right.map { before.sum($0).cost } ?? .zero })
            },
            count: Int64(pairs.count), total: total, totalBefore: before == nil ? nil : totalBefore)
    }
}

extension WorkloadSheet {
    /// The columns of `CostSum`.
    static let summedColumns = CostColumns.summed + ["days", "used_days"]

    /// Rows of these columns added up.
    func sum(_ rows: Range<Int>) -> CostSum {
        func value(_ column: Int) -> Int64 { sum(column, rows) }
        func money(_ column: Int) -> Money { Money(nanoDollars: value(column)) }
        let isUseKnown = value(13) > 0
        return CostSum(
            cost: ResourceCost(
                cpu: money(0), memory: money(1), gpu: money(2), storage: money(3), network: money(4),
                loadBalancer: money(5), shared: money(6)),
            requested: CapacityTime(millicoreSeconds: value(7), byteSeconds: value(8), gpuSeconds: value(9)),
            used: isUseKnown ? CapacityTime(millicoreSeconds: value(10), byteSeconds: value(11)) : nil,
            workloads: Int64(rows.count))
    }
}

/// Asks for the sheets of a window's days: of each month the one of its last recorded day, to be added, and the one of the last
/// recorded day before its first, to be taken away.
private struct SheetQuestion {
    private(set) var values: [SQLValue] = []
    private let selection: CostSelection

    init(_ selection: CostSelection) { self.selection = selection }

    private mutating func parameter(_ value: SQLValue, _ type: String) -> String {
        values.append(value)
        return "$\(values.count)::\(type)"
    }

    /// A row has the sign, whether there is a sheet, the cluster and the sheet; those of a cluster follow each other.
    mutating func statement(_ days: Range<Timestamp>, _ names: [String]) -> String {
        let source = selection.source.map { parameter(.int($0.rawValue), "smallint") } ?? CostStatement.primary
        let cluster = selection.cluster.map { " AND row.cluster = \(parameter(.text($0), "text"))" } ?? ""
        let bounds = MonthSlice.of(days).flatMap { slice -> [String] in
            let through = last(slice.days)
            let bound = "SELECT 1 AS sign, \(through) AS day"
            guard !slice.isFromFirst else { return [bound] }
            let before = last(slice.month..<slice.days.lowerBound)
            return [bound, "SELECT -1, CASE WHEN \(through) IS NOT NULL THEN \(before) END"]
        }
        let columns = (["workload_id", "attribution_id"] + names).map { "s.\($0)" }.joined(separator: ", ")
        return """
            WITH unit AS MATERIALIZED (
                SELECT DISTINCT row.cluster, row.source
                FROM cost_cluster_daily row LEFT JOIN cost_primary p ON p.cluster = row.cluster
                WHERE row.source = \(source)\(cluster)
            ), bound AS MATERIALIZED (
                SELECT u.cluster, u.source, b.sign, b.day
                FROM unit u CROSS JOIN LATERAL (\(bounds.joined(separator: " UNION ALL "))) b WHERE b.day IS NOT NULL
            )
            SELECT b.sign::bigint, (s.day IS NOT NULL)::int::bigint, b.cluster, \(columns)
            FROM bound b LEFT JOIN cost_workload_sheet s USING (cluster, source, day)
            ORDER BY b.cluster, b.sign DESC
            """
    }

    private mutating func last(_ range: Range<Timestamp>) -> String {
        """
        (SELECT max(row.day) FROM cost_cluster_daily row WHERE row.cluster = u.cluster AND row.source = u.source
            AND row.day >= \(parameter(.time(range.lowerBound), "timestamptz"))
            AND row.day < \(parameter(.time(range.upperBound), "timestamptz")))
        """
    }
}
