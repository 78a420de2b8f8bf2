package import Base

extension HTTPHeaders {
    /// For how many seconds the server wishes to be left alone (RFC 9110, 10.2.3): it says so in seconds or by a date. Nil when
    /// it does not say, when that cannot be read, and for a date that is past. May be any number.
    ///
    /// - Parameter now: from when a date is counted.
    package func retryAfterSeconds(at now: Timestamp = .now()) -> Int64? {
        guard let text = self["Retry-After"] else { return nil }
        if let seconds = Int64(text) { return seconds }
        guard let date = Timestamp(httpDate: text), date > now else { return nil }
        return Int64(date.secondsSince(now).rounded(.up))
    }
}

extension Timestamp {
    /// A date as RFC 9110 has servers write it: `Sun, 06 Nov 1994 08:49:37 GMT`. The two older forms are not read.
    package init?(httpDate text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].utf8.count == 4, parts[5] == "GMT", parts[1].utf8.count == 2,
            parts[3].utf8.count == 4, let month = Self.months.firstIndex(of: parts[2]).map({ $0 + 1 })
        else { return nil }
        let number = month < 10 ? "0\(month)" : "\(month)"
        self.init(rfc3339: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }

    private static let months: [Substring] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
