internal import Base
internal import Synchronization

/// The keys that need work, for any number of workers. A key that is added while it waits is handed out once; one that
/// is added while a worker has it is handed out again after that; so each key has one worker at a time and no addition
/// is lost. Adding never waits.
///
///     while let keys = await queue.nextBatch(maximum: 100) {
///         …
///         queue.done(keys)
///     }
package final class WorkQueue<Key: Hashable & Sendable>: Sendable {
    private struct Waiter {
        let id: UInt64
        let maximum: Int
        let continuation: CheckedContinuation<[Key]?, Never>

        func resume(_ keys: [Key]?) { continuation.resume(returning: keys) }
    }

    private struct Contents {
        var state = WorkQueueState<Key>()
        /// In the order in which they came. Empty whenever a key is ready.
        var waiters: [Waiter] = []
        var lastWaiter: UInt64 = 0
        /// Wakes delayed keys.
        var timer: (readyAt: Duration, task: Task<Void, Never>)?
    }

    private let contents = Mutex(Contents())
    private let drained = Gate()
    private let elapsed: @Sendable () -> Duration
    private let sleep: @Sendable (Duration) async throws -> Void
    private let metrics: WorkQueueMetrics?

    /// - Parameters:
    ///   - metrics: where it is measured; nil: nowhere. The queue reports its state there as long as it lives.
    ///   - clock: for delays.
    init(metrics: WorkQueueMetrics? = nil, clock: some Clock<Duration> = ContinuousClock()) {
        self.metrics = metrics
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(for: $0) }
        metrics?.follow { [weak self] in self?.counts }
    }

    deinit {
        contents.withLock { $0.timer?.task.cancel() }
        metrics?.ended(with: counts)
    }

    /// Asks for work on a key. If it waits already, only its priority may rise. A delay that it has is over with this.
    package func add(_ key: Key, _ priority: WorkPriority = .high) {
        change { state, _ in state.add(key, priority) }
    }

    /// Asks for work on several keys.
    package func add(_ keys: some Sequence<Key>, _ priority: WorkPriority = .high) {
        change { state, _ in
            for key in keys { state.add(key, priority) }
        }
    }

    /// Asks for work on a key after a time. Of several such requests the earliest counts.
    package func add(_ key: Key, after delay: Duration, _ priority: WorkPriority = .high) {
        change { state, now in state.add(key, priority, after: delay, now: now) }
    }

    /// Asks again for work that failed: after 5 ms, then twice as long each time up to 1000 s, until `forget`.
    package func retry(_ key: Key, _ priority: WorkPriority = .high) {
        change { state, now in state.retry(key, priority, now: now) }
    }

    /// Asks again for work that failed for a reason that has nothing to do with the key, after a time that does not grow.
    package func retry(_ key: Key, after delay: Duration, _ priority: WorkPriority = .high) {
        change { state, now in state.retry(key, priority, after: delay, now: now) }
    }

    /// The next failure of the key counts as its first; to be called when work on it succeeded.
    package func forget(_ key: Key) { change { state, _ in state.forget(key) } }

    /// How often the key failed since it was last forgotten.
    package func failureCount(_ key: Key) -> Int { contents.withLock { $0.state.failureCount(key) } }

    /// Waits for a key. It must be given back with `done`.
    ///
    /// - Returns: nil when the queue was shut down and is empty, or the task was cancelled.
    package func next() async -> Key? { await nextBatch(maximum: 1)?.first }

    /// Waits until a key is ready, and takes with it what else is ready. They must be given back with `done`.
    ///
    /// - Returns: at least one key; nil when the queue was shut down and is empty, or the task was cancelled.
    package func nextBatch(maximum: Int) async -> [Key]? {
        precondition(maximum > 0, "a batch holds at least one key")
        let id = contents.withLock { contents in
            contents.lastWaiter += 1
            return contents.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enter(Waiter(id: id, maximum: maximum, continuation: continuation))
            }
        } onCancel: {
            abandon(id)
        }
    }

    /// Gives back a key whose work has ended, well or badly.
    package func done(_ key: Key) { done(CollectionOfOne(key)) }

    /// Gives back keys whose work has ended.
    package func done(_ keys: some Sequence<Key>) {
        change { state, _ in
            for key in keys { state.done(key) }
        }
    }

    /// Takes no more keys. Those that are ready are still handed out, delayed ones are dropped, then `next` gives nil.
    package func shutDown() { change { state, _ in state.shutDown() } }

    /// After `shutDown`, waits until all keys that were ready are done.
    ///
    /// - Returns: false when the deadline passed, or the task was cancelled, before that.
    package func waitUntilDrained(deadline: ContinuousClock.Instant) async -> Bool {
        await drained.wait(until: deadline)
    }

    /// For metrics.
    package var counts: WorkQueueCounts {
        let now = elapsed()
        return contents.withLock { contents in WorkQueueCounts(contents.state, now: now) }
    }
}

// MARK: Handing out

extension WorkQueue {
    /// Changes the state, and hands out what has become ready.
    private func change(_ body: (inout WorkQueueState<Key>, _ now: Duration) -> Void) {
        let now = elapsed()
        let (served, times, isDrained) = contents.withLock { contents in
            contents.state.advance(to: now)
            body(&contents.state, now)
            let served = serve(&contents, now: now)
            let isDrained = contents.state.isShuttingDown && contents.state.isDrained
            return (served, contents.state.takeTimes(), isDrained)
        }
        for (waiter, keys) in served { waiter.resume(keys) }
        metrics?.observe(times)
        if isDrained { drained.open() }
    }

    private func enter(_ waiter: Waiter) {
        let now = elapsed()
        let (served, times) = contents.withLock { contents in
            // Cancelled before it came here; `abandon` did not find it.
            if Task.isCancelled { return ([(waiter, nil as [Key]?)], WorkQueueTimes()) }
            contents.waiters.append(waiter)
            return (serve(&contents, now: now), contents.state.takeTimes())
        }
        for (waiter, keys) in served { waiter.resume(keys) }
        metrics?.observe(times)
    }

    private func abandon(_ id: UInt64) {
        let waiter = contents.withLock { contents in
            contents.waiters.firstIndex { $0.id == id }.map { contents.waiters.remove(at: $0) }
        }
        waiter?.resume(nil)
    }

    /// The waiters that need not wait any longer, with their keys; to be resumed outside the lock.
    private func serve(_ contents: inout Contents, now: Duration) -> [(Waiter, [Key]?)] {
        contents.state.wake(now: now)
        var served: [(Waiter, [Key]?)] = []
        while let waiter = contents.waiters.first, contents.state.readyCount > 0 {
            served.append((waiter, contents.state.take(maximum: waiter.maximum)))
            contents.waiters.removeFirst()
        }
        if contents.state.isShuttingDown {
            served += contents.waiters.map { ($0, nil) }
            contents.waiters = []
        }
        schedule(&contents, now: now)
        return served
    }

    /// Sees to it that somebody wakes the first delayed key.
    private func schedule(_ contents: inout Contents, now: Duration) {
        guard let readyAt = contents.state.nextWake else { return }
        if let timer = contents.timer, timer.readyAt <= readyAt { return }
        contents.timer?.task.cancel()
        let task = Task { [weak self, sleep] in
            try? await sleep(readyAt - now)
            guard !Task.isCancelled else { return }
            self?.timerFired(readyAt)
        }
        contents.timer = (readyAt, task)
    }

    private func timerFired(_ readyAt: Duration) {
        contents.withLock { contents in
            if contents.timer?.readyAt == readyAt { contents.timer = nil }
        }
        change { _, _ in }
    }
}

extension WorkQueue {
    /// Workers that wait for a key.
    var waiterCount: Int { contents.withLock { $0.waiters.count } }
}
