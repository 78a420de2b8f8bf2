import Base
import TestSupport
import Testing

@testable import Costs

@Suite("What is to be notified")
struct NotificationDecisionTests {
    @Test(
        "the highest level that is reached is told, unless it or a higher one was told",
        arguments: [
            ([], [], nil), ([0.5], [], 0.5), ([0.5, 0.8], [], 0.8), ([0.5, 0.8], [0.5], 0.8), ([0.5], [0.5], nil),
            ([0.5], [0.8], nil), ([0.5, 0.6, 0.8], [0.5, 0.8], nil), ([0.5, 0.8, 1], [0.5, 0.8], 1), ([], [1], nil),
        ] as [([Double], [Double], Double?)])
    func crossings(reached: [Double], told: [Double], expected: Double?) {
        #expect(BudgetCrossing.level(reached: reached, told: told) == expected)
    }

    @Test("whatever a budget's sum does in a month, each level is told at most once, and the last reached one was told")
    func onceAMonth() throws {
        for seed in 0..<200 {
            var random = SeededRandom(seed: UInt64(seed))
            let levels = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                Double(Int.random(in: 1...20, using: &random)) / 10
            }
            let budget = try Budget(amount: Money(nanoDollars: 1_000), levels: levels)
            var (told, sent, spent) = ([Double](), [Double](), Int64(0))
            for _ in 0..<50 {
                spent = max(0, spent + Int64.random(in: -100...150, using: &random))
                let reached = budget.levelsReached(by: Money(nanoDollars: spent))
                if let level = BudgetCrossing.level(reached: reached, told: told) { sent.append(level) }
                told += reached
                #expect(sent.last ?? 0 >= reached.max() ?? 0, "seed \(seed)")
            }
            #expect(Set(sent).count == sent.count && sent == sent.sorted(), "seed \(seed)")
        }
    }

    @Test(
        "a day is a jump when it is above the mean of seven days by more than the percentage, and both are above the minimum",
        arguments: [
            // day, seven days before, percent, minimum, whether it is one
            (116, 700, 15.0, 10, true), (115, 700, 15, 10, false), (100, 700, 15, 10, false), (10, 700, 15, 10, false),
            (200, 700, 15, 100, false), (200, 700, 15, 99, true), (100, 0, 15, 10, false), (9, 7, 15, 10, false),
            (1_000_000, 70, 15, 10, false), (151, 700, 50.5, 10, true), (150, 700, 50.5, 10, false),
        ] as [(Int64, Int64, Double, Int64, Bool)])
    func jumps(day: Int64, before: Int64, percent: Double, minimum: Int64, isOne: Bool) {
        var rule = CostJump.Rule()
        rule.percent = percent
        rule.minimumDaily = Self.units(minimum)
        let jump = CostJump(day: Self.units(day), before: Self.units(before), rule: rule)
        #expect((jump != nil) == isOne)
        if let jump { #expect(jump.difference == Self.units(day) - Self.units(before / 7) && jump.ratio > 0) }
    }

    private static func units(_ count: Int64) -> Money { Money(nanoDollars: count * Decimal.unit) }

    @Test(
        "a report is due at its hour, of the closed days before",
        arguments: [
            // 2026-11-21 is a Saturday.
            (nil, 7, "2026-11-21T06:59:59Z", "2026-11-20T07:00:00Z", "2026-11-19", "2026-11-20"),
            (nil, 7, "2026-11-21T07:00:00Z", "2026-11-21T07:00:00Z", "2026-11-20", "2026-11-21"),
            (nil, 0, "2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z", "2026-11-20", "2026-11-21"),
            (.monday, 7, "2026-11-21T12:00:00Z", "2026-11-16T07:00:00Z", "2026-11-09", "2026-11-16"),
            (.saturday, 7, "2026-11-21T06:00:00Z", "2026-11-14T07:00:00Z", "2026-11-07", "2026-11-14"),
            (.saturday, 6, "2026-11-21T06:00:00Z", "2026-11-21T06:00:00Z", "2026-11-14", "2026-11-21"),
            (.sunday, 23, "2026-03-01T23:30:00Z", "2026-03-01T23:00:00Z", "2026-02-22", "2026-03-01"),
        ] as [(ReportSchedule.Weekday?, Int64, String, String, String, String)])
    func schedule(
        weekday: ReportSchedule.Weekday?, hour: Int64, now: String, due: String, from: String, to: String
    ) throws {
        let schedule = ReportSchedule(weekday: weekday, hour: hour)
        let found = schedule.lastDue(now: try #require(Timestamp(rfc3339: now)))
        #expect(found.rfc3339 == due)
        let window = schedule.window(due: found)
        #expect(window.lowerBound.rfc3339 == "\(from)T00:00:00Z" && window.upperBound.rfc3339 == "\(to)T00:00:00Z")
    }

    @Test("a condition is told once, and again after it was away")
    func conditions() {
        let first = ToldConditions(holding: ["a", "b"], told: [])
        #expect(first.new == ["a", "b"] && first.gone.isEmpty)
        let second = ToldConditions(holding: ["b"], told: ["a", "b"])
        #expect(second.new.isEmpty && second.gone == ["a"])
        #expect(ToldConditions(holding: ["a", "b"], told: ["b"]).new == ["a"])
    }

    @Test(
        "amounts are shown with two decimals, and what is less than a cent with all",
        arguments: [
            (0, "0.00 EUR"), (1_500_000_000, "1.50 EUR"), (1_234_567_890_000, "1234.57 EUR"),
            (-2_050_000_000, "-2.05 EUR"), (4_000_000, "0.004000000 EUR"), (10_000_000, "0.01 EUR"),
        ] as [(Int64, String)])
    func amounts(nanoDollars: Int64, text: String) {
        #expect(Money(nanoDollars: nanoDollars).shown(in: "EUR") == text)
    }
}

@Suite("What follows an attempt to deliver")
struct DeliveryRuleTests {
    private static let start = Timestamp(seconds: 1_772_366_400)

    private static func next(
        _ outcome: DeliveryRule.Outcome, attempts: Int = 1, age: Int64 = 0, share: Double = 0
    ) -> DeliveryRule.Step {
        DeliveryRule.next(
            after: outcome, attempts: attempts, decidedAt: start, now: start.adding(seconds: age), share: share)
    }

    private static func again(_ seconds: Int64) -> DeliveryRule.Step { .again(at: start.adding(seconds: seconds)) }

    @Test(
        "2xx is delivered; what may pass is tried again; everything else is given up at once",
        arguments: [
            (200, .delivered), (204, .delivered), (299, .delivered), (408, again(10)), (429, again(10)),
            (500, again(10)), (503, again(10)), (301, .giveUp), (307, .giveUp), (400, .giveUp), (401, .giveUp),
            (404, .giveUp), (410, .giveUp),
        ] as [(Int, DeliveryRule.Step)])
    func answers(status: Int, step: DeliveryRule.Step) {
        #expect(Self.next(.answer(status: status)) == step)
    }

    @Test("no answer is tried again, and what cannot be sent is not")
    func failures() {
        #expect(Self.next(.failure) == Self.again(10))
        #expect(Self.next(.unsendable) == .giveUp)
    }

    @Test(
        "pauses double up to an hour, longer by up to a fifth",
        arguments: [(1, 10, 12), (2, 20, 24), (3, 40, 48), (9, 2_560, 3_072), (10, 3_600, 4_320), (49, 3_600, 4_320)])
    func pauses(attempts: Int, least: Int64, most: Int64) {
        #expect(Self.next(.failure, attempts: attempts) == Self.again(least))
        #expect(Self.next(.failure, attempts: attempts, share: 1) == Self.again(most))
    }

    @Test(
        "a receiver's wish for patience counts, within bounds",
        arguments: [(nil, 10), (0, 10), (5, 10), (90, 90), (1_000_000, 21_600), (-5, 10)] as [(Int64?, Int64)])
    func wishes(wish: Int64?, pause: Int64) {
        #expect(Self.next(.answer(status: 429, retryAfter: wish)) == Self.again(pause))
        #expect(Self.next(.answer(status: 503, retryAfter: wish)) == Self.again(pause))
        #expect(Self.next(.answer(status: 400, retryAfter: wish)) == .giveUp)
    }

    @Test("it ends after fifty attempts or three days, whatever happens")
    func ends() {
        #expect(Self.next(.failure, attempts: 50) == .giveUp)
        #expect(Self.next(.failure, age: DeliveryRule.maximumAge - 10) == Self.again(DeliveryRule.maximumAge))
        #expect(Self.next(.failure, age: DeliveryRule.maximumAge - 9) == .giveUp)
        for seed in 0..<100 {
            var random = SeededRandom(seed: UInt64(seed))
            var (now, attempts) = (Self.start, 0)
            while attempts < 1_000 {
                attempts += 1
                let wish = Bool.random(using: &random) ? Int64.random(in: 0...100_000, using: &random) : nil
                let step = DeliveryRule.next(
                    after: .answer(status: 503, retryAfter: wish), attempts: attempts, decidedAt: Self.start, now: now,
                    share: Double.random(in: 0...1, using: &random))
                guard case .again(let at) = step else { break }
                #expect(at >= now.adding(seconds: 10))
                now = at
            }
            #expect(attempts <= 50 && now <= Self.start.adding(seconds: DeliveryRule.maximumAge), "seed \(seed)")
        }
    }
}
