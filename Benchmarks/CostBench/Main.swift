import Base
import Costs
import Glibc
import Store

/// Measures what the store of costs takes for what it is asked, over data that `Benchmarks/costs.py` made, and prints one line
/// of JSON: milliseconds, the median and the highest of the rounds. With the URL alone it makes the schema, with `sums` what the
/// roll-up makes of the hours and days that are there.
///
///     CostBench <database URL> [sums | <first workload id> <workloads> <the day that is written, RFC 3339> <rounds>]
@main
struct CostBench {
    private static let domain = "domain:default/d-1"
    private static let entity = "component:default/e-1"

    static func main() async throws {
        let arguments = CommandLine.arguments
        if arguments.count == 2 {
            _ = try await Store(PostgresPool.Configuration(uri: arguments[1])).migrate()
            return
        }
        if arguments.count == 3, arguments[2] == "sums" {
            let store = Store(PostgresPool.Configuration(uri: arguments[1]))
            try await store.costs.rollUp()
            return await store.close()
        }
        guard arguments.count == 6, let first = Int(arguments[2]), let count = Int(arguments[3]),
            let day = Timestamp(rfc3339: arguments[4]), let rounds = Int(arguments[5])
        else {
            print("usage: CostBench <database URL> [sums | <first workload id> <workloads> <day> <rounds>]")
            exit(2)
        }
        let store = Store(PostgresPool.Configuration(uri: arguments[1]))
        var figures: [(String, JSONValue)] = try await queries(store, day, rounds)
        figures += try await writes(store, first..<(first + count), day, rounds)
        print(JSONValue.object(JSONObject(figures)).text())
        await store.close()
    }

    private static func queries(_ store: Store, _ day: Timestamp, _ rounds: Int) async throws -> [(String, JSONValue)] {
        let costs = store.costs
        let quarter = CostWindow(from: day.adding(seconds: -90 * 86_400), to: day)
        let month = CostWindow(from: day.adding(seconds: -30 * 86_400), to: day)
        let before = CostWindow(from: day.adding(seconds: -60 * 86_400), to: month.from)
        let all = CostSelection()
        let ofDomain = selection { $0.domain = domain }
        let ofOwner = selection { $0.owner = "group:default/g-1" }
        let days = [-2, -1].map {
            CostWindow(from: day.adding(seconds: $0 * 86_400), to: day.adding(seconds: ($0 + 1) * 86_400))
        }
        let weeks = [-14, -7].map {
            CostWindow(from: day.adding(seconds: $0 * 86_400), to: day.adding(seconds: ($0 + 7) * 86_400))
        }
        let ofEntity = selection { $0.entityRefs = [entity] }
        let questions: [(String, @Sendable () async throws -> Void)] = [
            ("by domain, 90 days", { _ = try await costs.groups(by: .domain, all, quarter, limit: 15) }),
            ("totals, 90 days", { _ = try await costs.totals(all, quarter) }),
            ("totals, 30 days", { _ = try await costs.totals(all, month) }),
            (
                "by owner, 30 days beside 30",
                { _ = try await costs.groups(by: .owner, all, month, comparedWith: before, limit: 15) }
            ),
            ("a domain by entity, 30 days", { _ = try await costs.groups(by: .entity, ofDomain, month, limit: 15) }),
            (
                "a domain by workload, 30 days",
                { _ = try await costs.groups(by: .workload, ofDomain, month, limit: 15) }
            ),
            ("all by workload, 30 days", { _ = try await costs.groups(by: .workload, all, month, limit: 15) }),
            ("trend by day, 30 days", { _ = try await costs.trend(all, month, by: .day) }),
            ("a domain's trend by day, 90 days", { _ = try await costs.trend(ofDomain, quarter, by: .day) }),
            ("an entity's totals, 90 days", { _ = try await costs.totals(ofEntity, quarter) }),
            ("an entity's workloads, 30 days", { _ = try await costs.workloadCosts(of: entity, month) }),
            ("coverage, 30 days", { _ = try await costs.coverage(month) }),
            ("a day's changes", { _ = try await costs.changes(all, from: days[0], to: days[1], limit: 15) }),
            ("all changes, 7 days", { _ = try await costs.changes(all, from: weeks[0], to: weeks[1], limit: 15) }),
            (
                "an owner's changes, 7 days",
                { _ = try await costs.changes(ofOwner, from: weeks[0], to: weeks[1], limit: 15) }
            ),
            ("sources compared, 7 days", { _ = try await costs.sourceWords(weeks[1].from..<weeks[1].to) }),
            ("freshness", { _ = try await costs.freshness() }),
        ]
        var figures: [(String, JSONValue)] = []
        for (name, ask) in questions {
            // The first one plans and reads from the disk.
            try await ask()
            var times: [Double] = []
            for _ in 0..<rounds { times.append(try await milliseconds(ask)) }
            figures.append((name, .double(times.sorted()[times.count / 2])))
            figures.append((name + ", highest", .double(times.max() ?? 0)))
        }
        return figures
    }

    private static func selection(_ choose: (inout CostSelection) -> Void) -> CostSelection {
        var selection = CostSelection()
        choose(&selection)
        return selection
    }

    private static func writes(
        _ store: Store, _ ids: Range<Int>, _ day: Timestamp, _ rounds: Int
    ) async throws -> [(String, JSONValue)] {
        try await store.costs.makePartitions(now: day)
        var (first, again): ([Double], [Double]) = ([], [])
        for round in 0..<min(rounds, 24) {
            let hours = ids.map { hour($0, day.adding(seconds: Int64(round) * 3_600)) }
            first.append(try await milliseconds { try await store.costs.write(hours) })
            again.append(try await milliseconds { try await store.costs.write(hours) })
        }
        let rollUp = try await milliseconds { try await store.costs.rollUp(now: day.adding(seconds: 86_399)) }
        return [
            ("an hour first written", .double(first.sorted()[first.count / 2])),
            ("an hour written again", .double(again.sorted()[again.count / 2])), ("the day rolled up", .double(rollUp)),
        ]
    }

    private static func hour(_ id: Int, _ hour: Timestamp) -> HourlyCost {
        let usage = HourUsage(
            hour: hour, through: hour.adding(seconds: 3_600), coveredSeconds: 3_600,
            use: CapacityTime(millicoreSeconds: 250 * 3_600, byteSeconds: 1_073_741_824 * 3_600), podSeconds: 7_200,
            maximumPods: 2)
        return HourlyCost(
            workloadID: id, usage: usage,
            cost: ResourceCost(cpu: Money(nanoDollars: Int64(id) * 1_000), memory: Money(nanoDollars: 500_000)))
    }

    private static func milliseconds(_ body: () async throws -> Void) async rethrows -> Double {
        let beginning = ContinuousClock.now
        try await body()
        return (ContinuousClock.now - beginning) / .milliseconds(1)
    }
}
