internal import Base
internal import Costs

/// The `window` argument of cost actions, read at a moment. All windows are in UTC.
struct CostWindowArgument: Sendable, Hashable {
    /// What is looked at; whole days or whole hours, but for an end that is now.
    let window: Range<Timestamp>
    /// What of the window is compared with another: without the running hour, since hours are recorded as a whole.
    let closed: Range<Timestamp>
    /// The window that this is compared with: as long, and just before; of a month to date the same days of the month before.
    let previous: Range<Timestamp>
    /// The part of the present day that the window leaves out, as far as the day has come; nil when it leaves out nothing.
    let today: Range<Timestamp>?

    private static let maximumHours: Int64 = 168
    /// As long as days are kept by default.
    private static let maximumDays: Int64 = 400
    private static let forms =
        "a number of closed days up to 400d such as 30d, of hours up to 168h such as 24h, today, yesterday, "
        + "month-to-date, last-month, or two days such as 2026-10-01/2026-10-15 (the end excluded)"

    /// The input property.
    ///
    /// - Parameter fallback: what counts when it is left out.
    static func schema(_ fallback: String) -> JSONValue {
        Schema.string("In UTC: \(forms). \(fallback) when left out.")
    }

    /// - Throws: `ActionError` of kind `input`.
    init(_ text: String, now: Timestamp) throws(ActionError) {
        guard let windows = Self.windows(text, now), let whole = Self.windows(text, now.startOfHour) else {
            throw ActionError(.input, "window: expected \(Self.forms), but found \"\(text)\"")
        }
        window = windows.window
        (closed, previous) = whole
        let startOfDay = now.startOfDay
        today = window.upperBound <= startOfDay && startOfDay < now ? startOfDay..<now : nil
    }

    private typealias Windows = (window: Range<Timestamp>, previous: Range<Timestamp>)

    private static func windows(_ text: String, _ now: Timestamp) -> Windows? {
        let month = CalendarMonth(containing: now)
        switch text {
        case "today":
            let window = now.startOfDay..<now
            return (window, window.moved(bySeconds: -86_400))
        case "yesterday": return beside(.closedDays(1, before: now))
        case "month-to-date": return (month.toDate(now), month.sameSpanOfPrevious(to: now))
        case "last-month": return (month.previous.window, month.previous.previous.window)
        default: return text.contains("/") ? days(text).map(beside) : back(text, now)
        }
    }

    private static func beside(_ window: Range<Timestamp>) -> Windows { (window, window.previous) }

    /// So many days or hours back.
    private static func back(_ text: String, _ now: Timestamp) -> Windows? {
        guard let first = text.utf8.first, (0x30...0x39).contains(first), let count = Int64(text.dropLast()), count > 0
        else { return nil }
        switch text.last {
        case "d": return count <= maximumDays ? beside(.closedDays(count, before: now)) : nil
        case "h":
            guard count <= maximumHours else { return nil }
            let window = now.startOfHour.adding(seconds: -count * 3_600)..<now
            return (window, window.moved(bySeconds: -count * 3_600))
        default: return nil
        }
    }

    /// `2026-10-01/2026-10-15`
    private static func days(_ text: String) -> Range<Timestamp>? {
        let days = text.split(separator: "/", omittingEmptySubsequences: false)
        guard days.count == 2, days.allSatisfy({ $0.utf8.count == 10 }),
            let from = Timestamp(rfc3339: "\(days[0])T00:00:00Z"), let to = Timestamp(rfc3339: "\(days[1])T00:00:00Z"),
            from < to, (from..<to).seconds <= maximumDays * 86_400
        else { return nil }
        return from..<to
    }
}

extension Range where Bound == Timestamp {
    fileprivate func moved(bySeconds seconds: Int64) -> Self {
        lowerBound.adding(seconds: seconds)..<upperBound.adding(seconds: seconds)
    }
}
