internal import Base
internal import Store

/// Decides which runs of sources are noted, and when. Pure: no clock, no I/O.
///
/// A run begins when something of its source is looked at, and ends when nothing waits any more. One that changed nothing is
/// noted at most once a minute for each source, with those that it stands for, so that reading the same again and again writes
/// next to nothing.
struct SourceRuns {
    private static let pauseSeconds = 60.0

    fileprivate struct Entry {
        var current: SourceRun?
        /// Ended, changed nothing, and not noted yet.
        var idle: SourceRun?
        /// When the latest run that changed nothing was noted.
        var idleNotedAt: Timestamp?
        /// Of the run before.
        var error: String?
    }

    /// What is to be noted, one after the other: what came to nothing, then what came to something; at most one run of each
    /// source in either.
    struct Due: Equatable {
        var idle: [SourceRun] = []
        var news: [SourceRun] = []
    }

    private var entries: [Int: Entry] = [:]

    /// Something of a source is looked at.
    ///
    /// - Parameter beganAt: when the source itself began, where that is another time.
    mutating func began(_ source: Int, at now: Timestamp, beganAt: Timestamp? = nil) {
        var run =
            entries[source]?.current ?? SourceRun(sourceID: source, beganAt: now, endedAt: now, tally: SourceTally())
        run.beganAt = min(run.beganAt, beganAt ?? now)
        entries[source, default: Entry()].current = run
    }

    /// A source was listed, or could not be.
    mutating func listed(_ source: Int, error: String?) { entries[source]?.current?.error = error }

    mutating func count(_ tallies: [Int: SourceTally], at now: Timestamp) {
        for (source, tally) in tallies {
            began(source, at: now)
            entries[source]?.current?.tally += tally
        }
    }

    /// Nothing waits any more.
    mutating func ended(at now: Timestamp) -> Due {
        var due = Due()
        for source in entries.keys.sorted() {
            let news = entries[source]?.end(at: now)
            let isDue = entries[source]?.idleNotedAt.map { now.secondsSince($0) >= Self.pauseSeconds } ?? true
            if let idle = entries[source]?.idle, isDue || news != nil {
                due.idle.append(idle)
                entries[source]?.idle = nil
                entries[source]?.idleNotedAt = now
            }
            if let news { due.news.append(news) }
        }
        return due
    }
}

extension SourceRuns.Entry {
    /// - Returns: the run that has ended, when it changed something or ended otherwise than the one before.
    fileprivate mutating func end(at now: Timestamp) -> SourceRun? {
        guard var run = current else { return nil }
        run.endedAt = now
        defer { (current, error) = (nil, run.error) }
        if run.tally.isChange || run.error != error { return run }
        if idle == nil {
            idle = run
        } else {
            idle?.repeats += 1
            idle?.repeatedAt = now
        }
        return nil
    }
}
