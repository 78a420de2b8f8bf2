import Base
import Costs
import Testing

/// A moment by its RFC 3339 text.
func moment(_ text: String) -> Timestamp {
    guard let moment = Timestamp(rfc3339: text) else { preconditionFailure("no moment: \(text)") }
    return moment
}

struct ForecastTests {
    private let month = CalendarMonth(containing: moment("2026-04-14T12:00:00Z"))

    private func monthToDate(_ amount: String, _ now: String = "2026-04-14T12:00:00Z") -> ActualCost {
        ActualCost(dollars(amount), in: month.window, through: moment(now))
    }

    @Test("oracle C18: 412.50 after 13.5 of 30 days makes 916.67 for the month")
    func forecast() throws {
        let forecast = try #require(MonthForecast(monthToDate: monthToDate("412.50")))
        #expect(forecast.amount == dollars("916.666666667") && forecast.spent == dollars("412.50"))
        #expect(forecast.elapsedShare == 0.45 && forecast.month == month)
    }

    @Test("there is no forecast of a month that has not begun, nor from another window")
    func noForecast() {
        #expect(MonthForecast(monthToDate: monthToDate("1", "2026-03-01T00:00:00Z")) == nil)
        let week = Range.closedDays(7, before: moment("2026-04-14T12:00:00Z"))
        #expect(MonthForecast(monthToDate: ActualCost(dollars("7"), in: week)) == nil)
        let beyond = ActualCost(dollars("31"), in: month.start..<moment("2026-05-02T00:00:00Z"))
        #expect(MonthForecast(monthToDate: beyond) == nil)
    }

    @Test("a month that is over is its own forecast")
    func over() {
        let forecast = MonthForecast(monthToDate: monthToDate("31", "2026-06-01T00:00:00Z"))
        #expect(forecast?.amount == dollars("31") && forecast?.elapsedShare == 1)
    }

    @Test("oracle C19: 3.50 saved in a data window of 45 minutes are 3,406.67 a month")
    func savings() throws {
        let saved = PriceList(currency: "USD", perCoreHour: dollars("7"), perGiBHour: .zero)
            .cost(of: capacity(cores: 2, gibibytes: 0).held(forSeconds: 15 * 60))
        let rate = try #require(RunRate(saved.total, inSeconds: 45 * 60))
        #expect(rate.monthly == dollars("3406.666666667") && rate.hourly == dollars("4.666666667"))
        #expect(RunRate(saved.total, inSeconds: 0) == nil)
    }

    @Test("run rates add among themselves")
    func runRates() {
        let (ten, one) = (RunRate(monthly: dollars("10")), RunRate(monthly: dollars("1")))
        #expect((ten + one).monthly == dollars("11") && (one - ten).monthly == dollars("-9") && one < ten)
    }

    @Test(
        "months begin and end where the calendar says",
        arguments: [
            ("2026-02-28T23:59:59Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("2024-02-29T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z", "2024-01-01T00:00:00Z"),
            ("2026-01-31T12:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2025-12-01T00:00:00Z"),
            ("2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z", "2026-11-01T00:00:00Z"),
            ("1969-12-31T23:59:59Z", "1969-12-01T00:00:00Z", "1970-01-01T00:00:00Z", "1969-11-01T00:00:00Z"),
        ])
    func months(now: String, start: String, end: String, previous: String) {
        let month = CalendarMonth(containing: moment(now))
        #expect(month.start == moment(start) && month.end == moment(end) && month.previous.start == moment(previous))
    }

    @Test("this month is compared with the same span of the last, or with all of it when it was shorter")
    func sameSpan() {
        let april = month.sameSpanOfPrevious(to: moment("2026-04-14T12:00:00Z"))
        #expect(april == moment("2026-03-01T00:00:00Z")..<moment("2026-03-14T12:00:00Z"))
        let march = CalendarMonth(containing: moment("2026-03-31T00:00:00Z"))
        #expect(march.sameSpanOfPrevious(to: moment("2026-03-31T00:00:00Z")) == march.previous.window)
        #expect(month.toDate(moment("2026-07-01T00:00:00Z")) == month.window)
    }

    @Test("windows: closed days end with yesterday, and the one before has the same length")
    func windows() {
        let week = Range.closedDays(7, before: moment("2026-04-14T12:00:00Z"))
        #expect(week == moment("2026-04-07T00:00:00Z")..<moment("2026-04-14T00:00:00Z"))
        #expect(week.previous == moment("2026-03-31T00:00:00Z")..<moment("2026-04-07T00:00:00Z"))
        #expect(Range.closedDays(0, before: month.start).isEmpty)
    }

    @Test("a change is a difference and a share; nothing before makes no share")
    func changes() {
        let week = Range.closedDays(7, before: moment("2026-04-14T12:00:00Z"))
        let rise = CostChange(
            from: ActualCost(dollars("80"), in: week.previous), to: ActualCost(dollars("100"), in: week))
        #expect(rise.difference == dollars("20") && rise.ratio == 0.25 && rise.isLikeForLike)
        let new = CostChange(from: ActualCost(.zero, in: week.previous), to: ActualCost(dollars("1"), in: week))
        #expect(new.ratio == nil && new.rateRatio == nil && new.difference == dollars("1"))
    }

    @Test("windows of different lengths are compared by their rates")
    func rates() throws {
        let week = Range.closedDays(7, before: moment("2026-04-14T12:00:00Z"))
        let half = ActualCost(dollars("50"), in: week, through: week.lowerBound.adding(seconds: 84 * 3_600))
        let change = CostChange(from: ActualCost(dollars("80"), in: week.previous), to: half)
        #expect(!change.isLikeForLike && change.difference == dollars("-30"))
        #expect(abs(try #require(change.rateRatio) - 0.25) < 1e-9)
        let nothing = ActualCost(.zero, in: week, through: week.lowerBound)
        #expect(CostChange(from: half, to: nothing).rateRatio == nil)
    }

    @Test(
        "a budget of 1,000 at the middle of a month: levels reached, levels to come, and when it is used up",
        arguments: [
            ("0", [], [], nil), ("200", [], [], nil), ("250", [], [0.5], nil),
            ("499.999999999", [], [0.5, 0.8], nil), ("500", [0.5], [0.8, 1.0], nil),
            ("600", [0.5], [0.8, 1.0], "2026-04-26T00:00:00Z"),
            ("800", [0.5, 0.8], [1.0], "2026-04-19T18:00:00Z"), ("1000", [0.5, 0.8, 1.0], [], nil),
            ("1200", [0.5, 0.8, 1.0], [], nil),
        ] as [(String, [Double], [Double], String?)])
    func budget(spent: String, reached: [Double], expected: [Double], exhaustion: String?) throws {
        let budget = try Budget(amount: dollars("1000"))
        let status = BudgetStatus(budget, monthToDate: monthToDate(spent, "2026-04-16T00:00:00Z"))
        #expect(status.reached == reached && status.expected == expected)
        #expect(status.exhaustion == exhaustion.map(moment))
        #expect(status.remaining == dollars("1000") - dollars(spent))
        #expect(abs(status.share - dollars(spent).dollars / 1_000) < 1e-12)
    }

    @Test("before anything of the month is recorded nothing is expected")
    func unrecorded() throws {
        let status = BudgetStatus(
            try Budget(amount: dollars("1")), monthToDate: monthToDate("0", "2026-04-01T00:00:00Z"))
        #expect(status.forecast == nil && status.expected == [] && status.exhaustion == nil)
    }

    @Test("levels are sorted, each once; what cannot be a budget is refused by its field")
    func refusals() throws {
        #expect(try Budget(amount: dollars("1"), levels: [1, 0.1, 1]).levels == [0.1, 1])
        let nothing = #expect(throws: BudgetError.self) { try Budget(amount: .zero) }
        #expect(nothing?.description == "amount: expected more than 0, found 0.000000000")
        for level in [0, -1, 10.5, .nan, .infinity] {
            let error = #expect(throws: BudgetError.self) { try Budget(amount: dollars("1"), levels: [0.5, level]) }
            #expect(error?.description.hasPrefix("levels: expected shares of the amount") == true)
        }
    }
}
