import Base
import TestSupport
import Testing

@testable import Costs

@Suite("Hours of the past")
struct PastHourTests {
    private static let noon = ClusterMeterTests.noon
    private static let attached = AttachedPrices(
        storagePerGiBHour: UnitPrice(picoDollars: 1_000_000_000), loadBalancerPerHour: .zero)

    private static func metered(_ hour: PastHour) -> [CostPayer: MeteredHour] {
        byPayer(hour.metered(list: ClusterMeterTests.list, attached: attached))
    }

    private static func capacity(_ cores: Int64, _ gibibytes: Int64, seconds: Int64 = 3_600) -> CapacityTime {
        RequestedCapacity(cpuMillicores: cores * 1_000, memoryBytes: gibibytes << 30).held(forSeconds: seconds)
    }

    @Test("a node's price is divided by what was held for how long, and what is left of it is idle")
    func node() throws {
        var hour = PastHour(Self.noon)
        hour.nodes["a"] = PastHour.Node(
            price: ClusterMeterTests.price(), capacity: ClusterMeterTests.big, seconds: 3_600)
        hour.pods = [
            PastHour.Pod(
                payer: .workload(7), node: "a", seconds: 1_800, charged: Self.capacity(1, 2, seconds: 1_800),
                used: Self.capacity(1, 1, seconds: 1_800)),
            PastHour.Pod(
                payer: .unallocated(namespace: "shop"), node: "a", seconds: 3_600, charged: Self.capacity(1, 2)),
        ]
        let rows = Self.metered(hour)
        let web = try #require(rows[.workload(7)])
        #expect(web.cost == cost(cpu: 500_000_000, memory: 500_000_000) && web.quality == .backfilled)
        #expect(web.usage.coveredSeconds == 1_800 && web.usage.podSeconds == 1_800 && web.usage.maximumPods == 1)
        #expect(web.used == Self.capacity(1, 1, seconds: 1_800) && web.usedSeconds == 1_800)
        #expect(rows[.unallocated(namespace: "shop")]?.cost == cost(cpu: 1_000_000_000, memory: 1_000_000_000))
        #expect(rows[.unallocated(namespace: "shop")]?.used == nil)
        let idle = try #require(rows[.idle(node: "a")])
        #expect(idle.cost == cost(cpu: 2_500_000_000, memory: 2_500_000_000) && idle.usage.coveredSeconds == 3_600)
        #expect(idle.usage.use == Self.capacity(4, 8) - Self.capacity(1, 2) - Self.capacity(1, 2, seconds: 1_800))
    }

    @Test("a claim is paid for by who mounted it, in proportion to their time, and by nobody when none did")
    func claims() {
        var hour = PastHour(Self.noon)
        let shared = AttachedItem(.claim, namespace: "shop", name: "shared")
        let alone = AttachedItem(.claim, namespace: "shop", name: "alone")
        hour.claims = [
            shared: PastHour.Claim(bytes: 10 << 30, seconds: 3_600),
            alone: PastHour.Claim(bytes: 1 << 30, seconds: 1_800),
        ]
        hour.pods = [(7, 3_600), (8, 1_200)].map { id, seconds in
            PastHour.Pod(
                payer: .workload(id), node: "unknown", seconds: seconds, charged: .zero, claims: [shared])
        }
        let rows = Self.metered(hour)
        #expect(rows[.workload(7)]?.cost.storage == Money(nanoDollars: 7_500_000))
        #expect(rows[.workload(8)]?.cost.storage == Money(nanoDollars: 2_500_000))
        #expect(rows[.unmounted(shared)] == nil)
        #expect(rows[.unmounted(alone)]?.cost.storage == Money(nanoDollars: 500_000))
    }

    @Test("what a pod held of a node that is not known costs as the list says, and nothing is idle")
    func unknownNode() {
        var hour = PastHour(Self.noon)
        hour.pods = [PastHour.Pod(payer: .workload(7), node: "b", seconds: 3_600, charged: Self.capacity(1, 2))]
        let rows = Self.metered(hour)
        #expect(rows.count == 1)
        #expect(rows[.workload(7)]?.cost == cost(cpu: 1_000_000_000, memory: 1_000_000_000))
    }

    @Test("a day that was metered and the same day from its sums cost the same, to a millionth", arguments: 0..<20)
    func sameDay(seed: UInt64) {
        var day = TwiceCountedDay(seed: seed, bursts: false)
        day.run()
        #expect(day.total(of: day.backfilled) == day.total(of: day.metered))
        for id in day.workloads {
            let (one, other) = (day.paid(id, in: day.metered), day.paid(id, in: day.backfilled))
            #expect(abs(one - other) <= 1_000 + one / 1_000_000, "workload \(id): \(one), \(other)")
        }
    }

    @Test("where usage bursts above the request the sums charge less and the rest is idle", arguments: 0..<10)
    func bursts(seed: UInt64) {
        var day = TwiceCountedDay(seed: seed, bursts: true)
        day.run()
        #expect(day.total(of: day.backfilled) == day.total(of: day.metered))
        var less: Int64 = 0
        for id in day.workloads {
            let (one, other) = (day.paid(id, in: day.metered), day.paid(id, in: day.backfilled))
            #expect(other <= one + 1_000 && other >= one * 4 / 5, "workload \(id): \(one), \(other)")
            less += one - other
        }
        #expect(less > 0)
    }
}

/// A day of pods that come and go by the minute on nodes that have room for all: metered moment by moment, and from the sums of
/// each hour that Prometheus would give.
private struct TwiceCountedDay {
    private struct Pod {
        let workload: Int
        let node: String
        let request: RequestedCapacity
        var used: RequestedCapacity
        /// Of the hour so far.
        var seconds: Int64 = 0
        var total = CapacityTime.zero

        mutating func hold(seconds: Int64) {
            self.seconds += seconds
            total += used.held(forSeconds: seconds)
        }
    }

    let workloads = 1...5
    private var random: SeededRandom
    private let bursts: Bool
    private var meter = ClusterMeterTests.meter()
    private let capacity = RequestedCapacity(cpuMillicores: 96_000, memoryBytes: 384 << 30)
    private var nodes: [String: NodePrice] = [:]
    private var pods: [Int: Pod] = [:]
    private var gone: [Pod] = []
    private var next = 0
    private(set) var metered: [CostPayer: Int64] = [:]
    private(set) var backfilled: [CostPayer: Int64] = [:]

    init(seed: UInt64, bursts: Bool) {
        (random, self.bursts) = (SeededRandom(seed: seed), bursts)
        for name in ["a", "b"] {
            nodes[name] = NodePrice(
                hourly: cost(cpu: .random(in: 1...3_000_000_000, using: &random), memory: 777_777_773),
                quality: .priceList, isSpot: false)
        }
    }

    func total(of rows: [CostPayer: Int64]) -> Int64 { rows.values.reduce(0, +) }
    func paid(_ id: Int, in rows: [CostPayer: Int64]) -> Int64 { rows[.workload(id)] ?? 0 }

    mutating func run() {
        for (name, price) in nodes {
            meter.observe(node: name, price: price, capacity: capacity, at: ClusterMeterTests.noon)
        }
        for minute in 0..<(24 * 60) {
            let moment = ClusterMeterTests.after(Int64(minute) * 60)
            if minute.isMultiple(of: 60) {
                write(at: moment)
                if minute > 0 { closeHour(ClusterMeterTests.after(Int64(minute - 60) * 60)) }
            }
            change(minute)
            for id in workloads { meter.observe(workload: id, holding(of: id), at: moment) }
            for id in Array(pods.keys) { pods[id]?.hold(seconds: 60) }
        }
        write(at: ClusterMeterTests.after(86_400))
        closeHour(ClusterMeterTests.after(23 * 3_600))
    }

    private mutating func write(at moment: Timestamp) {
        for hour in meter.hours(at: moment) where hour.usage.through == hour.usage.end {
            metered[hour.payer, default: 0] += hour.cost.total.nanoDollars
            meter.written([hour])
        }
    }

    private mutating func change(_ minute: Int) {
        if minute.isMultiple(of: bursts ? 7 : 60) {
            for (id, pod) in pods.sorted(by: { $0.key < $1.key }) {
                let used = usage(of: pod.request)
                pods[id]?.used = used
            }
        }
        guard Int.random(in: 0..<5, using: &random) == 0 else { return }
        if pods.count > 12, let id = pods.keys.sorted().randomElement(using: &random),
            let pod = pods.removeValue(forKey: id)
        {
            gone.append(pod)
        } else if pods.count < 20 {
            let request = RequestedCapacity(
                cpuMillicores: .random(in: 1...2_000, using: &random),
                memoryBytes: .random(in: 1...(4 << 30), using: &random))
            next += 1
            pods[next] = Pod(
                workload: .random(in: workloads, using: &random), node: Bool.random(using: &random) ? "a" : "b",
                request: request, used: usage(of: request))
        }
    }

    private mutating func usage(of request: RequestedCapacity) -> RequestedCapacity {
        let percent = Int64.random(in: 20...150, using: &random)
        return RequestedCapacity(
            cpuMillicores: request.cpuMillicores * percent / 100, memoryBytes: request.memoryBytes * percent / 100)
    }

    private func holding(of id: Int) -> WorkloadHolding {
        var holding = WorkloadHolding()
        for pod in pods.values where pod.workload == id {
            holding.pods += 1
            holding.add(pod.request.maximum(pod.used), on: pod.node, used: pod.used)
        }
        return holding
    }

    private mutating func closeHour(_ moment: Timestamp) {
        var hour = PastHour(moment)
        for (name, price) in nodes {
            hour.nodes[name] = PastHour.Node(price: price, capacity: capacity, seconds: 3_600)
        }
        hour.pods = (gone + pods.values).map { pod in
            let requested = pod.request.held(forSeconds: pod.seconds)
            let charged = CapacityTime(
                millicoreSeconds: max(requested.millicoreSeconds, pod.total.millicoreSeconds),
                byteSeconds: max(requested.byteSeconds, pod.total.byteSeconds))
            return PastHour.Pod(
                payer: .workload(pod.workload), node: pod.node, seconds: pod.seconds, charged: charged, used: pod.total)
        }
        let attached = AttachedPrices(loadBalancerPerHour: .zero)
        for row in hour.metered(list: ClusterMeterTests.list, attached: attached) {
            backfilled[row.payer, default: 0] += row.cost.total.nanoDollars
        }
        gone = []
        for id in Array(pods.keys) {
            pods[id]?.seconds = 0
            pods[id]?.total = .zero
        }
    }
}
