import Base
import Testing

@testable import Costs

@Suite("Cluster meter")
struct ClusterMeterTests {
    /// 1 a core-hour and 0.5 a GiB-hour.
    static let list = PriceList(
        currency: "USD", perCoreHour: Money(nanoDollars: 1_000_000_000), perGiBHour: Money(nanoDollars: 500_000_000))
    static let noon = Timestamp(seconds: 490_000 * 3_600)
    static let big = RequestedCapacity(cpuMillicores: 4_000, memoryBytes: 8 << 30)

    static func after(_ seconds: Int64) -> Timestamp { noon.adding(seconds: seconds) }

    static func meter() -> ClusterMeter {
        ClusterMeter(
            list: list,
            attached: AttachedPrices(
                storagePerGiBHour: UnitPrice(picoDollars: 1_000_000_000),
                loadBalancerPerHour: Money(nanoDollars: 36_000_000)))
    }

    /// The node costs 4 + 4 an hour by the list.
    static func price(_ quality: PriceQuality = .priceList, of capacity: RequestedCapacity = big) -> NodePrice {
        NodePrice(hourly: list.hourlyRate(of: capacity), quality: quality, isSpot: false)
    }

    static func holding(
        cores: Int64 = 1, gibibytes: Int64 = 2, on node: String = "a", used: RequestedCapacity? = nil
    ) -> WorkloadHolding {
        var holding = WorkloadHolding(pods: 1)
        holding.add(
            RequestedCapacity(cpuMillicores: cores * 1_000, memoryBytes: gibibytes << 30), on: node, used: used)
        return holding
    }

    /// A meter that knows the node `a`.
    static func withNode(at moment: Timestamp = noon) -> ClusterMeter {
        var meter = meter()
        meter.observe(node: "a", price: price(), capacity: big, at: moment)
        return meter
    }

    @Test("a workload pays for what it holds at its node's price, and the rest of the node is idle")
    func price() throws {
        var meter = Self.withNode()
        meter.observe(workload: 7, Self.holding(), at: Self.noon)
        let hours = byPayer(meter.hours(at: Self.after(1_800)))
        let web = try #require(hours[.workload(7)])
        #expect(web.cost == cost(cpu: 500_000_000, memory: 500_000_000))
        #expect(web.usage.coveredSeconds == 1_800 && web.usage.podSeconds == 1_800 && web.usage.maximumPods == 1)
        #expect(web.usage.use.millicoreSeconds == 1_800_000 && web.quality == .priceList && web.used == nil)
        let idle = try #require(hours[.idle(node: "a")])
        #expect(idle.cost == cost(cpu: 1_500_000_000, memory: 1_500_000_000))
        #expect(idle.usage.coveredSeconds == 1_800 && idle.usage.use.millicoreSeconds == 3_000 * 1_800)
        #expect(idle.usage.podSeconds == 0 && idle.quality == .priceList)
    }

    @Test("a change counts from its moment on")
    func change() throws {
        var meter = Self.withNode()
        meter.observe(workload: 7, Self.holding(cores: 1, gibibytes: 0), at: Self.noon)
        meter.observe(workload: 7, Self.holding(cores: 3, gibibytes: 0), at: Self.after(900))
        meter.observe(workload: 7, WorkloadHolding(), at: Self.after(1_800))
        let hour = try #require(byPayer(meter.hours(at: Self.after(3_000)))[.workload(7)])
        #expect(hour.cost.cpu == Money(nanoDollars: 1_000_000_000) && hour.usage.coveredSeconds == 3_000)
    }

    @Test("at the boundary of an hour the old hour is complete and the new one has begun")
    func boundary() throws {
        var meter = Self.withNode()
        meter.observe(workload: 7, Self.holding(), at: Self.noon)
        let atBoundary = meter.hours(at: Self.after(3_600))
        #expect(atBoundary.map(\.usage.hour) == [Self.noon, Self.noon])
        #expect(total(atBoundary) == Money(nanoDollars: 8_000_000_000))
        let later = meter.hours(at: Self.after(2 * 3_600 + 10))
        #expect(later.map(\.usage.coveredSeconds).sorted() == [10, 10, 3_600, 3_600, 3_600, 3_600])
    }

    @Test("hours that are over are due until they were written, however often writing fails")
    func failedWrites() {
        var meter = Self.withNode()
        _ = meter.hours(at: Self.after(3_700))
        let again = meter.hours(at: Self.after(3 * 3_600 + 60))
        #expect(again.map(\.usage.hour).sorted() == (0...3).map { Self.after($0 * 3_600) })
        meter.written(again)
        #expect(meter.hours(at: Self.after(3 * 3_600 + 120)).map(\.usage.hour) == [Self.after(3 * 3_600)])
    }

    @Test("a workload that is gone is charged up to its end, once")
    func end() {
        var meter = Self.meter()
        meter.observe(workload: 7, Self.holding(), at: Self.noon)
        meter.end(workload: 7, at: Self.after(360))
        let hours = meter.hours(at: Self.after(1_000))
        #expect(hours.map(\.usage.coveredSeconds) == [360])
        meter.written(hours)
        #expect(meter.hours(at: Self.after(1_100)).isEmpty)
        meter.end(workload: 7, at: Self.after(1_200))
        #expect(meter.hours(at: Self.after(1_300)).isEmpty)
        _ = meter.hours(at: Self.after(3_700))
        #expect(meter.size == (0, 0, 0))
    }

    @Test("one that ends while its hour is being written is still charged up to its end")
    func endDuringWrite() {
        var meter = Self.meter()
        meter.observe(workload: 7, Self.holding(), at: Self.noon)
        let inFlight = meter.hours(at: Self.after(100))
        meter.end(workload: 7, at: Self.after(110))
        meter.written(inFlight)
        #expect(meter.hours(at: Self.after(200)).map(\.usage.coveredSeconds) == [110])
    }

    @Test("one that goes and comes back within the hour has one row that counts both times")
    func goneAndBack() throws {
        var meter = Self.withNode()
        meter.observe(workload: 7, Self.holding(cores: 1), at: Self.noon)
        meter.end(workload: 7, at: Self.after(600))
        meter.written(meter.hours(at: Self.after(900)))
        meter.observe(workload: 7, Self.holding(cores: 2), at: Self.after(1_200))
        let hour = try #require(byPayer(meter.hours(at: Self.after(1_800)))[.workload(7)])
        #expect(hour.usage.coveredSeconds == 1_200 && hour.usage.use.millicoreSeconds == 1_800_000)
        #expect(hour.cost.cpu == Money(nanoDollars: 500_000_000))
    }

    @Test("one that comes back in a later hour does not take the old hour along")
    func backLater() {
        var meter = Self.meter()
        meter.observe(workload: 7, Self.holding(), at: Self.noon)
        meter.end(workload: 7, at: Self.after(600))
        meter.written(meter.hours(at: Self.after(600)))
        meter.observe(workload: 7, Self.holding(), at: Self.after(3_600))
        let hours = meter.hours(at: Self.after(3_660))
        #expect(hours.map(\.usage.hour) == [Self.after(3_600)] && hours.map(\.usage.coveredSeconds) == [60])
    }

    @Test("a node exists from when to when it is there, and costs whoever runs on it or not")
    func nodeLife() {
        var meter = Self.withNode(at: Self.after(600))
        meter.end(node: "a", at: Self.after(1_200))
        let hours = meter.hours(at: Self.after(3_000))
        #expect(hours.map(\.usage.coveredSeconds) == [600] && total(hours) == Money(nanoDollars: 2 * 666_666_666))
        meter.written(hours)
        #expect(meter.hours(at: Self.after(3_100)).isEmpty)
    }

    @Test("a pod whose node is not known costs what the list says, and the row says so")
    func unknownNode() throws {
        var meter = Self.meter()
        meter.observe(workload: 7, Self.holding(), at: Self.noon)
        let before = meter.hours(at: Self.after(900))
        #expect(before.map(\.quality) == [.unknownNode])
        #expect(before.map(\.cost) == [cost(cpu: 250_000_000, memory: 250_000_000)])
        let half = NodePrice(
            hourly: cost(cpu: 2_000_000_000, memory: 2_000_000_000), quality: .override, isSpot: false)
        meter.observe(node: "a", price: half, capacity: Self.big, at: Self.after(900))
        let after = byPayer(meter.hours(at: Self.after(1_800)))
        #expect(after[.workload(7)]?.cost == cost(cpu: 375_000_000, memory: 375_000_000))
        #expect(after[.workload(7)]?.quality == .unknownNode && after[.idle(node: "a")]?.quality == .override)
        // When the node goes before its pods do, they go on at the list.
        meter.end(node: "a", at: Self.after(1_800))
        let last = byPayer(meter.hours(at: Self.after(2_700)))
        #expect(last[.workload(7)]?.cost == cost(cpu: 625_000_000, memory: 625_000_000))
        #expect(last[.idle(node: "a")]?.usage.coveredSeconds == 900)
    }

    @Test("a pod that is seen before its node in the same second is not marked")
    func nodeAMomentLater() {
        var meter = Self.meter()
        meter.observe(workload: 7, Self.holding(), at: Self.noon)
        meter.observe(node: "a", price: Self.price(.instanceType), capacity: Self.big, at: Self.noon)
        #expect(meter.hours(at: Self.after(60)).allSatisfy { $0.quality == .instanceType })
    }

    @Test("a new price counts from its moment on, and who has left keeps the old one")
    func newPrice() throws {
        var meter = Self.withNode()
        meter.observe(workload: 7, Self.holding(), at: Self.noon)
        meter.observe(workload: 8, Self.holding(), at: Self.noon)
        meter.end(workload: 8, at: Self.after(900))
        let double = NodePrice(hourly: Self.price().hourly + Self.price().hourly, quality: .override, isSpot: true)
        meter.observe(node: "a", price: double, capacity: Self.big, at: Self.after(1_800))
        let hours = byPayer(meter.hours(at: Self.after(3_599)) + [])
        #expect(hours[.workload(8)]?.cost == cost(cpu: 250_000_000, memory: 250_000_000))
        #expect(hours[.workload(7)]?.quality == .priceList)
        let whole = meter.hours(at: Self.after(3_600)).filter { $0.usage.hour == Self.noon }
        #expect(total(whole) == Money(nanoDollars: 12_000_000_000))
        #expect(byPayer(whole)[.workload(7)]?.cost == cost(cpu: 1_500_000_000, memory: 1_500_000_000))
    }

    @Test("who comes after an overcommitted time does not pay for it")
    func afterOvercommitment() throws {
        var meter = Self.withNode()
        for id in 1...2 { meter.observe(workload: id, Self.holding(cores: 4, gibibytes: 0), at: Self.noon) }
        for id in 1...2 { meter.end(workload: id, at: Self.after(1_800)) }
        _ = meter.hours(at: Self.after(1_800))
        meter.observe(workload: 3, Self.holding(cores: 1, gibibytes: 0), at: Self.after(1_800))
        let hours = byPayer(meter.hours(at: Self.after(3_599)))
        #expect(hours[.workload(1)]?.cost.cpu == Money(nanoDollars: 1_000_000_000))
        let late = try #require(hours[.workload(3)]?.cost.cpu.nanoDollars)
        #expect(abs(late - 1_000_000_000 * 1_799 / 3_600) <= 1)
    }

    @Test("what is used is counted for as long as it is known, pod by pod")
    func used() throws {
        var meter = Self.withNode()
        let usage = RequestedCapacity(cpuMillicores: 400, memoryBytes: 1 << 30)
        var holding = Self.holding(used: usage)
        holding.add(.zero, on: "a", used: nil)
        meter.observe(workload: 7, holding, at: Self.noon)
        meter.observe(workload: 7, Self.holding(), at: Self.after(600))
        let hour = try #require(byPayer(meter.hours(at: Self.after(1_000)))[.workload(7)])
        // Of half of the pods for ten minutes.
        #expect(hour.usedSeconds == 300 && hour.used?.millicoreSeconds == 400 * 600)
    }

    @Test("a clock that steps back charges nothing twice")
    func clockSteps() throws {
        var meter = Self.withNode(at: Self.after(500))
        meter.observe(workload: 7, Self.holding(), at: Self.after(500))
        _ = meter.hours(at: Self.after(600))
        meter.observe(workload: 7, Self.holding(cores: 4), at: Self.after(200))
        let hour = try #require(byPayer(meter.hours(at: Self.after(700)))[.workload(7)])
        #expect(hour.usage.coveredSeconds == 200 && hour.usage.use.millicoreSeconds == 500_000)
    }

    @Test("the time in which the machine slept is charged to nobody")
    func sleep() {
        var meter = Self.withNode()
        meter.observe(workload: 7, Self.holding(), at: Self.noon)
        meter.observe(AttachedItem(.volume, name: "v"), .bytes(1 << 30), at: Self.noon)
        _ = meter.hours(at: Self.after(600))
        let woken = Self.after(3 * 86_400 + 60)
        let hours = meter.hours(at: woken) + meter.hours(at: woken.adding(seconds: 600))
        let last = Dictionary(grouping: hours, by: \.usage.hour).mapValues { rows in
            Set(rows.filter { $0.payer == .workload(7) }.map(\.usage.coveredSeconds))
        }
        #expect(last == [Self.noon: [600], woken.startOfHour: [600]])
        let idle = hours.filter { $0.payer == .idle(node: "a") }.map(\.usage.coveredSeconds)
        #expect(Set(idle) == [600])
        let volume = hours.filter { $0.cost.storage != .zero }.map(\.cost.storage)
        // Ten minutes each; where in the hour they lie decides what rounds.
        #expect(volume.allSatisfy { abs($0.nanoDollars - (volume.first?.nanoDollars ?? 0)) <= 1 } && volume.count >= 2)
    }

    @Test("after a restart the stored hour goes on, without the time in which nobody watched")
    func resume() throws {
        var first = Self.withNode()
        first.observe(workload: 7, Self.holding(used: .zero), at: Self.noon)
        var second = Self.meter()
        second.resume(first.hours(at: Self.after(600)))
        #expect(second.hours(at: Self.after(700)).isEmpty)
        second.observe(node: "a", price: Self.price(), capacity: Self.big, at: Self.after(900))
        second.observe(workload: 7, Self.holding(), at: Self.after(900))
        let hours = byPayer(second.hours(at: Self.after(1_000)))
        #expect(hours[.workload(7)]?.usage.coveredSeconds == 700 && hours[.workload(7)]?.usedSeconds == 600)
        #expect(hours[.workload(7)]?.cost.cpu == Money(nanoDollars: 194_444_444 + 1))
        #expect(hours[.idle(node: "a")]?.usage.coveredSeconds == 700)
    }

    @Test("a stored hour that is over by the first observation is not continued")
    func resumeTooLate() {
        var first = Self.withNode()
        var second = Self.meter()
        second.resume(first.hours(at: Self.after(600)))
        second.observe(workload: 7, Self.holding(), at: Self.after(3_700))
        #expect(second.hours(at: Self.after(3_710)).map(\.usage.hour) == [Self.after(3_600)])
    }

    @Test("the run rate is the nodes' prices times what is held")
    func runRate() {
        var meter = Self.meter()
        let half = NodePrice(
            hourly: cost(cpu: 2_000_000_000, memory: 1_000_000_000), quality: .override, isSpot: false)
        meter.observe(node: "a", price: half, capacity: Self.big, at: Self.noon)
        var holding = Self.holding(cores: 2)
        holding.add(RequestedCapacity(cpuMillicores: 1_000, memoryBytes: 0), on: "unknown", used: nil)
        #expect(meter.hourlyRate(of: holding) == cost(cpu: 2_000_000_000, memory: 250_000_000))
    }
}

func byPayer(_ hours: [MeteredHour]) -> [CostPayer: MeteredHour] {
    Dictionary(hours.map { ($0.payer, $0) }) { $0.usage.hour > $1.usage.hour ? $0 : $1 }
}

func total(_ hours: [MeteredHour]) -> Money { hours.reduce(.zero) { $0 + $1.cost.total } }

func cost(cpu: Int64, memory: Int64) -> ResourceCost {
    ResourceCost(cpu: Money(nanoDollars: cpu), memory: Money(nanoDollars: memory))
}
