import Base
import Costs
import Matching
import Store
import TestSupport
import Testing

@testable import Reconcilers

@Suite("Hours of cost out of hourly rates")
struct RateMeterTests {
    private static let noon = Timestamp(seconds: 1_772_366_400)

    private static func rate(_ id: Int = 1, hourly: Int64 = 3_600, createdAt: Timestamp? = nil) -> WorkloadRate {
        WorkloadRate(
            workload: ChargeableWorkload(
                id: id, key: WorkloadKey(cluster: "c", kind: "Deployment", namespace: "ns", name: "w\(id)"),
                capacity: RequestedCapacity(cpuMillicores: 100, memoryBytes: 10), hourlyCost: .zero, pods: 2,
                createdAt: createdAt),
            hourly: Money(nanoDollars: hourly),
            split: ResourceCost(cpu: Money(nanoDollars: 3), memory: Money(nanoDollars: 1)))
    }

    /// `hour cost covered` of each row, the hour counted from noon.
    private static func said(_ hours: [HourlyCost]) -> [String] {
        hours.map { hour in
            let number = Int(hour.usage.hour.secondsSince(noon)) / 3_600
            return "\(number) \(hour.cost.total.nanoDollars) \(hour.usage.coveredSeconds)"
        }
    }

    @Test("the running hour counts up to the moment of asking, split as the requests cost")
    func running() throws {
        let meter = RateMeter(longestPause: 600)
        let hours = meter.hours(of: [Self.rate()], stored: [:], at: Self.noon.adding(seconds: 600))
        #expect(Self.said(hours) == ["0 600 600"])
        let hour = try #require(hours.first)
        #expect((hour.cost.cpu.nanoDollars, hour.cost.memory.nanoDollars) == (450, 150))
        #expect((hour.usage.use.millicoreSeconds, hour.usage.podSeconds, hour.usage.maximumPods) == (60_000, 1_200, 2))
        #expect(meter.hours(of: [Self.rate()], stored: [:], at: Self.noon).isEmpty)
    }

    @Test(
        "the hour before is completed when it was asked in both, and stays a gap after a longer pause",
        arguments: [
            // asked last, seconds from noon; asked now; what is written
            (3_300, 3_900, ["0 3600 3600", "1 300 300"]), (3_300, 3_901, ["1 301 301"]),
            (3_600, 3_900, ["1 300 300"]), (-300, 300, ["-1 3600 3600", "0 300 300"]), (300, 5_400, ["1 1800 1800"]),
            (4_000, 3_900, ["1 300 300"]),
        ])
    func gaps(last: Int64, now: Int64, expected: [String]) {
        var meter = RateMeter(longestPause: 600)
        meter.wrote([Self.rate()], at: Self.noon.adding(seconds: last))
        #expect(Self.said(meter.hours(of: [Self.rate()], stored: [:], at: Self.noon.adding(seconds: now))) == expected)
        // The same from what an earlier process stored.
        let stored = ["c": Self.noon.adding(seconds: last)]
        let fresh = RateMeter(longestPause: 600)
        #expect(
            Self.said(fresh.hours(of: [Self.rate()], stored: stored, at: Self.noon.adding(seconds: now))) == expected)
    }

    @Test("a workload costs nothing before it was there, and one without a rate does not go on")
    func limits() {
        var meter = RateMeter(longestPause: 600)
        let young = Self.rate(createdAt: Self.noon.adding(seconds: 500))
        #expect(Self.said(meter.hours(of: [young], stored: [:], at: Self.noon.adding(seconds: 600))) == ["0 100 100"])
        #expect(meter.hours(of: [young], stored: [:], at: Self.noon.adding(seconds: 400)).isEmpty)
        meter.wrote([Self.rate(1), Self.rate(2)], at: Self.noon.adding(seconds: 3_300))
        meter.wrote([Self.rate(2)], at: Self.noon.adding(seconds: 3_500))
        let both = meter.hours(of: [Self.rate(1), Self.rate(2)], stored: [:], at: Self.noon.adding(seconds: 3_660))
        #expect(Self.said(both.filter { $0.workloadID == 1 }) == ["1 60 60"])
        #expect(Self.said(both.filter { $0.workloadID == 2 }) == ["0 3600 3600", "1 60 60"])
    }

    @Test("whenever it is asked, an hour's parts add up to the rate of the time that it covers")
    func sums() {
        var random = SeededRandom(seed: 5)
        for _ in 0..<500 {
            let rate = Self.rate(hourly: Int64.random(in: 0...1_000_000_000_000, using: &random))
            let seconds = Int64.random(in: 1...3_599, using: &random)
            let hours = RateMeter(longestPause: 600).hours(
                of: [rate], stored: [:], at: Self.noon.adding(seconds: seconds))
            #expect(hours.map(\.cost.total) == [rate.hourly.scaled(by: seconds, over: 3_600)])
        }
    }
}
