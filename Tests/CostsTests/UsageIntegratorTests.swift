import Base
import Costs
import TestSupport
import Testing

struct UsageIntegratorTests {
    /// A moment after 2026-01-01T00:00:00Z.
    private func time(_ hours: Int64, _ minutes: Int64 = 0, _ seconds: Int64 = 0, micro: Int64 = 0) -> Timestamp {
        let midnight: Int64 = 1_767_225_600
        return Timestamp(microseconds: (midnight + (hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micro)
    }

    private let core = RequestedCapacity(cpuMillicores: 1_000, memoryBytes: 1 << 30)

    @Test("an observation holds until the next and is divided at the hour")
    func split() throws {
        var integrator = UsageIntegrator()
        integrator.set(core, pods: 2, at: time(0, 45))
        integrator.set(RequestedCapacity(cpuMillicores: 500, memoryBytes: 0), pods: 1, at: time(2, 15))
        integrator.advance(to: time(2, 30))
        let completed = integrator.takeCompleted()
        #expect(completed.map(\.hour) == [time(0), time(1)])
        #expect(completed.map(\.coveredSeconds) == [900, 3_600])
        #expect(completed.map(\.use.millicoreSeconds) == [900_000, 3_600_000])
        #expect(completed.map(\.use.byteSeconds) == [900 << 30, 3_600 << 30])
        #expect(completed.map(\.maximumPods) == [2, 2])
        let current = try #require(integrator.current)
        #expect(current.hour == time(2) && current.through == time(2, 30) && current.end == time(3))
        #expect(current.use.millicoreSeconds == 900_000 + 450_000 && current.use.byteSeconds == 900 << 30)
        #expect(current.podSeconds == 2_700 && current.averagePods == 1.5 && current.maximumPods == 2)
        #expect(integrator.takeCompleted() == [])
    }

    @Test("an hour's cost is that of the capacity however often it is looked at")
    func looking() {
        var integrator = UsageIntegrator()
        integrator.set(core, at: time(0))
        for second in 0..<3_600 { integrator.advance(to: time(0, 0, Int64(second))) }
        integrator.advance(to: time(1))
        let prices = PriceList.openCostDefault
        #expect(integrator.takeCompleted().map { prices.cost(of: $0.use) } == [prices.hourlyRate(of: core)])
    }

    @Test("a change within a second counts from the start of the second, and none is lost")
    func wholeSeconds() {
        var integrator = UsageIntegrator()
        integrator.set(core, at: time(0, 0, 0, micro: 900_000))
        integrator.set(.zero, at: time(0, 0, 10, micro: 100_000))
        integrator.set(core, at: time(0, 0, 10, micro: 700_000))
        integrator.advance(to: time(0, 0, 20, micro: 999_999))
        #expect(integrator.current?.use.millicoreSeconds == 20_000 && integrator.current?.coveredSeconds == 20)
    }

    @Test("time that goes backwards is ignored")
    func backwards() {
        var integrator = UsageIntegrator()
        integrator.set(core, at: time(1))
        integrator.advance(to: time(1, 10))
        integrator.advance(to: time(0, 30))
        integrator.set(.zero, at: time(1, 5))
        integrator.advance(to: time(1, 20))
        #expect(integrator.current?.use.millicoreSeconds == 600_000 && integrator.current?.coveredSeconds == 1_200)
    }

    @Test("while the capacity is unknown no time is covered, and such hours have no bucket")
    func unknown() {
        var integrator = UsageIntegrator()
        integrator.advance(to: time(0))
        #expect(integrator.current == nil)
        integrator.set(core, at: time(0, 50))
        integrator.set(nil, at: time(0, 55))
        integrator.set(.zero, at: time(5, 30))
        integrator.advance(to: time(6))
        let completed = integrator.takeCompleted()
        #expect(completed.map(\.hour) == [time(0), time(5)])
        #expect(completed.map(\.coveredSeconds) == [300, 1_800])
        #expect(completed.map(\.use.millicoreSeconds) == [300_000, 0])
    }

    @Test("a restart continues the stored hour and leaves the time between uncovered")
    func resuming() {
        var before = UsageIntegrator()
        before.set(core, pods: 3, at: time(0, 10))
        before.advance(to: time(0, 20))
        guard let stored = before.current else { return }
        var after = UsageIntegrator(resuming: stored)
        #expect(after.current == stored)
        after.set(core, pods: 1, at: time(0, 30))
        after.advance(to: time(0, 40))
        #expect(after.current?.coveredSeconds == 1_200 && after.current?.use.millicoreSeconds == 1_200_000)
        #expect(after.current?.maximumPods == 3 && after.current?.podSeconds == 2_400)
    }

    @Test("the time of a restart can be charged by saying that the capacity was held meanwhile")
    func charging() {
        var before = UsageIntegrator()
        before.set(core, at: time(0, 10))
        before.advance(to: time(0, 20))
        guard let stored = before.current else { return }
        var after = UsageIntegrator(resuming: stored)
        after.set(core, at: stored.through)
        after.advance(to: time(2, 30))
        #expect(after.takeCompleted().map(\.use.millicoreSeconds) == [3_000_000, 3_600_000])
        #expect(after.current?.use.millicoreSeconds == 1_800_000)
    }

    @Test("a stored hour from long ago is closed as it was")
    func oldBucket() {
        let use = CapacityTime(millicoreSeconds: 5, byteSeconds: 6)
        let stored = HourUsage(hour: time(0), through: time(0, 1), coveredSeconds: 60, use: use)
        var integrator = UsageIntegrator(resuming: stored)
        integrator.set(core, at: time(48, 30))
        #expect(integrator.takeCompleted().map(\.use) == [use])
        #expect(integrator.current?.hour == time(48) && integrator.current?.through == time(48, 30))
    }

    @Test("a bucket's bounds are brought into its hour, also before 1970")
    func bounds() {
        let bucket = HourUsage(hour: time(3, 15), through: time(9))
        #expect(bucket.hour == time(3) && bucket.through == time(4))
        #expect(HourUsage(hour: time(3), through: time(2)).through == time(3))
        let early = HourUsage(hour: Timestamp(microseconds: -1), through: Timestamp(microseconds: -1))
        #expect(early.hour == Timestamp(seconds: -3_600) && early.through == Timestamp(seconds: -1))
    }

    @Test("over random observations the buckets add up to rate times time, whether or not there were restarts")
    func random() {
        for seed in 0..<1_000 {
            var random = SeededRandom(seed: UInt64(seed))
            var whole = UsageIntegrator()
            var restarted = UsageIntegrator()
            var (wholeHours, restartedHours): ([HourUsage], [HourUsage]) = ([], [])
            var expected = CapacityTime.zero
            var second: Int64 = Int64.random(in: 0..<7_200, using: &random)
            var held: (RequestedCapacity, Int)?
            for _ in 0..<20 {
                let next = second + Int64.random(in: 0..<5_000, using: &random)
                if let held { expected += held.0.held(forSeconds: next - second) }
                second = next
                let moment = time(0, 0, second, micro: Int64.random(in: 0..<1_000_000, using: &random))
                if Bool.random(using: &random) {
                    // Write what there is, start anew from it, and say that nothing changed meanwhile.
                    restarted.advance(to: moment)
                    restartedHours += restarted.takeCompleted()
                    if let stored = restarted.current {
                        restarted = UsageIntegrator(resuming: stored)
                        restarted.set(held?.0, pods: held?.1 ?? 0, at: stored.through)
                    }
                }
                let capacity = RequestedCapacity(
                    cpuMillicores: .random(in: 0...64_000, using: &random),
                    memoryBytes: .random(in: 0...(1 << 40), using: &random))
                let pods = Int.random(in: 0...9, using: &random)
                held = (capacity, pods)
                whole.set(capacity, pods: pods, at: moment)
                restarted.set(capacity, pods: pods, at: moment)
            }
            wholeHours += whole.takeCompleted() + [whole.current].compactMap(\.self)
            restartedHours += restarted.takeCompleted() + [restarted.current].compactMap(\.self)
            #expect(wholeHours.reduce(CapacityTime.zero) { $0 + $1.use } == expected, "seed \(seed)")
            #expect(restartedHours == wholeHours, "seed \(seed)")
            #expect(wholeHours.dropFirst().dropLast().allSatisfy { $0.coveredSeconds == 3_600 })
        }
    }
}
