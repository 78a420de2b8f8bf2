internal import Glibc

/// A moment in UTC with a microsecond's precision, which is PostgreSQL's and Kubernetes' finest.
package struct Timestamp: Sendable, Hashable, Comparable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// A whole second since 1970-01-01T00:00:00Z.
    package init(seconds: Int64) { self.microseconds = seconds * 1_000_000 }

    /// The system's time of day.
    package static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    package static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    /// This moment moved by a number of seconds, which may be negative.
    package func adding(seconds: Int64) -> Timestamp { Timestamp(microseconds: microseconds + seconds * 1_000_000) }

    /// Seconds from `other` to this moment; negative when this is the earlier.
    package func secondsSince(_ other: Timestamp) -> Double {
        Double(microseconds - other.microseconds) / 1_000_000
    }

    /// The start of the UTC hour that holds this moment.
    package var startOfHour: Timestamp { truncated(toSeconds: 3600) }

    /// The start of the UTC day that holds this moment.
    package var startOfDay: Timestamp { truncated(toSeconds: 86400) }

    private func truncated(toSeconds seconds: Int64) -> Timestamp {
        let unit = seconds * 1_000_000
        let remainder = microseconds % unit
        return Timestamp(microseconds: microseconds - (remainder < 0 ? remainder + unit : remainder))
    }
}

extension Timestamp {
    /// RFC 3339 in UTC: `2026-01-02T03:04:05Z`, with six fraction digits when the second is not whole.
    package var rfc3339: String {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let fraction = remainder < 0 ? remainder + 1_000_000 : remainder
        var time = time_t(remainder < 0 ? quotient - 1 : quotient)
        var parts = tm()
        gmtime_r(&time, &parts)
        let date =
            "\(Self.padded(Int(parts.tm_year) + 1900, 4))-\(Self.padded(Int(parts.tm_mon) + 1, 2))"
            + "-\(Self.padded(Int(parts.tm_mday), 2))"
        let clock =
            "\(Self.padded(Int(parts.tm_hour), 2)):\(Self.padded(Int(parts.tm_min), 2))"
            + ":\(Self.padded(Int(parts.tm_sec), 2))"
        return "\(date)T\(clock)\(fraction == 0 ? "" : "." + Self.padded(Int(fraction), 6))Z"
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Reads RFC 3339 with `Z` or a numeric offset, `T` or a space between date and time, and up to nine fraction digits
    /// of which six are kept. Nil when the text has another form or names no real date.
    package init?(rfc3339 text: String) {
        var scanner = DigitScanner(text)
        guard let year = scanner.digits(4), scanner.skip("-"), let month = scanner.digits(2), scanner.skip("-"),
            let day = scanner.digits(2), scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
            let hour = scanner.digits(2), scanner.skip(":"), let minute = scanner.digits(2), scanner.skip(":"),
            let second = scanner.digits(2)
        else { return nil }
        guard let fraction = scanner.fraction(), let offset = scanner.offset(), scanner.isAtEnd else { return nil }
        guard (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60 else { return nil }
        var parts = tm()
        parts.tm_year = Int32(year - 1900)
        parts.tm_mon = Int32(month - 1)
        parts.tm_mday = Int32(day)
        parts.tm_hour = Int32(hour)
        parts.tm_min = Int32(minute)
        let minutes = Int64(timegm(&parts)) / 60
        // timegm turns 30 February into 1 or 2 March; the day that it made tells.
        guard Int(parts.tm_mday) == day else { return nil }
        self.init(microseconds: ((minutes - Int64(offset)) * 60 + Int64(second)) * 1_000_000 + Int64(fraction))
    }
}

/// Reads the parts of an RFC 3339 text.
private struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    mutating func digits(_ count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let digit = rest.first, (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int(digit - 0x30)
            rest.removeFirst()
        }
        return value
    }

    /// Microseconds of an optional fraction; nil when a point has no digit after it or more than nine.
    mutating func fraction() -> Int? {
        guard skip(".") else { return 0 }
        var value = 0
        var count = 0
        while let digit = digits(1) {
            if count < 6 { value = value * 10 + digit }
            count += 1
        }
        guard (1...9).contains(count) else { return nil }
        for _ in count..<max(count, 6) { value *= 10 }
        return value
    }

    /// Minutes east of UTC.
    mutating func offset() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hours = digits(2), hours < 24 else { return nil }
        _ = skip(":")
        guard let minutes = digits(2), minutes < 60 else { return nil }
        return sign * (hours * 60 + minutes)
    }
}
