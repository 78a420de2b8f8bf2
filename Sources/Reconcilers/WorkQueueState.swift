/// The rules of a work queue, as client-go's `workqueue` has them. Pure: time comes in as a value, with the events for
/// which it matters or by `advance`.
///
/// A key is *dirty* when it needs work and *processing* while a worker has it. Adding a dirty key does nothing; adding
/// a key that is processed makes it dirty, and it is queued when it is done. So a key is worked on by one worker at a
/// time, any number of additions cause one piece of work, and none is lost.
struct WorkQueueState<Key: Hashable> {
    /// Retries of a key wait 5 ms, doubled each time, up to 1000 s (client-go `ItemExponentialFailureRateLimiter`).
    private static var initialRetryDelay: Duration { .milliseconds(5) }
    private static var maximumRetryDelay: Duration { .seconds(1000) }
    /// So many keys of high priority are taken for one of low priority, if there are any. With strict priority a busy
    /// high lane starves the other for ever (controller-runtime#3496).
    private static var highPerLow: Int { 4 }

    /// A key in a lane. Raising a key's priority puts a second place into the high lane; the first one, whose number is
    /// no longer the key's, is passed over.
    private struct Place {
        let key: Key
        let number: UInt64
    }

    /// Why a key is dirty: how urgent it is, and its place when it is queued.
    private struct Dirty {
        var priority: WorkPriority
        /// Nil while the key is being processed.
        var place: UInt64?
        /// When it became dirty.
        var addedAt: Duration
        /// Since when its work is owed, which failed attempts do not change.
        var since: Duration
    }

    private struct Processing {
        let startedAt: Duration
        let since: Duration
    }

    private struct Delayed: Comparable {
        let readyAt: Duration
        let key: Key
        let number: UInt64

        static func == (left: Delayed, right: Delayed) -> Bool { left.number == right.number }
        static func < (left: Delayed, right: Delayed) -> Bool {
            (left.readyAt, left.number) < (right.readyAt, right.number)
        }
    }

    private struct Delay {
        var readyAt: Duration
        var priority: WorkPriority
        var number: UInt64
        /// Since when its work is owed; nil when the delay was asked for and nothing is owed before its end.
        var since: Duration?
    }

    private var dirty: [Key: Dirty] = [:]
    private var processing: [Key: Processing] = [:]
    private var high = Fifo<Place>()
    private var low = Fifo<Place>()
    private var highInARow = 0
    private var failures: [Key: Int] = [:]
    private var delays: [Key: Delay] = [:]
    private var delayed = Heap<Delayed>()
    private var lastNumber: UInt64 = 0
    private var now: Duration = .zero
    private var times = WorkQueueTimes()

    private(set) var isShuttingDown = false
    /// Additions that made a key dirty.
    private(set) var additions = 0
    private(set) var retries = 0

    init() {}

    /// Keys that a worker could take.
    var readyCount: Int { readyHighCount + readyLowCount }
    private(set) var readyHighCount = 0
    private(set) var readyLowCount = 0
    var processingCount: Int { processing.count }
    var delayedCount: Int { delays.count }
    var isDrained: Bool { readyCount == 0 && processing.isEmpty }

    /// Makes a key dirty. A delay that it has is over with this: the work that it waits for is done now.
    mutating func add(_ key: Key, _ priority: WorkPriority) {
        guard !isShuttingDown else { return }
        let delay = delays.removeValue(forKey: key)
        makeDirty(key, priority, since: delay?.since ?? now)
    }

    /// Adds a key later. Of several such requests the earliest counts, at the highest priority of them.
    mutating func add(_ key: Key, _ priority: WorkPriority, after delay: Duration, now: Duration) {
        advance(to: now)
        postpone(key, priority, after: delay, since: nil)
    }

    /// - Parameter since: since when the work is owed; nil when it is not before the end of the delay.
    private mutating func postpone(
        _ key: Key, _ priority: WorkPriority, after delay: Duration, since: Duration?
    ) {
        guard delay > .zero else { return add(key, priority) }
        guard !isShuttingDown else { return }
        let known = delays[key]
        let priority = max(priority, known?.priority ?? .low)
        let owed = [since, known?.since].compactMap { $0 }.min()
        let readyAt = now + delay
        if let known, known.readyAt <= readyAt {
            delays[key]?.priority = priority
            delays[key]?.since = owed
            return
        }
        let number = nextNumber()
        delays[key] = Delay(readyAt: readyAt, priority: priority, number: number, since: owed)
        delayed.insert(Delayed(readyAt: readyAt, key: key, number: number))
        dropStaleDelays()
    }

    /// Delays that were overtaken stay in the heap until their time; they must not outnumber the others by far.
    private mutating func dropStaleDelays() {
        guard delayed.count > 2 * delays.count + 64 else { return }
        delayed = Heap()
        for (key, delay) in delays {
            delayed.insert(Delayed(readyAt: delay.readyAt, key: key, number: delay.number))
        }
    }

    /// Adds a key that failed after a time that doubles with each failure since it was last forgotten.
    mutating func retry(_ key: Key, _ priority: WorkPriority, now: Duration) {
        guard !isShuttingDown else { return }
        let count = failures[key, default: 0]
        failures[key] = count + 1
        retries += 1
        // 2^18 × 5 ms is more than the maximum.
        let delay = Self.initialRetryDelay * (1 << min(count, 18))
        add(key, priority, after: min(delay, Self.maximumRetryDelay), now: now)
    }

    /// Adds a key, whose work failed for a reason that is not its own, after a time that does not grow. The work is owed
    /// since it was asked for first.
    mutating func retry(_ key: Key, _ priority: WorkPriority, after delay: Duration, now: Duration) {
        advance(to: now)
        guard !isShuttingDown else { return }
        retries += 1
        postpone(key, priority, after: delay, since: processing[key]?.since ?? now)
    }

    /// The next failure of the key is its first.
    mutating func forget(_ key: Key) { failures[key] = nil }

    /// Failures of a key since it was last forgotten.
    func failureCount(_ key: Key) -> Int { failures[key, default: 0] }

    /// Notes that time has passed; it never goes back.
    mutating func advance(to time: Duration) { now = max(now, time) }

    /// Makes the keys dirty whose time has come.
    mutating func wake(now: Duration) {
        advance(to: now)
        while let first = delayed.first, first.readyAt <= now || delays[first.key]?.number != first.number {
            delayed.removeFirst()
            guard let delay = delays[first.key], delay.number == first.number else { continue }
            delays[first.key] = nil
            makeDirty(first.key, delay.priority, since: delay.since ?? delay.readyAt)
        }
    }

    /// When `wake` has something to do; nil when nothing is delayed.
    var nextWake: Duration? { delayed.first?.readyAt }

    /// Hands out up to so many keys that are ready; each must be given back with `done`.
    mutating func take(maximum: Int) -> [Key] {
        var keys: [Key] = []
        while keys.count < maximum, let key = takeOne() { keys.append(key) }
        return keys
    }

    /// The work on a key has ended, well or badly. If the key became dirty meanwhile it is queued again.
    mutating func done(_ key: Key) {
        guard let work = processing.removeValue(forKey: key) else { return }
        times.worked.append(now - work.startedAt)
        if let waiting = dirty[key] { enqueue(key, waiting) }
    }

    /// Takes no more keys and forgets the delayed ones. What is ready can still be taken.
    mutating func shutDown() {
        isShuttingDown = true
        delays = [:]
        delayed = Heap()
    }

    private mutating func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    private mutating func makeDirty(_ key: Key, _ priority: WorkPriority, since: Duration) {
        guard var known = dirty[key] else {
            additions += 1
            let new = Dirty(priority: priority, place: nil, addedAt: now, since: since)
            if processing[key] == nil { enqueue(key, new) } else { dirty[key] = new }
            return
        }
        known.since = min(known.since, since)
        let rises = priority > known.priority
        if rises, known.place != nil { countReady(known.priority, -1) }
        known.priority = max(priority, known.priority)
        if rises, known.place != nil { enqueue(key, known) } else { dirty[key] = known }
    }

    private mutating func enqueue(_ key: Key, _ waiting: Dirty) {
        let place = Place(key: key, number: nextNumber())
        dirty[key] = waiting
        dirty[key]?.place = place.number
        countReady(waiting.priority, 1)
        switch waiting.priority {
        case .high: high.append(place)
        case .low: low.append(place)
        }
    }

    private mutating func countReady(_ priority: WorkPriority, _ step: Int) {
        switch priority {
        case .high: readyHighCount += step
        case .low: readyLowCount += step
        }
    }

    private mutating func takeOne() -> Key? {
        guard readyCount > 0 else { return nil }
        dropStalePlaces()
        let takesLow = high.isEmpty || (highInARow >= Self.highPerLow && !low.isEmpty)
        guard let place = takesLow ? low.removeFirst() : high.removeFirst(),
            let waiting = dirty.removeValue(forKey: place.key)
        else { return nil }
        highInARow = takesLow ? 0 : highInARow + 1
        countReady(waiting.priority, -1)
        times.waited.append(now - waiting.addedAt)
        processing[place.key] = Processing(startedAt: now, since: waiting.since)
        return place.key
    }

    private mutating func dropStalePlaces() {
        while let place = low.first, dirty[place.key]?.place != place.number { _ = low.removeFirst() }
    }
}

/// How urgent a key is.
package enum WorkPriority: Sendable, Comparable {
    /// For much work at once that nobody waits for, such as that of the first list.
    case low
    case high
}

/// How long keys waited and were worked on.
struct WorkQueueTimes: Equatable {
    /// From becoming dirty to being taken.
    var waited: [Duration] = []
    /// From being taken to being done.
    var worked: [Duration] = []
}

// MARK: For metrics

extension WorkQueueState {
    /// What was measured since this was last asked.
    mutating func takeTimes() -> WorkQueueTimes {
        defer { times = WorkQueueTimes() }
        return times
    }

    /// How long each key has been worked on that workers have now.
    func workInProgress(now: Duration) -> [Duration] { processing.values.map { now - $0.startedAt } }

    /// Since when the oldest work is owed that is not done; nil when none is.
    var oldestOwed: Duration? {
        let owed = [
            dirty.values.lazy.map(\.since).min(), processing.values.lazy.map(\.since).min(),
            delays.values.lazy.compactMap(\.since).min(),
        ]
        return owed.compactMap { $0 }.min()
    }

    /// Delays that are kept, those that were overtaken included.
    var delayedEntryCount: Int { delayed.count }
}
