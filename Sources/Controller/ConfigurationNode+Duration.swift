import Base

extension ConfigurationNode {
    /// A length of time in one of Backstage's forms: an object such as `{hours: 1, minutes: 30}`, ISO 8601 such as
    /// `PT1H30M`, or a text such as `30m` or `2 hours`.
    func duration(in range: ClosedRange<Duration>) throws(ConfigurationError) -> Duration {
        let found: Duration?
        switch value {
        case .object(let parts): found = Self.duration(of: parts)
        case .string(let text): found = Self.duration(iso: text) ?? Self.duration(short: text)
        default: found = nil
        }
        guard let found else {
            throw refused(
                "expected a length of time such as {minutes: 30}, PT30M or 30m, in weeks, days, hours, minutes, seconds "
                    + "or milliseconds")
        }
        guard range.contains(found) else {
            throw refused("expected \(range.lowerBound) to \(range.upperBound), found \(found)")
        }
        return found
    }

    /// In milliseconds.
    private static let units: [(name: String, letter: String, milliseconds: Double)] = [
        ("weeks", "w", 604_800_000), ("days", "d", 86_400_000), ("hours", "h", 3_600_000), ("minutes", "m", 60_000),
        ("seconds", "s", 1_000), ("milliseconds", "ms", 1),
    ]

    private static func duration(of parts: JSONObject) -> Duration? {
        var total = 0.0
        for (name, value) in parts {
            guard let unit = units.first(where: { $0.name == name }), let count = value.doubleValue, count >= 0 else {
                return nil
            }
            total += count * unit.milliseconds
        }
        return parts.isEmpty ? nil : duration(milliseconds: total)
    }

    /// `P1W`, `P1DT2H`, `PT1.5S`; years and months have no certain length and are not read.
    private static func duration(iso text: String) -> Duration? {
        guard text.hasPrefix("P") else { return nil }
        var total: Double?
        var number = ""
        var isTime = false
        for character in text.dropFirst() {
            switch character {
            case "T" where !isTime && number.isEmpty: isTime = true
            case "0"..."9", ".": number.append(character)
            default:
                guard let letter = (isTime ? "HMS" : "WD").contains(character) ? character.lowercased() : nil,
                    let unit = units.first(where: { $0.letter == letter }), let count = Double(number)
                else { return nil }
                total = (total ?? 0) + count * unit.milliseconds
                number = ""
            }
        }
        return number.isEmpty ? total.flatMap(duration(milliseconds:)) : nil
    }

    private static func duration(short text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        let name = text[digits.endIndex...].drop { $0 == " " }
        let unit = units.first { $0.letter == name || $0.name == name || $0.name.dropLast() == name }
        guard let unit, let count = Double(digits) else { return nil }
        return duration(milliseconds: count * unit.milliseconds)
    }

    private static func duration(milliseconds: Double) -> Duration? {
        milliseconds.isFinite && milliseconds < 1e12 ? .milliseconds(Int64(milliseconds)) : nil
    }
}
