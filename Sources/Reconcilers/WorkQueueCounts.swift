/// What a work queue holds at one moment and what it has done.
package struct WorkQueueCounts: Sendable, Equatable {
    /// Keys that wait for a worker, those of high priority and the others.
    package let readyHigh: Int
    package let readyLow: Int
    /// Keys that workers have.
    package let processing: Int
    /// Keys that wait for their time.
    package let delayed: Int
    /// Additions that asked for work that was not asked for already.
    package let additions: Int
    package let retries: Int
    /// How long the keys have been worked on that workers have, together.
    package let unfinishedWork: Duration
    /// The longest of these.
    package let longestWork: Duration
    /// How long the oldest work is owed that is not done; zero when none is.
    package let oldestAge: Duration

    /// Keys that wait for a worker.
    package var ready: Int { readyHigh + readyLow }

    init<Key>(_ state: WorkQueueState<Key>, now: Duration) {
        (readyHigh, readyLow) = (state.readyHighCount, state.readyLowCount)
        (processing, delayed) = (state.processingCount, state.delayedCount)
        (additions, retries) = (state.additions, state.retries)
        let work = state.workInProgress(now: now)
        (unfinishedWork, longestWork) = (work.reduce(.zero, +), work.max() ?? .zero)
        oldestAge = state.oldestOwed.map { now - $0 } ?? .zero
    }
}
