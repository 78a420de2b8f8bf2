internal import Base
internal import Costs
internal import Matching

/// What is asked of all workloads, or most: answered from the sheets (`WorkloadSheet`), a few rows for a month, and from hours
/// beside them.
extension CostStore {
    /// What workloads cost in some windows.
    ///
    /// - Returns: a sheet for each; nil when one lacks, or the selection is so narrow that its days are found sooner.
    static func sheets(
        _ session: PostgresSession, _ selection: CostSelection, _ windows: [CostWindow], _ names: [String],
        now: Timestamp
    ) throws -> [WorkloadSheet]? {
        guard selection.isBroad else { return nil }
        var sheets: [WorkloadSheet] = []
        for window in windows {
            guard let sheet = try sheet(session, selection, window, names, now: now) else { return nil }
            sheets.append(sheet)
        }
        guard !selection.isOfClusters else { return sheets }
        let chosen = Set(try keys(session, selection, "NULL::text").keys)
        for place in sheets.indices { sheets[place].keep(attributions: chosen) }
        return sheets
    }

    /// The same of one window, of all who pay in the clusters.
    private static func sheet(
        _ session: PostgresSession, _ selection: CostSelection, _ window: CostWindow, _ names: [String], now: Timestamp
    ) throws -> WorkloadSheet? {
        let parts = window.parts(now: now)
        guard var sum = try sheet(session, selection, .days, parts.days, names) else { return nil }
        for range in parts.hours {
            sum.add(
                try hourSheet(session, selection, range, names)
                    ?? addedHours(session, selection, range, names, now))
        }
        sum.keepRecorded()
        return sum
    }

    /// What workloads cost in hours of one day; rows without anything in them, and of others who pay in the clusters, too.
    ///
    /// - Returns: nil when sheets lack.
    static func hourSheet(
        _ session: PostgresSession, _ selection: CostSelection, _ range: Range<Timestamp>, _ names: [String]
    ) throws -> WorkloadSheet? {
        guard try areHoursThere(session, selection, range) else { return nil }
        return try sheet(session, selection, .hours, range, names)
    }

    /// Whether the hours of a range are all added up.
    static func areHoursThere(_ session: PostgresSession, _ selection: CostSelection, _ range: Range<Timestamp>) throws
        -> Bool
    {
        let question = SheetQuestion.areHoursThere(selection, range)
        return try session.run(question.text, question.values).first { $0.bool(0) } ?? false
    }

    /// The difference of the sheets of a range, of all who pay in the clusters; nil when one lacks.
    static func sheet(
        _ session: PostgresSession, _ selection: CostSelection, _ kind: SheetKind, _ range: Range<Timestamp>?,
        _ names: [String]
    ) throws -> WorkloadSheet? {
        var sum = WorkloadSheet(names)
        guard let range else { return sum }
        var question = SheetQuestion(selection, kind)
        let text = question.statement(range, names)
        let rows = try session.runBinary(text, question.values)
        guard rows.map({ $0.binaryInt(1) }).allSatisfy({ $0 == 1 }) else { return nil }
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
        return sum
    }

    /// From the hours themselves.
    private static func addedHours(
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
        var total = now.names.map { _ in Int128(0) }
        var totalBefore = CostColumns.cost.map { _ in Int128(0) }
        var order: [(cost: Money, id: Int32, place: Int)] = []
        order.reserveCapacity(pairs.count)
        for (place, pair) in pairs.enumerated() {
            if let rows = pair.left {
                for column in total.indices { total[column] += Int128(now.sum(column, rows)) }
            }
            if let rows = pair.right, let before {
                for column in totalBefore.indices { totalBefore[column] += Int128(before.sum(column, rows)) }
            }
            order.append((pair.left.map { now.sum($0).cost.total } ?? .zero, pair.id, place))
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
            count: Int64(pairs.count),
            total: CostSum({ WorkloadSheet.bounded(total[$0]) }, workloads: Int64(now.keys.count)),
            totalBefore: before == nil ? nil : ResourceCost { WorkloadSheet.bounded(totalBefore[$0]) })
    }
}

extension WorkloadSheet {
    /// The columns of `CostSum`.
    static let summedColumns = CostColumns.summed + ["days", "used_days"]

    /// Rows of these columns added up.
    func sum(_ rows: Range<Int>) -> CostSum { CostSum({ sum($0, rows) }, workloads: Int64(rows.count)) }
}

extension CostSum {
    /// - Parameter value: tells the sum of one of `WorkloadSheet.summedColumns`.
    init(_ value: (Int) -> Int64, workloads: Int64) {
        let isUseKnown = value(13) > 0
        self.init(
            cost: ResourceCost(value),
            requested: CapacityTime(millicoreSeconds: value(7), byteSeconds: value(8), gpuSeconds: value(9)),
            used: isUseKnown ? CapacityTime(millicoreSeconds: value(10), byteSeconds: value(11)) : nil,
            workloads: workloads)
    }
}

extension ResourceCost {
    /// - Parameter value: tells one of `CostColumns.cost`, in nano-dollars.
    init(_ value: (Int) -> Int64) {
        func money(_ column: Int) -> Money { Money(nanoDollars: value(column)) }
        self.init(
            cpu: money(0), memory: money(1), gpu: money(2), storage: money(3), network: money(4),
            loadBalancer: money(5), shared: money(6))
    }
}
