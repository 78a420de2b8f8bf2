import Base
import Testing

@testable import Costs

/// Prices of `ClusterMeterTests.meter()`: 0.001 a GiB-hour, 0.036 a load balancer and hour.
@Suite("Metering of volumes and load balancers")
struct AttachedMeterTests {
    private static let claim = AttachedItem(.claim, namespace: "shop", name: "data")
    private static let balancer = AttachedItem(.loadBalancer, namespace: "shop", name: "web")
    private static let size = AttachedSize.bytes(36 << 30)

    private static func after(_ seconds: Int64) -> Timestamp { ClusterMeterTests.after(seconds) }

    private static func having(_ items: AttachedItem...) -> WorkloadHolding {
        var holding = ClusterMeterTests.holding(cores: 0, gibibytes: 0)
        for item in items { holding.attach(item) }
        return holding
    }

    @Test("whose pods mount a claim pays for it; in the time in which nobody does, nobody pays")
    func mounted() throws {
        var meter = ClusterMeterTests.meter()
        meter.observe(Self.claim, Self.size, at: Self.after(0))
        meter.observe(workload: 7, Self.having(Self.claim), at: Self.after(600))
        meter.end(workload: 7, at: Self.after(1_800))
        let hours = byPayer(meter.hours(at: Self.after(2_000)))
        #expect(hours[.workload(7)]?.cost.storage == Money(nanoDollars: 12_000_000))
        #expect(hours[.workload(7)]?.cost.total == hours[.workload(7)]?.cost.storage)
        let rest = try #require(hours[.unmounted(Self.claim)])
        #expect(rest.cost.storage == Money(nanoDollars: 8_000_000) && rest.usage.coveredSeconds == 800)
    }

    @Test("several share it by their pods and time")
    func shared() {
        var meter = ClusterMeterTests.meter()
        meter.observe(Self.claim, Self.size, at: Self.after(0))
        meter.observe(workload: 7, Self.having(Self.claim), at: Self.after(0))
        var two = Self.having(Self.claim)
        two.attach(Self.claim)
        meter.observe(workload: 8, two, at: Self.after(1_800))
        let hours = byPayer(meter.hours(at: Self.after(3_599)))
        #expect(hours[.workload(7)]?.cost.storage == Money(nanoDollars: 18_000_000 + 5_996_667))
        #expect(hours[.workload(8)]?.cost.storage == Money(nanoDollars: 11_993_333))
        #expect(hours[.unmounted(Self.claim)] == nil)
    }

    @Test("a claim costs from when it is bound to when it is gone, also when its pods were seen before it")
    func life() {
        var meter = ClusterMeterTests.meter()
        meter.observe(workload: 7, Self.having(Self.claim), at: Self.after(0))
        #expect(meter.hours(at: Self.after(100)).allSatisfy { $0.cost == .zero })
        meter.observe(Self.claim, Self.size, at: Self.after(100))
        meter.observe(Self.claim, .bytes(72 << 30), at: Self.after(200))
        meter.observe(Self.claim, nil, at: Self.after(300))
        #expect(total(meter.hours(at: Self.after(400))) == Money(nanoDollars: 3_000_000))
    }

    @Test("a load balancer is paid for by those whose pods it leads to")
    func loadBalancer() {
        var meter = ClusterMeterTests.meter()
        meter.observe(Self.balancer, .loadBalancer, at: Self.after(0))
        meter.observe(workload: 7, Self.having(Self.balancer), at: Self.after(100))
        let hours = byPayer(meter.hours(at: Self.after(400)))
        #expect(hours[.workload(7)]?.cost.loadBalancer == Money(nanoDollars: 3_000_000))
        #expect(hours[.unmounted(Self.balancer)]?.cost.loadBalancer == Money(nanoDollars: 1_000_000))
    }

    @Test("stretches of an hour add up to its price however often it is cut")
    func cuts() {
        var meter = ClusterMeterTests.meter()
        meter.observe(Self.claim, .bytes(7_777_777), at: Self.after(0))
        for second in stride(from: Int64(7), to: 3_600, by: 7) {
            let holding = second.isMultiple(of: 2) ? Self.having(Self.claim) : Self.having()
            meter.observe(workload: Int(second % 3), holding, at: Self.after(second))
        }
        let prices = AttachedPrices(
            storagePerGiBHour: UnitPrice(picoDollars: 1_000_000_000), loadBalancerPerHour: .zero)
        #expect(total(meter.hours(at: Self.after(3_600))) == prices.volume(bytes: 7_777_777, seconds: 3_600))
    }
}
