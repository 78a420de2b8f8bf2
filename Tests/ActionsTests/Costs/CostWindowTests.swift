import Base
import Testing

@testable import Actions

@Suite("Windows of costs")
struct CostWindowTests {
    private static let now = time("2036-03-10T12:30:00Z")

    private static func range(_ from: String, _ to: String) -> Range<Timestamp> { time(from)..<time(to) }

    @Test(
        "a window is read in UTC, with the one that it is compared with",
        arguments: [
            ("7d", "2036-03-03T00:00:00Z", "2036-03-10T00:00:00Z", "2036-02-25T00:00:00Z", "2036-03-03T00:00:00Z"),
            ("400d", "2035-02-04T00:00:00Z", "2036-03-10T00:00:00Z", "2033-12-31T00:00:00Z", "2035-02-04T00:00:00Z"),
            ("1h", "2036-03-10T11:00:00Z", "2036-03-10T12:30:00Z", "2036-03-10T10:00:00Z", "2036-03-10T11:00:00Z"),
            ("168h", "2036-03-03T12:00:00Z", "2036-03-10T12:30:00Z", "2036-02-25T12:00:00Z", "2036-03-03T12:00:00Z"),
            ("today", "2036-03-10T00:00:00Z", "2036-03-10T12:30:00Z", "2036-03-09T00:00:00Z", "2036-03-09T12:00:00Z"),
            (
                "yesterday", "2036-03-09T00:00:00Z", "2036-03-10T00:00:00Z", "2036-03-08T00:00:00Z",
                "2036-03-09T00:00:00Z"
            ),
            (
                "month-to-date", "2036-03-01T00:00:00Z", "2036-03-10T12:30:00Z", "2036-02-01T00:00:00Z",
                "2036-02-10T12:00:00Z"
            ),
            (
                "last-month", "2036-02-01T00:00:00Z", "2036-03-01T00:00:00Z", "2036-01-01T00:00:00Z",
                "2036-02-01T00:00:00Z"
            ),
            (
                "2035-10-01/2035-10-15", "2035-10-01T00:00:00Z", "2035-10-15T00:00:00Z", "2035-09-17T00:00:00Z",
                "2035-10-01T00:00:00Z"
            ),
        ])
    func windows(text: String, from: String, to: String, previousFrom: String, previousTo: String) throws {
        let argument = try CostWindowArgument(text, now: Self.now)
        #expect(argument.window == Self.range(from, to))
        #expect(argument.previous == Self.range(previousFrom, previousTo))
        #expect(argument.closed == argument.window.lowerBound..<min(argument.window.upperBound, Self.now.startOfHour))
    }

    @Test(
        "the present day is told apart by windows that leave it out",
        arguments: [
            ("7d", true), ("yesterday", true), ("last-month", true), ("2036-03-01/2036-03-10", true), ("24h", false),
            ("today", false), ("month-to-date", false), ("2036-03-01/2036-03-11", false),
        ])
    func today(text: String, isApart: Bool) throws {
        let argument = try CostWindowArgument(text, now: Self.now)
        #expect(argument.today == (isApart ? Self.range("2036-03-10T00:00:00Z", "2036-03-10T12:30:00Z") : nil))
        // Midnight itself is no part of a day that one could speak of.
        #expect(try CostWindowArgument(text, now: time("2036-03-10T00:00:00Z")).today == nil)
    }

    @Test("month-to-date begins with the month in UTC, also at its ends")
    func months() throws {
        for (now, from) in [
            ("2036-03-01T00:00:00Z", "2036-03-01T00:00:00Z"), ("2036-02-29T23:59:59Z", "2036-02-01T00:00:00Z"),
            ("2036-12-31T23:30:00.5Z", "2036-12-01T00:00:00Z"),
        ] {
            let window = try CostWindowArgument("month-to-date", now: time(now)).window
            #expect(window == Self.range(from, now))
        }
    }

    @Test(
        "a window that is none is refused with what is expected",
        arguments: [
            "", "7", "d", "0d", "-1d", "401d", "169h", "1.5h", "1w", "24H", "month", "9223372036854775807d", "+5h",
            "2036-03-01", "2036-03-02/2036-03-01", "2036-03-01/2036-03-01", "2036-02-30/2036-03-01", "/2036-03-01",
            "2036-03-01/", "2034-01-01/2036-03-01", "2036-03-01/2036-03-02/2036-03-03", "2036-03-01T01/2036-03-02",
        ])
    func nonsense(text: String) {
        let error = #expect(throws: ActionError.self) { try CostWindowArgument(text, now: Self.now) }
        #expect(error?.kind == .input)
        #expect(error?.message.hasPrefix("window: expected ") == true && error?.message.contains("\"\(text)\"") == true)
    }
}
