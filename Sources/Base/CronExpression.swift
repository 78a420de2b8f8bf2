/// A schedule in crontab's form, in UTC: minute, hour, day of the month, month and day of the week, after a field of
/// seconds when there are six. Fields hold numbers, names of months and days, ranges, steps and lists of these. When both
/// kinds of days are narrowed, either suffices, as crontab(5) has it.
package struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    /// As given.
    package let description: String
    private let seconds: [Int]
    private let minutes: [Int]
    private let hours: [Int]
    private let days: Set<Int>
    private let months: Set<Int>
    private let weekdays: Set<Int>
    private let narrowsDays: Bool
    private let narrowsWeekdays: Bool

    /// Nil when the text has another form.
    package init?(_ text: String) {
        var fields = text.split { $0 == " " || $0 == "\t" }
        if fields.count == 5 { fields.insert("0", at: 0) }
        guard fields.count == 6, let seconds = Self.values(fields[0], in: 0...59),
            let minutes = Self.values(fields[1], in: 0...59), let hours = Self.values(fields[2], in: 0...23),
            let days = Self.values(fields[3], in: 1...31),
            let months = Self.values(fields[4], in: 1...12, names: Self.monthNames, from: 1),
            let weekdays = Self.values(fields[5], in: 0...7, names: Self.dayNames, from: 0)
        else { return nil }
        description = text
        (self.seconds, self.minutes, self.hours) = (seconds.sorted(), minutes.sorted(), hours.sorted())
        (self.days, self.months) = (days, months)
        self.weekdays = Set(weekdays.map { $0 % 7 })
        narrowsDays = !fields[3].hasPrefix("*")
        narrowsWeekdays = !fields[5].hasPrefix("*")
    }

    /// The first moment after another one; nil when there is none, as for 30 February.
    package func next(after moment: Timestamp) -> Timestamp? {
        let first = Self.floor(moment.microseconds, 1_000_000) + 1
        let firstDay = Self.floor(first, 86_400)
        // 29 February may be eight years away, where a year is divisible by 100.
        for day in firstDay...(firstDay + 9 * 366) where matches(day: day) {
            let earliest = day == firstDay ? Int(first - firstDay * 86_400) : 0
            if let second = second(notBefore: earliest) { return Timestamp(seconds: day * 86_400 + Int64(second)) }
        }
        return nil
    }

    /// Of a day.
    private func second(notBefore earliest: Int) -> Int? {
        for hour in hours where hour >= earliest / 3600 {
            for minute in minutes where hour * 60 + minute >= earliest / 60 {
                let start = (hour * 60 + minute) * 60
                if let second = seconds.first(where: { start + $0 >= earliest }) { return start + second }
            }
        }
        return nil
    }

    /// - Parameter day: since 1970-01-01, which was a Thursday.
    private func matches(day: Int64) -> Bool {
        let (month, dayOfMonth) = Self.date(day)
        guard months.contains(month) else { return false }
        let isDay = days.contains(dayOfMonth)
        let isWeekday = weekdays.contains(Int(((day + 4) % 7 + 7) % 7))
        return narrowsDays && narrowsWeekdays ? isDay || isWeekday : isDay && isWeekday
    }

    /// Month and day of the month in the Gregorian calendar.
    private static func date(_ day: Int64) -> (month: Int, day: Int) {
        let text = Timestamp(seconds: day * 86_400).rfc3339.split(separator: "T")[0].split(separator: "-")
        return (Int(text[text.count - 2]) ?? 0, Int(text[text.count - 1]) ?? 0)
    }

    private static func floor(_ value: Int64, _ unit: Int64) -> Int64 {
        let quotient = value / unit
        return value % unit < 0 ? quotient - 1 : quotient
    }
}

// Reading fields.
extension CronExpression {
    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// - Parameter first: the number of the first name.
    private static func values(
        _ field: Substring, in bounds: ClosedRange<Int>, names: [String] = [], from first: Int = 0
    ) -> Set<Int>? {
        var values: Set<Int> = []
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            func number(_ text: Substring) -> Int? {
                let value = names.firstIndex(of: text.lowercased()).map { $0 + first } ?? digits(text)
                return value.flatMap { bounds.contains($0) ? $0 : nil }
            }
            let step = pieces.count > 1 ? digits(pieces[1]) : 1
            guard let step, step > 0, let range = range(pieces[0], bounds, isOpen: pieces.count > 1, number) else {
                return nil
            }
            values.formUnion(stride(from: range.lowerBound, through: range.upperBound, by: step))
        }
        return values
    }

    /// - Parameter isOpen: a single number begins a range up to the end, as in `5/15`.
    private static func range(
        _ text: Substring, _ bounds: ClosedRange<Int>, isOpen: Bool, _ number: (Substring) -> Int?
    ) -> ClosedRange<Int>? {
        if text == "*" { return bounds }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let lower = number(ends[0]) else { return nil }
        guard ends.count > 1 else { return lower...(isOpen ? bounds.upperBound : lower) }
        return number(ends[1]).flatMap { $0 >= lower ? lower...$0 : nil }
    }

    private static func digits(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }
}
