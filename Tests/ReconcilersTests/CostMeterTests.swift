import Base
import Costs
import Matching
import Store
import Testing

@testable import Reconcilers

@Suite("Cost meter")
struct CostMeterTests {
    /// 1 a core-hour and 0.5 a GiB-hour.
    private static let prices = PriceList(
        currency: "USD", perCoreHour: Money(nanoDollars: 1_000_000_000), perGiBHour: Money(nanoDollars: 500_000_000))
    private static let noon = Timestamp(seconds: 490_000 * 3_600)

    private static func after(_ seconds: Int64) -> Timestamp { noon.adding(seconds: seconds) }

    private static func web(cores: Int64 = 1, gibibytes: Int64 = 2, pods: Int = 1) -> Workload {
        Workload(
            key: key("Deployment", "web"), podCount: pods, requestedCPUMillicores: cores * 1_000,
            requestedMemoryBytes: gibibytes << 30)
    }

    private static func meter() -> CostMeter { CostMeter(prices: prices) }

    @Test("what is held costs its price for as long as it is held")
    func price() throws {
        var meter = Self.meter()
        meter.observe(Self.web(), id: 7, at: Self.noon)
        let hours = meter.hours(at: Self.after(1_800))
        #expect(hours.count == 1)
        let hour = try #require(hours.first)
        #expect(hour.workloadID == 7)
        #expect(hour.cost.cpu == Money(nanoDollars: 500_000_000))
        #expect(hour.cost.memory == Money(nanoDollars: 500_000_000))
        #expect(hour.usage.coveredSeconds == 1_800)
        #expect(hour.usage.podSeconds == 1_800)
    }

    @Test("a change counts from its moment on")
    func change() throws {
        var meter = Self.meter()
        meter.observe(Self.web(cores: 1), id: 7, at: Self.noon)
        meter.observe(Self.web(cores: 3, pods: 3), id: 7, at: Self.after(900))
        meter.observe(Self.web(cores: 0, pods: 0), id: 7, at: Self.after(1_800))
        let hour = try #require(meter.hours(at: Self.after(3_000)).first)
        #expect(hour.cost.cpu == Money(nanoDollars: 1_000_000_000))
        #expect(hour.usage.coveredSeconds == 3_000)
        #expect(hour.usage.maximumPods == 3)
    }

    @Test("at the boundary of an hour the old hour is complete and the new one has begun")
    func boundary() throws {
        var meter = Self.meter()
        meter.observe(Self.web(), id: 7, at: Self.noon)
        let atBoundary = meter.hours(at: Self.after(3_600))
        #expect(atBoundary.map(\.usage.hour) == [Self.noon])
        #expect(atBoundary.first?.usage.coveredSeconds == 3_600)
        let later = meter.hours(at: Self.after(2 * 3_600 + 10)).sorted { $0.usage.hour < $1.usage.hour }
        #expect(later.map(\.usage.coveredSeconds) == [3_600, 3_600, 10])
    }

    @Test("hours that are over are due until they were written, however often writing fails")
    func failedWrites() {
        var meter = Self.meter()
        meter.observe(Self.web(), id: 7, at: Self.noon)
        _ = meter.hours(at: Self.after(3_700))
        let again = meter.hours(at: Self.after(3 * 3_600 + 60))
        #expect(again.map(\.usage.hour).sorted() == (0...3).map { Self.after($0 * 3_600) })
        meter.written(again)
        #expect(meter.hours(at: Self.after(3 * 3_600 + 120)).map(\.usage.hour) == [Self.after(3 * 3_600)])
    }

    @Test("a workload that is gone is charged up to its end, once")
    func end() {
        var meter = Self.meter()
        meter.observe(Self.web(), id: 7, at: Self.noon)
        meter.end(key("Deployment", "web"), at: Self.after(360))
        let hours = meter.hours(at: Self.after(1_000))
        #expect(hours.map(\.usage.coveredSeconds) == [360])
        meter.written(hours)
        #expect(meter.hours(at: Self.after(1_100)).isEmpty)
        meter.end(key("Deployment", "web"), at: Self.after(1_200))
        #expect(meter.hours(at: Self.after(1_300)).isEmpty)
    }

    @Test("one that ends while its hour is being written is still charged up to its end")
    func endDuringWrite() {
        var meter = Self.meter()
        meter.observe(Self.web(), id: 7, at: Self.noon)
        let inFlight = meter.hours(at: Self.after(100))
        meter.end(key("Deployment", "web"), at: Self.after(110))
        meter.written(inFlight)
        #expect(meter.hours(at: Self.after(200)).map(\.usage.coveredSeconds) == [110])
    }

    @Test("one that goes and comes back within the hour has one row that counts both times")
    func goneAndBack() {
        var meter = Self.meter()
        meter.observe(Self.web(cores: 1), id: 7, at: Self.noon)
        meter.end(key("Deployment", "web"), at: Self.after(600))
        meter.observe(Self.web(cores: 2), id: 7, at: Self.after(1_200))
        let hours = meter.hours(at: Self.after(1_800))
        #expect(hours.map(\.usage.coveredSeconds) == [1_200])
        #expect(hours.first?.usage.use.millicoreSeconds == 1_800_000)
        meter.end(key("Deployment", "web"), at: Self.after(1_900))
        let last = meter.hours(at: Self.after(2_000))
        #expect(last.map(\.usage.coveredSeconds) == [1_300])
        meter.written(last)
        #expect(meter.hours(at: Self.after(2_100)).isEmpty)
    }

    @Test("one that comes back in a later hour does not take the old hour along")
    func backLater() {
        var meter = Self.meter()
        meter.observe(Self.web(), id: 7, at: Self.noon)
        meter.end(key("Deployment", "web"), at: Self.after(600))
        meter.written(meter.hours(at: Self.after(600)))
        meter.observe(Self.web(), id: 7, at: Self.after(3_600))
        let hours = meter.hours(at: Self.after(3_660))
        #expect(hours.map(\.usage.hour) == [Self.after(3_600)])
        #expect(hours.map(\.usage.coveredSeconds) == [60])
    }

    @Test("after a restart the stored hour goes on, without the time in which nobody watched")
    func resume() {
        var meter = Self.meter()
        meter.resume([
            key("Deployment", "web"): HourUsage(
                hour: Self.noon, through: Self.after(600), coveredSeconds: 600,
                use: CapacityTime(millicoreSeconds: 600_000, byteSeconds: 0), podSeconds: 600, maximumPods: 4)
        ])
        meter.observe(Self.web(cores: 1, gibibytes: 0), id: 7, at: Self.after(900))
        let hours = meter.hours(at: Self.after(1_000))
        #expect(hours.map(\.usage.coveredSeconds) == [700])
        #expect(hours.first?.usage.use.millicoreSeconds == 700_000)
        #expect(hours.first?.usage.maximumPods == 4)
    }

    @Test("a stored hour that is over by the first observation is not continued")
    func resumeTooLate() {
        var meter = Self.meter()
        meter.resume([
            key("Deployment", "web"): HourUsage(hour: Self.noon, through: Self.after(600), coveredSeconds: 600)
        ])
        meter.observe(Self.web(), id: 7, at: Self.after(3_700))
        #expect(meter.hours(at: Self.after(3_710)).map(\.usage.hour) == [Self.after(3_600)])
    }

    @Test("a clock that steps back charges nothing twice")
    func clockSteps() {
        var meter = Self.meter()
        meter.observe(Self.web(), id: 7, at: Self.after(500))
        _ = meter.hours(at: Self.after(600))
        meter.observe(Self.web(cores: 5), id: 7, at: Self.after(200))
        let hours = meter.hours(at: Self.after(700))
        #expect(hours.map(\.usage.coveredSeconds) == [200])
        #expect(hours.first?.usage.use.millicoreSeconds == 600_000)
    }
}
