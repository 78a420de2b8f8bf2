import Base
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

/// Led work that says what becomes of it.
private final class Work: Sendable {
    private struct State {
        var started = 0
        var ended = 0
        var lost: [LeaseMachine.Loss] = []
    }

    private let state = Mutex(State())
    /// Opened to let work end that has been cancelled.
    let mayEnd = Gate()
    let fail = Gate()

    var started: Int { state.withLock { $0.started } }
    var ended: Int { state.withLock { $0.ended } }
    var lost: [LeaseMachine.Loss] { state.withLock { $0.lost } }
    var isRunning: Bool { state.withLock { $0.started > $0.ended } }

    func lost(_ loss: LeaseMachine.Loss) { state.withLock { $0.lost.append(loss) } }

    struct Failure: Error {}

    func run() async throws {
        state.withLock { $0.started += 1 }
        defer { state.withLock { $0.ended += 1 } }
        if await fail.wait() { throw Failure() }
        // Cancelled: it takes its time to end, which cancellation does not shorten.
        await Task { [mayEnd] in _ = await mayEnd.wait() }.value
    }
}

/// A process that stands for election on a time of its own.
private struct Candidate {
    let clock: ManualClock
    let metrics = MetricsRegistry()
    let work = Work()
    let elector: LeaderElector

    init(_ identity: String, _ lease: any LeaseResource, clock: ManualClock) {
        self.clock = clock
        elector = LeaderElector(
            name: "test", lease: lease, identity: identity, timings: .defaults, time: LeaseTime(clock: clock),
            metrics: metrics, logger: Logger("test", sink: { _ in }), onLost: { [work] in work.lost($0) })
    }

    func start() -> Task<Void, Never> { Task { await elector.run { _ in try await work.run() } } }
}

extension ManualClock {
    /// Lets time pass in small steps, each when nobody has done anything but sleep for a moment, until something is so.
    ///
    /// - Returns: how much time passed; nil when it did not come to be so within `limit` of it.
    func pass(upTo limit: Duration, until condition: @Sendable () -> Bool) async -> Duration? {
        let start = now.offset
        while now.offset - start <= limit {
            // The answers of a request take a few turns of the scheduler, and no time.
            let seen = Mutex((sleepers: 0, times: 0))
            _ = await eventually {
                let sleepers = self.sleeperCount
                let times = seen.withLock { seen in
                    seen = (sleepers, sleepers > 0 && sleepers == seen.sleepers ? seen.times + 1 : 0)
                    return seen.times
                }
                return times == 3 || condition()
            }
            if condition() { return now.offset - start }
            advance(by: .milliseconds(200))
        }
        return nil
    }
}

@Suite("The leader elector")
struct LeaderElectorTests {
    private func status(_ candidate: Candidate) -> String {
        candidate.metrics.exposition().split(separator: "\n").first { $0.hasPrefix("leader_election_master_status{") }
            .map { String($0.suffix(1)) } ?? ""
    }

    @Test("who gets the lease leads; when it is stopped its work ends first, and then the lease is given back")
    func cycle() async throws {
        let lease = FakeLease()
        let candidate = Candidate("a", lease, clock: ManualClock())
        #expect(status(candidate) == "0")
        let task = candidate.start()
        #expect(await eventually { candidate.work.isRunning })
        #expect(candidate.elector.isLeader && status(candidate) == "1" && lease.record?.holderIdentity == "a")
        task.cancel()
        // As long as the work goes on the lease is kept, and renewed.
        let before = lease.history.count
        #expect(await candidate.clock.pass(upTo: .seconds(30)) { lease.history.count >= before + 9 } != nil)
        #expect(lease.record?.holderIdentity == "a" && candidate.work.isRunning)
        candidate.work.mayEnd.open()
        await task.value
        #expect(candidate.work.ended == 1 && candidate.work.lost.isEmpty)
        #expect(lease.record?.holderIdentity == "" && lease.record?.leaseDurationSeconds == 1)
        #expect(!candidate.elector.isLeader && status(candidate) == "0")
    }

    @Test("renewals come every retry period and keep acquireTime")
    func renewals() async throws {
        let lease = FakeLease()
        let candidate = Candidate("a", lease, clock: ManualClock())
        let task = candidate.start()
        #expect(await eventually { candidate.work.isRunning })
        let passed = await candidate.clock.pass(upTo: .seconds(30)) { lease.history.count >= 6 }
        #expect(passed.map { (.seconds(10) ... .seconds(11)).contains($0) } == true)
        #expect(Set(lease.history.map(\.acquireTime)).count == 1)
        #expect(Set(lease.history.map(\.renewTime)).count == 6)
        task.cancel()
        candidate.work.mayEnd.open()
        await task.value
    }

    @Test(
        "when renewal fails, or nothing answers, the loss is told at the renew deadline and the work is cancelled",
        arguments: [FakeLease.Mode.fails, .hangs])
    func lost(mode: FakeLease.Mode) async throws {
        let lease = FakeLease()
        let candidate = Candidate("a", lease, clock: ManualClock())
        let task = candidate.start()
        #expect(await eventually { candidate.work.isRunning })
        lease.set(mode)
        let passed = await candidate.clock.pass(upTo: .seconds(60)) { !candidate.work.lost.isEmpty }
        // Steps of 0.1 s, a few of which may pass between an answer and the next operation's start.
        #expect(passed.map { (.seconds(9.5) ... .seconds(10.5)).contains($0) } == true, "\(String(describing: passed))")
        #expect(candidate.work.lost == [.notRenewed])
        #expect(!candidate.elector.isLeader && status(candidate) == "0")
        // It was cancelled, and no second work begins beside it.
        lease.set(.works)
        #expect(candidate.work.isRunning)
        candidate.work.mayEnd.open()
        #expect(await candidate.clock.pass(upTo: .seconds(60)) { candidate.work.started == 2 } != nil)
        #expect(candidate.work.ended >= 1 && candidate.work.lost.count == 1)
        task.cancel()
        await task.value
    }

    @Test("when the leader is gone another candidate leads after the lease and one retry at most")
    func takeover() async throws {
        let lease = FakeLease()
        let clock = ManualClock()
        let way = lease.connection()
        let first = Candidate("a", way, clock: clock)
        let firstTask = first.start()
        #expect(await eventually { first.work.isRunning })
        let second = Candidate("b", lease, clock: clock)
        let secondTask = second.start()
        #expect(await clock.pass(upTo: .seconds(20)) { lease.history.count > 8 } != nil)
        #expect(!second.work.isRunning)
        way.cut()
        let passed = await clock.pass(upTo: .seconds(60)) { second.work.isRunning }
        #expect(passed.map { $0 < .seconds(18.5) } == true, "\(String(describing: passed))")
        #expect(lease.record?.leaseTransitions == 1 && first.work.lost == [.notRenewed])
        for candidate in [first, second] { candidate.work.mayEnd.open() }
        // The one that is cut off does not know whether the lease became its own, and tries to find out for a while.
        for task in [firstTask, secondTask] { task.cancel() }
        let ended = Gate()
        let ending = Task {
            await firstTask.value
            await secondTask.value
            ended.open()
        }
        #expect(await clock.pass(upTo: .seconds(20)) { ended.isOpen } != nil)
        await ending.value
    }

    @Test("work that fails gives the lease to others, and stands again only after a pause")
    func failingWork() async throws {
        let lease = FakeLease()
        let clock = ManualClock()
        let first = Candidate("a", lease, clock: clock)
        let firstTask = first.start()
        #expect(await eventually { first.work.isRunning })
        let second = Candidate("b", lease, clock: clock)
        let secondTask = second.start()
        first.work.fail.open()
        #expect(await clock.pass(upTo: .seconds(5)) { second.work.isRunning } != nil)
        #expect(first.work.started == 1 && first.work.lost.isEmpty)
        #expect(lease.record?.holderIdentity == "b")
        second.work.mayEnd.open()
        secondTask.cancel()
        await secondTask.value
        #expect(await clock.pass(upTo: .seconds(30)) { first.work.started >= 2 } != nil)
        firstTask.cancel()
        await firstTask.value
    }

    @Test("a candidate that is stopped ends at once and writes nothing")
    func candidateStops() async throws {
        let lease = FakeLease()
        let clock = ManualClock()
        let first = Candidate("a", lease, clock: clock)
        let firstTask = first.start()
        #expect(await eventually { first.work.isRunning })
        let second = Candidate("b", lease, clock: clock)
        let secondTask = second.start()
        #expect(await clock.pass(upTo: .seconds(10)) { lease.history.count >= 3 } != nil)
        secondTask.cancel()
        await secondTask.value
        #expect(lease.history.allSatisfy { $0.holderIdentity == "a" } && second.work.started == 0)
        first.work.mayEnd.open()
        firstTask.cancel()
        await firstTask.value
    }

    @Test("what is known of a lease already need not be waited for again")
    func seeded() async throws {
        let lease = FakeLease()
        let clock = ManualClock()
        var observed = LeaseObservation()
        observed.see(try await lease.create(.held(by: "dead"), within: .seconds(1)), at: .zero)
        let candidate = Candidate("a", lease, clock: clock)
        clock.advance(by: .seconds(15))
        let task = Task { [observed] in
            await candidate.elector.run(observed: observed) { _ in try await candidate.work.run() }
        }
        #expect(await eventually { candidate.work.isRunning })
        #expect(clock.now.offset == .seconds(15))
        candidate.work.mayEnd.open()
        task.cancel()
        await task.value
    }

    @Test("the watchdog speaks up when a held lease was not renewed for 20 s after it was over")
    func watchdog() async throws {
        let clock = StuckClock()
        let elector = LeaderElector(
            name: "test", lease: FakeLease(), identity: "a", timings: .defaults, time: LeaseTime(clock: clock),
            metrics: MetricsRegistry(), logger: Logger("test", sink: { _ in }), onLost: { _ in })
        let task = Task { await elector.run { _ in _ = await Gate().wait() } }
        #expect(await eventually { elector.isLeader })
        clock.set(.seconds(35))
        #expect(elector.problem == nil)
        clock.set(.milliseconds(35_001))
        #expect(elector.problem == "the lease test is held and was not renewed for 35 s")
        task.cancel()
        await task.value
        #expect(elector.problem == nil)
    }

    @Test("the identity of a process is its host's name and something that is never the same")
    func identity() {
        let (one, two) = (processIdentity(), processIdentity())
        #expect(one != two && one.split(separator: "_").count >= 2)
        #expect(one.suffix(37).first == "_" && one.suffix(36).split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
    }
}

/// A clock that goes on, on which nobody ever wakes: what a process that hangs sees.
private final class StuckClock: Clock, Sendable {
    private let time = Mutex(Duration.zero)

    var now: ManualClock.Instant { ManualClock.Instant(offset: time.withLock { $0 }) }
    var minimumResolution: Duration { .nanoseconds(1) }
    func set(_ now: Duration) { time.withLock { $0 = now } }
    func sleep(until deadline: ManualClock.Instant, tolerance: Duration?) async throws {
        try await Task.sleep(for: .seconds(3_600))
    }
}
