internal import Base
internal import Costs

/// What is asked of everything, or most of it, by whom it belongs to: answered from the sheets.
extension CostStore {
    /// What those cost who have one key.
    struct KeyedSums {
        let key: String?
        /// In the order of the columns that are asked.
        var sums: [Int128]
        /// Of the costs, in the window that is compared with.
        var before: [Int128] = CostColumns.cost.map { _ in 0 }
        var workloads: Int64 = 0

        /// Bounded, as everywhere.
        func value(_ column: Int) -> Int64 { WorkloadSheet.bounded(sums[column]) }
    }

    /// What a selection cost in a window by what an expression over `cost_attribution a` says.
    ///
    /// - Parameters:
    ///   - names: the columns that are asked; the costs alone, or all.
    ///   - earlier: what it is compared with.
    /// - Returns: those who had something in one of the windows; nil when a sheet lacks, or the selection is so narrow that its
    ///   sums are found sooner.
    static func sheetSums(
        _ session: PostgresSession, _ selection: CostSelection, key: String, _ names: [String], _ window: CostWindow,
        comparedWith earlier: CostWindow? = nil
    ) throws -> [KeyedSums]? {
        let now = Timestamp.now()
        guard let sums = try attributed(session, selection, names, window, now, isCounted: names != CostColumns.cost)
        else { return nil }
        var before: AttributedSums?
        if let earlier {
            before = try attributed(session, selection, CostColumns.cost, earlier, now, isCounted: false)
            if before == nil { return nil }
        }
        let keys = try keys(session, selection, key)
        var places: [String?: Int] = [:]
        var groups: [KeyedSums] = []
        func place(_ id: Int32) -> Int? {
            guard let key = keys[id] else { return nil }
            if let place = places[key] { return place }
            places[key] = groups.count
            groups.append(KeyedSums(key: key, sums: names.map { _ in 0 }))
            return groups.count - 1
        }
        for (row, id) in sums.ids.enumerated() {
            guard let place = place(id) else { continue }
            for column in names.indices { groups[place].sums[column] += sums.columns[column][row] }
            groups[place].workloads += sums.workloads[row]
        }
        if let before {
            for (row, id) in before.ids.enumerated() {
                guard let place = place(id) else { continue }
                for column in CostColumns.cost.indices {
                    groups[place].before[column] += before.columns[column][row]
                }
            }
        }
        return groups
    }

    /// - Parameter isCounted: whether anybody asks how many workloads there are.
    private static func attributed(
        _ session: PostgresSession, _ selection: CostSelection, _ names: [String], _ window: CostWindow,
        _ now: Timestamp, isCounted: Bool
    ) throws -> AttributedSums? {
        let parts = window.parts(now: now)
        let columns = names.contains("days") ? names : names + ["days"]
        guard selection.isBroad else { return nil }
        var sums = AttributedSums(columns)
        for range in parts.hours {
            guard var sheet = try hourSheet(session, selection, range, columns) else { return nil }
            sheet.keepRecorded()
            sums.add(sheet)
        }
        guard var sheet = try sheet(session, selection, .days, parts.days, columns) else { return nil }
        var peaks: [Int32: Int64]? = [:]
        if isCounted, let days = parts.days { peaks = try Self.peaks(session, selection, days) }
        guard let peaks else { return nil }
        sheet.keepRecorded()
        sums.add(sheet, workloads: peaks)
        return sums
    }

    /// Of each attribution as many workloads as on its day with the most; nil when a sheet does not say it.
    private static func peaks(
        _ session: PostgresSession, _ selection: CostSelection, _ days: Range<Timestamp>
    ) throws -> [Int32: Int64]? {
        var question = SheetQuestion(selection, .days)
        let text = question.payers(days)
        var peaks: [Int32: Int64] = [:]
        // From day to day mostly the same ones pay.
        var some: (ids: [Int128], most: [Int128]) = ([], [])
        func note() {
            for (id, most) in zip(some.ids, some.most) {
                let id = Int32(truncatingIfNeeded: id)
                peaks[id] = max(peaks[id] ?? 0, Int64(clamping: most))
            }
        }
        let isKnown = try session.runBinary(text, question.values).map { row in
            let count = (row.withBytes(0, \.count) ?? 0) / 4
            guard let ids = row.withBytes(0, { WorkloadSheet.decoded($0, count: count) }) ?? nil,
                let workloads = row.withBytes(1, { WorkloadSheet.decoded($0, count: count) }) ?? nil
            else { return false }
            if ids != some.ids {
                note()
                some = (ids, workloads)
            } else {
                for place in ids.indices { some.most[place] = max(some.most[place], workloads[place]) }
            }
            return true
        }
        note()
        return isKnown.allSatisfy(\.self) ? peaks : nil
    }

    /// The attributions of a selection, each with its key.
    static func keys(_ session: PostgresSession, _ selection: CostSelection, _ key: String) throws
        -> [Int32: String?]
    {
        var statement = CostStatement(selection, key: key)
        let pairs = try session.runOnce(statement.keys(), statement.values).map { row in
            (Int32(truncatingIfNeeded: row.int(0) ?? 0), row.text(1))
        }
        return Dictionary(pairs) { first, _ in first }
    }

    /// A page of groups, the dearest first; then by key, none last.
    static func groups(_ all: [KeyedSums], limit: Int, offset: Int, isCompared: Bool) -> CostGroups {
        func precedes(_ left: (cost: Money, place: Int), _ right: (cost: Money, place: Int)) -> Bool {
            guard left.cost == right.cost else { return left.cost > right.cost }
            let (here, there) = (all[left.place].key, all[right.place].key)
            guard let here, let there else { return here != nil && there == nil }
            return here.utf8.lexicographicallyPrecedes(there.utf8)
        }
        let order = all.enumerated().map { (cost: ResourceCost($1.value).total, place: $0) }.sorted(by: precedes)
        let groups = order.dropFirst(offset).prefix(limit).map { entry in
            let group = all[entry.place]
            return CostGroup(
                key: group.key, workload: nil,
                sum: CostSum(group.value, workloads: group.workloads),
                before: isCompared ? ResourceCost { WorkloadSheet.bounded(group.before[$0]) } : nil)
        }
        func total(_ value: (KeyedSums) -> Int64) -> Int64 {
            WorkloadSheet.bounded(all.reduce(into: 0) { $0 += Int128(value($1)) })
        }
        return CostGroups(
            groups: groups, count: Int64(all.count),
            total: CostSum({ column in total { $0.value(column) } }, workloads: total(\.workloads)),
            totalBefore: isCompared
                ? ResourceCost { column in total { WorkloadSheet.bounded($0.before[column]) } } : nil)
    }
}
