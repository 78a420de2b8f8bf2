internal import Synchronization

/// Reports to counters what one source counts itself. Its totals begin at zero with it, while the counters go on over all
/// sources that report to them, one after the other.
///
/// It remembers what was reported and therefore belongs to the source: it is made with it and lives as long.
package final class SourceTotals: Sendable {
    /// By the counter's name and the values of its labels.
    private let reported = Mutex<[[String]: Double]>([:])

    package init() {}

    /// Raises a counter by what the source has counted since the last report to it.
    ///
    /// - Parameter total: of the source since it began. One that is lower than before was read earlier than one that was
    ///   reported already, and changes nothing.
    package func report(_ total: Double, to counter: Counter, _ labelValues: [String] = []) {
        let difference = reported.withLock { reported in
            let before = reported[[counter.family.name] + labelValues] ?? 0
            guard total > before else { return 0.0 }
            reported[[counter.family.name] + labelValues] = total
            return total - before
        }
        // Also by nothing, so that the series is there before the first event.
        counter.increment(by: difference, labelValues)
    }
}
