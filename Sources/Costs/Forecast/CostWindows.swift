package import Base

/// Windows of costs are ranges of moments in UTC, the end not included.
extension Range where Bound == Timestamp {
    /// Whole seconds in the window.
    package var seconds: Int64 { (upperBound.microseconds - lowerBound.microseconds) / 1_000_000 }

    /// The window of the same length that ends where this one starts.
    package var previous: Range<Timestamp> {
        Timestamp(microseconds: 2 * lowerBound.microseconds - upperBound.microseconds)..<lowerBound
    }

    /// Closed days: the last `count` whole UTC days before the one that holds `now`, which is not over.
    package static func closedDays(_ count: Int64, before now: Timestamp) -> Range<Timestamp> {
        let end = now.startOfDay
        return end.adding(seconds: -Swift.max(count, 0) * 86_400)..<end
    }
}
