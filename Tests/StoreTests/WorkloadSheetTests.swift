import Base
import Costs
import TestSupport
import Testing

@testable import Store

@Suite("Sums of workloads, column by column")
struct WorkloadSheetTests {
    private static func column(_ values: [Int128]) -> [Int128]? {
        let bytes = WorkloadSheet.encoded(values) ?? []
        return bytes.withUnsafeBytes { WorkloadSheet.decoded($0, count: values.count) }
    }

    @Test(
        "a column is read as it was written, in as few bytes as its numbers need",
        arguments: [
            (1, [1, -128, 127]), (2, [128]), (2, [-129, 0]), (4, [1 << 20, -(1 << 31)]), (8, [1 << 31]),
            (8, [Int128(Int64.max), Int128(Int64.min)]), (16, [Int128(Int64.max) + 1, -1, 0]),
            (16, [Int128.max, Int128.min]),
        ] as [(Int, [Int128])])
    func columns(width: Int, values: [Int128]) {
        #expect(WorkloadSheet.encoded(values)?.count == width * values.count)
        #expect(Self.column(values) == values)
    }

    @Test("zeros take no room, and bytes that are no column of so many numbers are none")
    func noColumns() {
        #expect(WorkloadSheet.encoded([0, 0]) == nil)
        #expect(WorkloadSheet.encoded([]) == nil)
        for (bytes, count) in [([1], 2), ([1, 2, 3], 1), ([1], 0), ([], 1)] as [([UInt8], Int)] {
            #expect(bytes.withUnsafeBytes { WorkloadSheet.decoded($0, count: count) } == nil)
        }
    }

    @Test("what has no day on which something is recorded goes")
    func unrecorded() {
        let keys = [WorkloadSheet.Key(workload: 1, attribution: 1), WorkloadSheet.Key(workload: 2, attribution: 1)]
        for (days, kept) in [([], []), ([0, 3], [2]), ([0, 0], [])] as [([Int128], [Int32])] {
            var sheet = WorkloadSheet(["days", "cpu_cost", "gpu_cost"], keys: keys, columns: [days, [5, 6], []])
            sheet.keepRecorded()
            #expect(sheet.keys.map(\.workload) == kept)
            #expect(sheet.columns[1] == (kept.isEmpty ? [] : [6]) && sheet.columns[2].isEmpty)
        }
    }

    @Test("a question for sheets has one text, whatever the range")
    func shape() {
        let day = Timestamp(seconds: 1_772_366_400).startOfDay
        let ranges = [(0, 1), (-14, 90), (3, 17)].map { (first: Int64, count: Int64) in
            day.adding(seconds: first * 86_400)..<day.adding(seconds: (first + count) * 86_400)
        }
        for kind in SheetKind.allCases {
            let asked = ranges.map { range in
                var question = SheetQuestion(CostSelection(), kind)
                return (text: question.statement(range, ["days"]), count: question.values.count)
            }
            #expect(asked.allSatisfy { $0.text == asked[0].text && $0.count == asked[0].count })
        }
    }

    @Test("sheets add up as their rows do, whatever rows each has", arguments: 1...20 as ClosedRange<UInt64>)
    func sums(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var rows: [WorkloadSheet.Key: Int128] = [:]
        var sum = WorkloadSheet(["days", "cpu_cost"])
        var costs: [WorkloadSheet.Key: Int128] = [:]
        for _ in 0..<5 {
            let pairs = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                WorkloadSheet.Key(
                    workload: Int32.random(in: 0...3, using: &random),
                    attribution: Int32.random(in: 0...3, using: &random))
            }
            let keys = Set(pairs).sorted()
            let values = keys.map { _ in Int128.random(in: -9...9, using: &random) }
            let factor: Int128 = Bool.random(using: &random) ? 1 : -1
            for (key, value) in zip(keys, values) { rows[key, default: 0] += factor * value }
            // A column of zeros alone is left out.
            let cost = Int128.random(in: 0...1, using: &random)
            for key in keys { costs[key, default: 0] += factor * cost }
            let column = cost == 0 ? [] : keys.map { _ in cost }
            sum.add(
                WorkloadSheet(["days", "cpu_cost"], keys: keys, columns: [values, column]), times: factor)
        }
        #expect(sum.keys == rows.keys.sorted())
        #expect(sum.columns[0] == sum.keys.map { rows[$0] })
        #expect(sum.keys.indices.map { sum.sum(1, $0..<$0 + 1) } == sum.keys.map { Int64(costs[$0] ?? 0) })
        let workloads = sum.workloads
        #expect(workloads.map(\.id) == Set(rows.keys.map(\.workload)).sorted())
        #expect(workloads.allSatisfy { id, range in range.allSatisfy { sum.keys[$0].workload == id } })
        sum.keepRecorded()
        #expect(sum.keys == rows.filter { $0.value > 0 }.keys.sorted())
        sum.keep(attributions: [1])
        #expect(sum.keys == rows.filter { $0.value > 0 && $0.key.attribution == 1 }.keys.sorted())
    }
}

@Suite("Answers from the sums of workloads", .enabled(if: TestDatabase.isAvailable), .serialized)
struct WorkloadSheetAnswerTests {
    private static func sheets(_ store: Store) async throws -> [JSONValue] {
        try await CostScene.rows(store, "SELECT * FROM cost_workload_sheet ORDER BY cluster, source, day")
            + CostScene.rows(store, "SELECT * FROM cost_hour_sheet ORDER BY cluster, source, hour")
    }

    private static func hours(_ store: Store) async throws -> [JSONValue] {
        try await CostScene.rows(store, "SELECT * FROM cost_cluster_hourly ORDER BY cluster, source, hour")
    }

    private static func forget(_ store: Store) async throws {
        try await store.costs.pool.run { session in
            try session.runScript(
                """
                DELETE FROM cost_workload_sheet;
                DELETE FROM cost_hour_sheet;
                DELETE FROM cost_cluster_hourly;
                UPDATE cost_cluster_daily SET hours_summed = false;
                """)
        }
    }

    private static func shown(_ groups: CostGroups) -> [String] {
        groups.groups.map { "\($0)" } + ["\(groups.count) \(groups.total) \(String(describing: groups.totalBefore))"]
    }

    private static func shown(_ changes: CostChanges) -> [String] {
        changes.workloads.map { "\($0)" }
            + ["\(changes.previous) \(changes.current) \(changes.parts) \(changes.count)"]
    }

    private static func selections() -> [CostSelection] {
        var selections = [CostSelection()]
        for choose: (inout CostSelection) -> Void in [
            { $0.cluster = "a" }, { $0.category = .owned }, { $0.category = .orphan }, { $0.entityKind = "component" },
            { $0.source = .estimate }, { $0.source = .scaleops }, { $0.namespace = "n" },
        ] {
            var selection = CostSelection()
            choose(&selection)
            selections.append(selection)
        }
        return selections
    }

    /// Some days with owners that begin and end within them, and many hours; some of them from before Callboard was there.
    private static func handOver(_ store: Store, _ ids: [Int], _ random: inout SeededRandom) async throws -> [Int64] {
        let days: [Int64] = [3, 4, 12]
        for id in ids {
            for day in days where Bool.random(using: &random) {
                let from = CostScene.day(day).adding(seconds: Int64.random(in: 0..<86_400, using: &random))
                let to = from.adding(seconds: Int64.random(in: 1...40_000, using: &random))
                let entity = "component:default/h\(Int.random(in: 0..<2, using: &random))"
                try await CostScene.own(store, id, entity, from: from.rfc3339, to: to.rfc3339)
            }
        }
        try await writeHours(store, ids, days, &random)
        return days
    }

    private static func writeHours(
        _ store: Store, _ ids: [Int], _ days: [Int64], _ random: inout SeededRandom
    ) async throws {
        var hours: [HourlyCost] = []
        for id in ids {
            for day in days {
                for hour in 0..<24 where Bool.random(using: &random) {
                    let at = CostScene.day(day).adding(seconds: Int64(hour) * 3_600)
                    var cost = CostScene.hour(id, at, cpu: Int64.random(in: 0...1_000, using: &random))
                    if Int.random(in: 0..<9, using: &random) == 0 { cost.priceQuality = .backfilled }
                    hours.append(cost)
                }
            }
        }
        try await store.costs.write(hours)
    }

    /// Windows with parts of the days on which owners changed.
    private static func partsOfDays(_ random: inout SeededRandom) -> [(CostWindow, CostWindow)] {
        (0..<2).map { _ in
            let windows = [Int64(3), 4, 12].shuffled(using: &random).map { day in
                let from = CostScene.day(day).adding(seconds: Int64.random(in: 0..<24, using: &random) * 3_600)
                return CostWindow(
                    from: from, to: from.adding(seconds: Int64.random(in: 1...30, using: &random) * 3_600))
            }
            return (windows[0], windows[1])
        }
    }

    /// What is asked, with sheets and without.
    private static func answers(_ store: Store, _ windows: [(CostWindow, CostWindow)]) async throws -> [[String]] {
        var answers: [[String]] = []
        for (before, window) in windows {
            for selection in selections() {
                for (earlier, offset) in [(nil, 0), (before, 2)] as [(CostWindow?, Int)] {
                    let groups = try await store.costs.groups(
                        by: .workload, selection, window, comparedWith: earlier, limit: 3, offset: offset)
                    answers.append(shown(groups))
                }
                answers.append(
                    shown(try await store.costs.changes(selection, from: before, to: window, limit: 3)))
                for dimension in [CostDimension.entity, .category, .day] {
                    let groups = try await store.costs.groups(
                        by: dimension, selection, window, comparedWith: dimension == .day ? nil : before, limit: 9)
                    answers.append(shown(groups))
                }
                for unit in CostTrendUnit.allCases {
                    answers.append(try await store.costs.trend(selection, window, by: unit).map { "\($0)" })
                }
                answers.append(["\(try await store.costs.cost(selection, window))"])
            }
            answers.append(
                try await store.costs.coverage(window).sorted { $0.key < $1.key }.map { "\($0)" })
        }
        return answers
    }

    /// Hours at the ends of some windows.
    private static func windows(_ random: inout SeededRandom) -> [(CostWindow, CostWindow)] {
        (0..<3).map { _ in
            func window() -> CostWindow {
                let from = CostScene.day(Int64.random(in: -25...40, using: &random)).adding(
                    seconds: [0, 0, 3_600 * 13].randomElement(using: &random) ?? 0)
                return CostWindow(
                    from: from,
                    to: from.adding(
                        seconds: Int64.random(in: 1...50, using: &random)
                            * ([86_400, 86_400, 3_600].randomElement(using: &random) ?? 0)
                            + ([0, 0, 3_600 * 7].randomElement(using: &random) ?? 0)))
            }
            return (window(), window())
        }
    }

    @Test(
        "they say what the days say: any window, after late hours, and after workloads changed hands",
        arguments: 1...2 as ClosedRange<UInt64>)
    func answers(seed: UInt64) async throws {
        try await TestDatabase.withStore { store in
            var random = SeededRandom(seed: seed)
            let ids = try await CostToDateTests.seed(store, &random)
            let days = try await Self.handOver(store, [ids[0], ids[3]], &random)
            for round in 0..<3 {
                if round == 1 {
                    // Late, of a day on which several paid; then there are more of them.
                    try await Self.writeHours(store, [ids[0], ids[3]], days, &random)
                    for _ in 0..<5 {
                        let day = Int64.random(in: CostToDateTests.span, using: &random)
                        try await CostToDateTests.write(store, ids, day, &random)
                    }
                } else if round == 2 {
                    try await store.costs.pool.run { session in
                        try session.runScript(
                            "UPDATE entity_workload SET entity_ref = 'component:default/e9' WHERE workload_id % 2 = 0")
                    }
                    try await CostToDateTests.touchAll(store)
                    try await store.costs.setPrimary(["a": .scaleops], otherwise: .estimate)
                }
                // Another source knows of some workloads, and of other days.
                for day in [Int64(-3), 2, 10] {
                    let hours = ids.filter { _ in Bool.random(using: &random) }.map { id in
                        CostScene.hour(id, CostScene.day(day), cpu: Int64.random(in: 0...9, using: &random))
                    }
                    try await store.costs.write(hours, source: .scaleops)
                }
                try await store.costs.rollUp(now: CostToDateTests.now)
                let (kept, hours) = (try await Self.sheets(store), try await Self.hours(store))
                let windows = Self.windows(&random) + Self.partsOfDays(&random)
                let answers = try await Self.answers(store, windows)
                #expect(answers.contains { $0.count > 1 })
                try await Self.forget(store)
                #expect(try await Self.answers(store, windows) == answers)
                // Made anew they are the same: what was kept of earlier days was right.
                #expect(try await store.costs.makeSheets() == kept.count)
                #expect(try await Self.sheets(store) == kept)
                #expect(try await Self.hours(store) == hours)
                #expect(try await store.costs.makeSheets() == 0)
            }
        }
    }

    @Test("they are used: a wrong one shows, and one that lacks does not")
    func used() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            try await store.costs.write([CostScene.hour(id, CostScene.day(0)), CostScene.hour(id, CostScene.day(1))])
            try await store.costs.rollUp(now: CostScene.day(9))
            let window = CostWindow(from: CostScene.day(0), to: CostScene.day(2))
            func cost() async throws -> Int64 {
                try await store.costs.groups(by: .workload, CostSelection(), window, limit: 9).total.cost.total
                    .nanoDollars
            }
            #expect(try await cost() == 220)
            try await store.costs.pool.run { session in
                try session.runScript("UPDATE cost_workload_sheet SET cpu_cost = '\\x07'")
            }
            #expect(try await cost() == 27)
            try await store.costs.pool.run { session in
                try session.runScript("UPDATE cost_workload_sheet SET cpu_cost = '\\x000001'")
            }
            let error = await #expect(throws: StoreError.self) { _ = try await cost() }
            #expect(error?.code == .unexpectedResult)
            // The next one cannot be made of it; after that its month is begun anew.
            try await store.costs.write([CostScene.hour(id, CostScene.day(2))])
            for day in try await store.costs.touchedDays() {
                _ = try await store.costs.rollUp(day, now: CostScene.day(9))
            }
            await #expect(throws: StoreError.self) { try await store.costs.makeSheets() }
            #expect(try await store.costs.makeSheets() == 3)
            #expect(try await cost() == 220)
            try await Self.forget(store)
            #expect(try await cost() == 220)
        }
    }

    @Test("an hour that changes has its sheet made anew and the later ones of its day; when others pay, all of the day")
    func laterHours() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            @Sendable func at(_ hour: Int64) -> Timestamp { CostScene.day(0).adding(seconds: hour * 3_600) }
            func cost(_ from: Int64, _ to: Int64) async throws -> Int64 {
                try await store.costs.cost(CostSelection(), CostWindow(from: at(from), to: at(to))).total.nanoDollars
            }
            func roll() async throws { try await store.costs.rollUp(now: CostScene.day(9)) }
            try await store.costs.write([3, 5, 6].map { CostScene.hour(id, at($0)) })
            try await roll()
            #expect(try await cost(3, 6) == 220)
            #expect(try await cost(4, 7) == 220)
            #expect(try await cost(0, 3) == 0)
            try await store.costs.pool.run { session in
                _ = try session.run("UPDATE cost_hour_sheet SET cpu_cost = '\\x07' WHERE hour = $1", [.time(at(3))])
            }
            #expect(try await cost(3, 4) == 17)
            try await store.costs.write([CostScene.hour(id, at(5), cpu: 200)])
            // Until it is rolled up, the day says what it said.
            #expect(try await cost(4, 7) == 313)
            try await roll()
            // From the wrong one on, which was not made anew.
            #expect(try await cost(3, 4) == 17)
            #expect(try await cost(4, 7) == 320)
            #expect(try await cost(3, 7) == 337)
            // An earlier one that comes after the days to roll up were read.
            try await store.costs.write([CostScene.hour(id, at(6), cpu: 150)])
            let days = try await store.costs.touchedDays()
            try await store.costs.write([CostScene.hour(id, at(4), cpu: 1)])
            for day in days { #expect(try await store.costs.rollUp(day, now: CostScene.day(9)).isSettled == false) }
            for day in days { try await store.costs.makeSheets(of: day) }
            #expect(try await cost(4, 7) == 381)
            try await CostScene.own(store, id, "component:default/e", from: at(0).rfc3339, to: at(5).rfc3339)
            try await store.costs.write([CostScene.hour(id, at(6), cpu: 300)])
            try await roll()
            #expect(try await cost(3, 4) == 110)
            var owned = CostSelection()
            owned.category = .owned
            let window = CostWindow(from: at(3), to: at(6))
            #expect(try await store.costs.cost(owned, window).total.nanoDollars == 121)
            let points = try await store.costs.trend(CostSelection(), CostWindow(from: at(0), to: at(24)), by: .hour)
            #expect(points.map(\.cost.total.nanoDollars) == [110, 11, 210, 310])
        }
    }

    @Test("the sheets of days that are kept no more go with them")
    func retention() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            try await store.costs.write([CostScene.hour(id, CostScene.day(0)), CostScene.hour(id, CostScene.day(40))])
            try await store.costs.rollUp(now: CostScene.day(41))
            #expect(try await Self.sheets(store).count == 4)
            var retention = CostRetention()
            (retention.hourly, retention.daily) = (1, 5)
            let dropped = try await store.costs.dropExpired(retention, now: CostScene.day(60))
            #expect(dropped.contains("cost_daily_202603"))
            #expect(try await Self.sheets(store).count == 1)
            #expect(try await Self.hours(store).isEmpty)
            // None is made of days that are gone.
            #expect(try await store.costs.makeSheets() == 0)
        }
    }
}
