package import Base

/// A time range, the end not included.
///
/// Whole UTC days are read from the roll-ups; what lies before the first and after the last midnight of a window is read
/// from the hours, as long as those are kept. A window that ends in the present hour or later has the present day whole, as
/// far as it is rolled up.
package struct CostWindow: Sendable, Hashable {
    package let from: Timestamp
    package let to: Timestamp

    package init(from: Timestamp, to: Timestamp) {
        self.from = from
        self.to = to
    }

    /// What of a window is read from where.
    struct Parts: Equatable {
        /// Whole UTC days, midnight to midnight; nil: none.
        var days: Range<Timestamp>?
        /// The rest, at most two ranges.
        var hours: [Range<Timestamp>] = []
    }

    /// - Parameter now: tells which hour is the present one: nothing is recorded after it.
    func parts(now: Timestamp) -> Parts {
        let end = to > now.startOfHour ? to.endOfDay : to
        guard from < end else { return Parts() }
        let (first, last) = (from.endOfDay, end.startOfDay)
        guard first <= last else { return Parts(hours: [from..<end]) }
        return Parts(
            days: first < last ? first..<last : nil, hours: [from..<first, last..<end].filter { !$0.isEmpty })
    }
}

extension Timestamp {
    /// The first UTC midnight that is not before this moment.
    var endOfDay: Timestamp { self == startOfDay ? self : startOfDay.adding(seconds: 86_400) }
}
