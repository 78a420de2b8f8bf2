import Testing

@testable import Base

@Suite("Crontab's schedules")
struct CronExpressionTests {
    private func next(_ text: String, _ moment: String) throws -> String? {
        let expression = try #require(CronExpression(text))
        return expression.next(after: try #require(Timestamp(rfc3339: moment)))?.rfc3339
    }

    @Test(
        "the next moment is found",
        arguments: [
            ("* * * * *", "2026-01-31T23:59:00Z", "2026-02-01T00:00:00Z"),
            ("*/15 * * * *", "2026-01-01T10:14:59.5Z", "2026-01-01T10:15:00Z"),
            ("*/15 * * * *", "2026-01-01T10:15:00Z", "2026-01-01T10:30:00Z"),
            ("5/20 * * * *", "2026-01-01T10:30:00Z", "2026-01-01T10:45:00Z"),
            ("0 3 * * *", "2026-02-28T03:00:00Z", "2026-03-01T03:00:00Z"),
            ("30 6,18 * * mon-fri", "2026-11-20T18:30:00Z", "2026-11-23T06:30:00Z"),
            ("0 0 1 jan *", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
            ("0 0 13 * fri", "2026-11-01T00:00:00Z", "2026-11-06T00:00:00Z"),
            ("0 0 * * 7", "2026-11-20T00:00:00Z", "2026-11-22T00:00:00Z"),
            ("*/10 0 0 * * *", "2026-01-01T00:00:55Z", "2026-01-02T00:00:00Z"),
            ("20,40 1 * * * *", "2026-01-01T00:01:20Z", "2026-01-01T00:01:40Z"),
        ])
    func moments(text: String, moment: String, expected: String) throws {
        #expect(try next(text, moment) == expected)
    }

    @Test("a day that does not exist never comes")
    func never() throws { #expect(try next("0 0 30 2 *", "2026-01-01T00:00:00Z") == nil) }

    @Test(
        "other texts are refused",
        arguments: [
            "", "* * * *", "* * * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8",
            "5-1 * * * *", "*/0 * * * *", "a * * * *", "1,,2 * * * *", "+1 * * * *", "-1 * * * *", "1/ * * * *",
            "* * * * monday", "@daily",
        ])
    func refused(text: String) { #expect(CronExpression(text) == nil) }
}
