import Base
import TestSupport
import Testing

@testable import KubeClient

/// Several machines and one lease on a time of their own: requests take long, are lost on the way or back, processes are
/// stopped for longer than the lease lasts, clocks of the day jump, and leases are given back.
private struct LeaseModel {
    enum Happening {
        /// A machine is told something; its operation's number guards against what came too late.
        case event(machine: Int, operation: Int, LeaseMachine.Event)
        /// A write reaches the server; its answer goes out.
        case write(machine: Int, operation: Int, Lease?, LeaseRecord)
        case read(machine: Int, operation: Int)
        case freeze(machine: Int)
        case thaw(machine: Int)
        case jump(machine: Int)
        /// The machine's work has ended, or it is to end.
        case release(machine: Int)
        /// It stands for the lease again, as the same or as a new process.
        case restart(machine: Int)
    }

    struct Process {
        var machine: LeaseMachine
        var operation = 0
        var isFrozen = false
        /// What it is to be told when it wakes.
        var missed: [LeaseMachine.Event] = []
        var clockOffset: Int64 = 0
        /// Nothing is asked of the server; a release need not wait for an answer.
        var isWaiting = false
        var isToRelease = false
        /// Believed to lead when it last ran.
        var leads: Bool { machine.renewedAt != nil }
    }

    var random: SeededRandom
    var processes: [Process]
    var lease: Lease?
    var version = 1
    var now: Duration = .seconds(1_000)
    private var agenda: [(at: Duration, order: Int, what: Happening)] = []
    private var count = 0
    /// From here on nothing fails and nobody is stopped.
    var isCalm = false
    var terms = 0
    /// Leases that were given back.
    var returned = 0
    var violations: [String] = []

    init(seed: UInt64, machines: Int) {
        random = SeededRandom(seed: seed)
        processes = (0..<machines).map { Process(machine: LeaseMachine(identity: "p\($0)", timings: .defaults)) }
        for index in processes.indices {
            tell(index, .start)
            plan(.freeze(machine: index), in: seconds(1...60))
            plan(.jump(machine: index), in: seconds(1...60))
            plan(.release(machine: index), in: seconds(10...120))
        }
    }

    private mutating func seconds(_ range: ClosedRange<Double>) -> Duration {
        .seconds(Double.random(in: range, using: &random))
    }

    private mutating func isChance(_ share: Double) -> Bool {
        !isCalm && Double.random(in: 0...1, using: &random) < share
    }

    mutating func plan(_ what: Happening, in delay: Duration) {
        count += 1
        agenda.append((now + delay, count, what))
    }

    mutating func run(until end: Duration) {
        while let next = agenda.min(by: { ($0.at, $0.order) < ($1.at, $1.order) }), next.at <= end {
            agenda.removeAll { $0.order == next.order }
            now = next.at
            happen(next.what)
            check()
        }
        now = end
    }

    private mutating func happen(_ what: Happening) {
        switch what {
        case .event(let index, let operation, let event):
            guard processes[index].operation == operation else { return }
            if processes[index].isFrozen { processes[index].missed.append(event) } else { tell(index, event) }
        case .read(let index, let operation): answer(index, operation, .found(lease))
        case .write(let index, let operation, let old, let record): write(index, operation, old, record)
        case .freeze(let index):
            guard !isCalm else { return }
            processes[index].isFrozen = true
            plan(.thaw(machine: index), in: seconds(0.1...60))
        case .thaw(let index): thaw(index)
        case .jump(let index):
            processes[index].clockOffset = Int64.random(in: -100_000...100_000, using: &random)
            plan(.jump(machine: index), in: seconds(1...60))
        case .release(let index): if !isCalm { release(index) }
        case .restart(let index): restart(index)
        }
    }

    mutating func release(_ index: Int) {
        processes[index].isToRelease = true
        guard processes[index].isWaiting, !processes[index].isFrozen else { return }
        tell(index, .release)
    }

    private mutating func restart(_ index: Int) {
        let isNew = Bool.random(using: &random)
        let identity = isNew ? "p\(index).\(processes[index].operation)" : processes[index].machine.identity
        processes[index].machine = LeaseMachine(identity: identity, timings: .defaults)
        processes[index].isToRelease = false
        plan(.release(machine: index), in: seconds(10...120))
        if processes[index].isFrozen { processes[index].missed.append(.start) } else { tell(index, .start) }
    }

    private mutating func thaw(_ index: Int) {
        processes[index].isFrozen = false
        if !isCalm { plan(.freeze(machine: index), in: seconds(5...120)) }
        // What comes first, an answer or the end of a wait, is chance.
        let event = processes[index].missed.randomElement(using: &random)
        processes[index].missed = []
        if let event { tell(index, event) } else if processes[index].isToRelease { release(index) }
    }

    private mutating func write(_ index: Int, _ operation: Int, _ old: Lease?, _ record: LeaseRecord) {
        guard old?.resourceVersion == lease?.resourceVersion else { return answer(index, operation, .conflict) }
        version += 1
        let written = Lease.sample(record, version: version)
        lease = written
        if record.holderIdentity.isEmpty { returned += 1 }
        answer(index, operation, .written(written))
    }

    private mutating func answer(_ index: Int, _ operation: Int, _ event: LeaseMachine.Event) {
        let isLost = isChance(0.1)
        if !isLost { plan(.event(machine: index, operation: operation, event), in: latency()) }
    }

    private mutating func latency() -> Duration {
        isCalm ? seconds(0.001...0.1) : isChance(0.1) ? seconds(0...20) : seconds(0.001...0.5)
    }

    private mutating func tell(_ index: Int, _ event: LeaseMachine.Event) {
        let timeOfDay = Timestamp(microseconds: now.components.seconds * 1_000_000).adding(
            seconds: processes[index].clockOffset)
        let step = processes[index].machine.handle(event, at: now, timeOfDay: timeOfDay, using: &random)
        if case .began = step.transition { terms += 1 }
        processes[index].operation += 1
        let operation = processes[index].operation
        processes[index].isWaiting = false
        func request(_ limit: Duration, _ what: Happening) {
            // Lost on the way, it never reaches the server.
            if !isChance(0.1) { plan(what, in: latency()) }
            plan(.event(machine: index, operation: operation, .failed), in: limit)
        }
        switch step.operation {
        case .end where processes[index].isToRelease:
            if !isCalm { plan(.restart(machine: index), in: seconds(0...30)) }
        case .end: violations.append("\(now): p\(index) ended")
        // An answer is heard first; what would be asked after it is not asked any more.
        case _ where processes[index].isToRelease && !processes[index].machine.isReleasing: tell(index, .release)
        case .get(let limit): request(limit, .read(machine: index, operation: operation))
        case .create(let record, let limit):
            request(limit, .write(machine: index, operation: operation, nil, record))
        case .update(let old, let record, let limit):
            request(limit, .write(machine: index, operation: operation, old, record))
        case .wait(let duration):
            processes[index].isWaiting = !processes[index].machine.isReleasing
            plan(.event(machine: index, operation: operation, .waited), in: duration)
        }
    }

    private mutating func check() {
        let leaders = processes.indices.filter { processes[$0].leads && !processes[$0].isFrozen }
        if leaders.count > 1 { violations.append("\(now): \(leaders) lead") }
    }
}

@Suite("Lease machines against a model")
struct LeaseMachineRandomTests {
    @Test("of all that are not stopped at most one believes to lead, whatever happens", arguments: 0..<20)
    func oneLeader(block: UInt64) {
        var (terms, returned) = (0, 0)
        for seed in block * 15..<block * 15 + 15 {
            var model = LeaseModel(seed: seed, machines: 2 + Int(seed % 3))
            model.run(until: .seconds(1_600))
            #expect(model.violations.isEmpty, "seed \(seed): \(model.violations.prefix(3))")
            terms += model.terms
            returned += model.returned
        }
        // Otherwise nothing was tested.
        #expect(terms > 30 && returned > 15)
    }

    @Test("when the leader is stopped for ever another one leads within the lease and one retry", arguments: 0..<10)
    func takeover(block: UInt64) throws {
        for seed in block * 8..<block * 8 + 8 {
            var model = LeaseModel(seed: seed, machines: 3)
            model.isCalm = true
            model.run(until: .seconds(1_060))
            let leader = try #require(model.processes.firstIndex { $0.leads }, "seed \(seed)")
            model.run(until: model.now + .seconds(Double.random(in: 0...5, using: &model.random)))
            let stopped = model.now
            model.processes[leader].isFrozen = true
            func isTaken() -> Bool { model.processes.indices.contains { $0 != leader && model.processes[$0].leads } }
            while !isTaken() && model.now < stopped + .seconds(60) { model.run(until: model.now + .milliseconds(50)) }
            // 15 s, at most 2.4 s until a candidate has seen the last renewal, and four requests of 0.1 s at most.
            #expect(model.now - stopped < .seconds(18), "seed \(seed): \(model.now - stopped)")
        }
    }

    @Test("when the leader gives the lease back another one leads within one retry", arguments: 0..<10)
    func handOver(block: UInt64) throws {
        for seed in block * 8..<block * 8 + 8 {
            var model = LeaseModel(seed: seed, machines: 3)
            model.isCalm = true
            model.run(until: .seconds(1_060))
            model.run(until: model.now + .seconds(Double.random(in: 0...5, using: &model.random)))
            let leader = try #require(model.processes.firstIndex { $0.leads }, "seed \(seed)")
            let started = model.now
            model.release(leader)
            func isTaken() -> Bool { model.processes.indices.contains { $0 != leader && model.processes[$0].leads } }
            while !isTaken() && model.now < started + .seconds(60) { model.run(until: model.now + .milliseconds(50)) }
            // At most 2.4 s until a candidate looks, and at most six requests and answers of 0.1 s.
            #expect(model.now - started < .seconds(3.1), "seed \(seed): \(model.now - started)")
            #expect(model.violations.isEmpty && model.returned == 1)
        }
    }
}
