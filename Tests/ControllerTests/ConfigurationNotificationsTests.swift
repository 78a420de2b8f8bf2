import CostSources
import Costs
import Reconcilers
import Store
import Testing

@testable import Controller

@Suite("Notifications of the configuration")
struct ConfigurationNotificationsTests {
    private static func section(_ target: String) -> String { "callboard: {notifications: [\(target)]}" }

    private static func target(_ more: String) -> String {
        section("{name: ops, url: 'https://hooks.example.com/s3cret', events: [budget]\(more)}")
    }

    @Test("without the section nobody is notified; with it everything has a default but name, URL and events")
    func defaults() throws {
        #expect(try configuration("{}").notifications.targets.isEmpty)
        let found = try configuration(Self.target(""))
        let target = try #require(found.notifications.targets.first)
        #expect(target.name == "ops" && target.webhook.format == .json && target.events == [.budget])
        #expect(target.scope == .all && target.schedule == ReportSchedule(weekday: .monday, hour: 7))
        #expect(target.jump == CostJump.Rule() && target.jumpSubject == .entity && target.minimumSaving == nil)
        #expect(found.notifications.baseURL == nil)
        #expect(!found.warnings.contains { $0.contains("notifications") }, "\(found.warnings)")
    }

    @Test("everything can be set")
    func everything() throws {
        let text = """
            app: {baseUrl: 'https://portal.example.com/'}
            callboard:
              notifications:
                - name: shop
                  url: ${HOOK}
                  format: slack
                  headers: {Authorization: '${AUTH}'}
                  secret: ${KEY}
                  events: [report, budget, cost-jump, recommendation]
                  scope: {kind: owner, ref: payments}
                  report: {schedule: daily, hour: 6}
                  costJump: {percent: 20.5, minimumDailyAmount: 2.5, by: owner}
                  recommendation: {minimumMonthlySaving: 100}
                - {name: b, url: 'https://x', events: report, report: {weekday: friday}}
            """
        let environment = ["HOOK": "https://hooks.example.com/a", "AUTH": "Bearer x", "KEY": "0123456789abcdef"]
        let found = try configuration(text, environment: environment).notifications
        let target = try #require(found.targets.first)
        #expect(target.events == Set(NotificationEvent.allCases) && target.webhook.format == .slack)
        #expect(target.scope == CostScope(kind: .owner, value: "group:default/payments"))
        #expect(target.schedule == ReportSchedule(weekday: nil, hour: 6))
        #expect(target.jump.percent == 20.5 && target.jump.minimumDaily == Money(nanoDollars: 2_500_000_000))
        #expect(target.jumpSubject == .owner && target.minimumSaving == Money(nanoDollars: 100_000_000_000))
        #expect(found.targets.last?.schedule == ReportSchedule(weekday: .friday, hour: 7))
        #expect(found.baseURL == "https://portal.example.com")
    }

    @Test(
        "http is warned about, but not on loopback, and the warning does not show the URL",
        arguments: [
            ("http://hooks.example.com/s3cret", true), ("https://hooks.example.com/s3cret", false),
            ("http://127.0.0.1:8080/s3cret", false), ("http://localhost/s3cret", false),
            ("http://10.0.0.1/s3cret", true),
        ])
    func openly(url: String, isWarned: Bool) throws {
        let found = try configuration(Self.section("{name: ops, url: '\(url)', events: [budget]}"))
        let warnings = found.warnings.filter { $0.contains("callboard.notifications[0].url") }
        #expect(warnings.isEmpty == !isWarned)
        #expect(!found.warnings.contains { $0.contains("s3cret") })
    }

    @Test(
        "what cannot be used is refused by its path, and no secret is shown",
        arguments: [
            ("{url: 'https://x', events: [budget]}", "callboard.notifications[0].name: is missing"),
            ("{name: 'a b', url: 'https://x', events: [budget]}", "notifications[0].name"),
            ("{name: a, events: [budget]}", "callboard.notifications[0].url: is missing"),
            ("{name: a, url: 'ftp://s3cret', events: [budget]}", "notifications[0].url"),
            ("{name: a, url: 'https://x/ s3cret', events: [budget]}", "notifications[0].url"),
            ("{name: a, url: '${UNSET}', events: [budget]}", "UNSET is not set"),
            ("{name: a, url: 'https://x'}", "callboard.notifications[0].events: is missing"),
            ("{name: a, url: 'https://x', events: []}", "found none"),
            (
                "{name: a, url: 'https://x', events: [rain]}",
                "expected any of report, budget, cost-jump, recommendation"
            ),
            ("{name: a, url: 'https://x', events: [budget], format: xml}", "expected one of json, slack"),
            ("{name: a, url: 'https://x', events: [budget], secret: s3cret}", "a key of at least 16 bytes"),
            ("{name: a, url: 'https://x', events: [budget], secret: '${UNSET}'}", "UNSET is not set"),
            ("{name: a, url: 'https://x', events: [budget], headers: {'A B': s3cret}}", "names of headers"),
            ("{name: a, url: 'https://x', events: [budget], headers: {A: 'é s3cret'}}", "printable ASCII"),
            ("{name: a, url: 'https://x', events: [budget], headers: {A: '${UNSET}'}}", "UNSET is not set"),
            ("{name: a, url: 'https://x', events: [budget], scope: {kind: planet, ref: x}}", "scope.kind"),
            ("{name: a, url: 'https://x', events: [report], report: {schedule: hourly}}", "expected daily or weekly"),
            ("{name: a, url: 'https://x', events: [report], report: {weekday: Monday}}", "expected one of monday"),
            ("{name: a, url: 'https://x', events: [report], report: {schedule: daily, weekday: friday}}", "weekly"),
            ("{name: a, url: 'https://x', events: [report], report: {hour: 24}}", "from 0 to 23"),
            ("{name: a, url: 'https://x', events: [report], costJump: {percent: 0}}", "expected 1 to 10000"),
            ("{name: a, url: 'https://x', events: [report], costJump: {by: team}}", "expected one of entity, owner"),
            (
                "{name: a, url: 'https://x', events: [report], recommendation: {minimumMonthlySaving: 0}}",
                "minimumMonthlySaving"
            ),
            (
                "{name: a, url: 'https://x', events: [budget]}, {name: a, url: 'https://x', events: [budget]}",
                "stands here twice"
            ),
        ])
    func refused(target: String, words: String) throws {
        let message = try refusal(Self.section(target))
        #expect(message.contains(words) && message.contains("callboard.notifications"), "\(message)")
        #expect(!message.contains("s3cret"))
    }
}
