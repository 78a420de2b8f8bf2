internal import Base
internal import Store

/// The `window` argument of cost actions: how far to look back from now, in UTC.
enum CostWindowArgument {
    static let fallback = "7d"
    private static let maximumHours: Int64 = 400 * 24

    static let schema = Schema.string(
        "How far to look back: a number of hours or days such as 24h or 30d, at most 400d, or month-to-date (UTC). "
            + "\(fallback) when left out.")

    /// - Throws: `ActionError` of kind `input`.
    static func parse(_ text: String?, now: Timestamp) throws(ActionError) -> CostWindow {
        let text = text ?? fallback
        if text == "month-to-date" { return CostWindow(from: startOfMonth(now), to: now) }
        let unit: Int64? =
            switch text.last {
            case "h": 1
            case "d": 24
            default: nil
            }
        guard let unit, text.first != "+", let count = Int64(text.dropLast()), count > 0, count <= maximumHours / unit
        else {
            throw ActionError(
                .input,
                "window: expected a number of hours or days up to 400d, such as 24h or 30d, or month-to-date, "
                    + "but found \"\(text)\"")
        }
        return CostWindow(from: now.adding(seconds: -count * unit * 3_600).startOfHour, to: now)
    }

    private static func startOfMonth(_ now: Timestamp) -> Timestamp {
        Timestamp(rfc3339: now.rfc3339.prefix(8) + "01T00:00:00Z") ?? now.startOfDay
    }
}
