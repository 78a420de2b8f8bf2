import TestSupport
import Testing

@testable import Reconcilers

/// The rules of the queue said once more, as slowly and simply as possible: lists in order, searched from the front.
private struct QueueModel {
    struct Waiting {
        let key: Int
        var priority: WorkPriority
        var addedAt: Duration
        var since: Duration
    }

    var high: [Waiting] = []
    var low: [Waiting] = []
    var again: [Waiting] = []
    var processing: [Int: (startedAt: Duration, since: Duration)] = [:]
    var delays: [Int: (readyAt: Duration, order: Int, priority: WorkPriority, since: Duration?)] = [:]
    var failures: [Int: Int] = [:]
    var highInARow = 0
    var order = 0
    var isShuttingDown = false
    var waited: [Duration] = []
    var worked: [Duration] = []

    mutating func add(_ key: Int, _ priority: WorkPriority, now: Duration) {
        guard !isShuttingDown else { return }
        makeDirty(key, priority, since: delays.removeValue(forKey: key)?.since ?? now, now: now)
    }

    mutating func delay(_ key: Int, _ priority: WorkPriority, until readyAt: Duration, since: Duration?) {
        guard !isShuttingDown else { return }
        order += 1
        let known = delays[key]
        let owed = [since, known?.since].compactMap { $0 }.min()
        let highest = max(priority, known?.priority ?? .low)
        if let known, known.readyAt <= readyAt {
            delays[key] = (known.readyAt, known.order, highest, owed)
        } else {
            delays[key] = (readyAt, order, highest, owed)
        }
    }

    mutating func wake(now: Duration) {
        for (key, delay) in delays.sorted(by: {
            ($0.value.readyAt, $0.value.order) < ($1.value.readyAt, $1.value.order)
        })
        where delay.readyAt <= now {
            delays[key] = nil
            makeDirty(key, delay.priority, since: delay.since ?? delay.readyAt, now: now)
        }
    }

    private mutating func makeDirty(_ key: Int, _ priority: WorkPriority, since: Duration, now: Duration) {
        let new = Waiting(key: key, priority: priority, addedAt: now, since: since)
        if let place = again.firstIndex(where: { $0.key == key }) {
            again[place].priority = max(again[place].priority, priority)
            again[place].since = min(again[place].since, since)
        } else if let place = high.firstIndex(where: { $0.key == key }) {
            high[place].since = min(high[place].since, since)
        } else if let place = low.firstIndex(where: { $0.key == key }) {
            low[place].since = min(low[place].since, since)
            if priority == .high {
                var risen = low.remove(at: place)
                risen.priority = .high
                high.append(risen)
            }
        } else if processing[key] != nil {
            again.append(new)
        } else {
            enqueue(new)
        }
    }

    private mutating func enqueue(_ waiting: Waiting) {
        if waiting.priority == .high { high.append(waiting) } else { low.append(waiting) }
    }

    mutating func take(_ maximum: Int, now: Duration) -> [Int] {
        var keys: [Int] = []
        while keys.count < maximum, !(high.isEmpty && low.isEmpty) {
            let takesLow = high.isEmpty || (highInARow >= 4 && !low.isEmpty)
            let waiting = takesLow ? low.removeFirst() : high.removeFirst()
            highInARow = takesLow ? 0 : highInARow + 1
            waited.append(now - waiting.addedAt)
            processing[waiting.key] = (now, waiting.since)
            keys.append(waiting.key)
        }
        return keys
    }

    mutating func done(_ key: Int, now: Duration) {
        guard let work = processing.removeValue(forKey: key) else { return }
        worked.append(now - work.startedAt)
        if let place = again.firstIndex(where: { $0.key == key }) { enqueue(again.remove(at: place)) }
    }

    var oldestOwed: Duration? {
        let waiting = (high + low + again).map(\.since)
        return (waiting + processing.values.map(\.since) + delays.values.compactMap(\.since)).min()
    }
}

@Suite("Work queue against a model")
struct WorkQueueRandomTests {
    @Test("in any order of events it hands out what the model does, in the same order", arguments: 0..<30)
    func agreement(group: Int) {
        for seed in group * 100..<(group + 1) * 100 {
            if let difference = difference(seed: UInt64(seed)) {
                Issue.record("seed \(seed): \(difference)")
                return
            }
        }
    }

    /// The first step after which queue and model differ; nil when they never do.
    private func difference(seed: UInt64) -> String? {
        var generator = SeededRandom(seed: seed)
        var state = WorkQueueState<Int>()
        var model = QueueModel()
        var now: Duration = .zero
        let keys = Int.random(in: 2...12, using: &generator)
        for step in 0..<150 {
            let event = Int.random(in: 0...19, using: &generator)
            if let difference = apply(event, keys, &state, &model, &now, &generator) {
                return "step \(step), event \(event): \(difference)"
            }
            if let difference = Self.compare(&state, &model) { return "step \(step), event \(event): \(difference)" }
        }
        return nil
    }

    private func apply(
        _ event: Int, _ keys: Int, _ state: inout WorkQueueState<Int>, _ model: inout QueueModel,
        _ now: inout Duration, _ generator: inout SeededRandom
    ) -> String? {
        let key = Int.random(in: 0..<keys, using: &generator)
        let priority: WorkPriority = Bool.random(using: &generator) ? .high : .low
        let delay = Duration.milliseconds(Int.random(in: 1...60, using: &generator))
        switch event {
        case 0...5:
            state.add(key, priority)
            model.add(key, priority, now: now)
        case 6...7:
            state.add(key, priority, after: delay, now: now)
            model.delay(key, priority, until: now + delay, since: nil)
        case 8:
            state.retry(key, priority, after: delay, now: now)
            model.delay(key, priority, until: now + delay, since: model.processing[key]?.since ?? now)
        case 9:
            let failures = model.failures[key, default: 0]
            state.retry(key, priority, now: now)
            model.delay(key, priority, until: now + .milliseconds(5 << failures), since: nil)
            if !model.isShuttingDown { model.failures[key] = failures + 1 }
        case 10:
            state.forget(key)
            model.failures[key] = nil
        case 11...14:
            let maximum = Int.random(in: 1...5, using: &generator)
            let (taken, expected) = (state.take(maximum: maximum), model.take(maximum, now: now))
            if taken != expected { return "took \(taken), not \(expected)" }
        case 15...17:
            state.done(key)
            model.done(key, now: now)
        case 18:
            now += .milliseconds(Int.random(in: 0...40, using: &generator))
            state.wake(now: now)
            model.wake(now: now)
        default:
            // Seldom enough that most of a run is without it.
            guard Int.random(in: 0..<60, using: &generator) == 0 else { break }
            state.shutDown()
            model.isShuttingDown = true
            model.delays = [:]
        }
        return nil
    }

    private static func compare(_ state: inout WorkQueueState<Int>, _ model: inout QueueModel) -> String? {
        let times = state.takeTimes()
        defer { (model.waited, model.worked) = ([], []) }
        if times != WorkQueueTimes(waited: model.waited, worked: model.worked) { return "times \(times)" }
        let counts = [state.readyHighCount, state.readyLowCount, state.processingCount, state.delayedCount]
        let expected = [model.high.count, model.low.count, model.processing.count, model.delays.count]
        if counts != expected { return "counts \(counts), not \(expected)" }
        if state.oldestOwed != model.oldestOwed { return "oldest \(String(describing: state.oldestOwed))" }
        for (key, failures) in model.failures where state.failureCount(key) != failures { return "failures of \(key)" }
        return nil
    }

    @Test("however busy the urgent lane is, every other key is handed out after at most four urgent ones")
    func starvation() {
        var generator = SeededRandom(seed: 7)
        var state = WorkQueueState<Int>()
        for key in 0..<100 { state.add(-key - 1, .low) }
        var urgent = 0
        var taken: [Int] = []
        while taken.count(where: { $0 < 0 }) < 100 {
            for _ in 0..<Int.random(in: 4...9, using: &generator) {
                state.add(urgent, .high)
                urgent += 1
            }
            let batch = state.take(maximum: Int.random(in: 1...6, using: &generator))
            batch.forEach { state.done($0) }
            taken += batch
        }
        var inARow = 0
        for key in taken {
            inARow = key < 0 ? 0 : inARow + 1
            #expect(inARow <= 4)
        }
    }

    @Test("work is owed since it was asked for, however often it fails; a delay that was asked for owes nothing")
    func age() {
        var state = WorkQueueState<String>()
        state.advance(to: .seconds(10))
        state.add("a", .high)
        state.add("later", .high, after: .seconds(5_000), now: .seconds(10))
        for attempt in 0..<100 {
            let now: Duration = .seconds(10 + attempt)
            state.wake(now: now)
            #expect(state.take(maximum: 1) == ["a"])
            state.retry("a", .high, after: .seconds(1), now: now)
            state.done("a")
            #expect(state.oldestOwed == .seconds(10))
        }
        state.wake(now: .seconds(200))
        #expect(state.take(maximum: 1) == ["a"])
        #expect(WorkQueueCounts(state, now: .seconds(200)).oldestAge == .seconds(190))
        #expect(WorkQueueCounts(state, now: .seconds(203)).longestWork == .seconds(3))
        state.done("a")
        #expect(state.oldestOwed == nil)
        #expect(WorkQueueCounts(state, now: .seconds(200)).oldestAge == .zero)
    }
}
