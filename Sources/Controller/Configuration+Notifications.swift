import Base
import CostSources
import Costs
import HTTPClient
import Reconcilers
import Store

// The section `callboard.notifications`: webhooks and what they are told.
struct NotificationsConfiguration {
    var targets: [NotificationTarget] = []
    /// Of the front end, for links; nil: there are none.
    var baseURL: String?
    /// What to tell the user about at the start.
    var warnings: [String] = []

    private static let maximumTargets = 20
    /// In bytes: a shorter key could be guessed from a signature.
    private static let minimumKey = 16

    init() {}

    init(_ root: ConfigurationNode) throws(ConfigurationError) {
        guard let list = root["callboard.notifications"] else { return }
        let elements = try list.elements()
        guard elements.count <= Self.maximumTargets else {
            throw list.refused("expected at most \(Self.maximumTargets) webhooks, found \(elements.count)")
        }
        for element in elements { targets.append(try target(element)) }
        baseURL = try root["app.baseUrl"].flatMap(Self.frontEnd)
    }

    private mutating func target(_ node: ConfigurationNode) throws(ConfigurationError) -> NotificationTarget {
        var target = NotificationTarget(webhook: try webhook(node))
        let events = try node.required("events", "a list of \(Self.words(NotificationEvent.self))")
        target.events = try Self.events(events)
        if let scope = node["scope"] {
            let (kind, ref) = try Configuration.scope(scope)
            target.scope = CostScope(kind: CostScope.Kind(rawValue: kind.rawValue) ?? .all, value: ref)
        }
        if let report = node["report"] { target.schedule = try Self.schedule(report) }
        if let jump = node["costJump"] { try Self.read(jump, into: &target) }
        target.minimumSaving = try node["recommendation.minimumMonthlySaving"].map(Self.positive)
        return target
    }

    private static func events(_ node: ConfigurationNode) throws(ConfigurationError) -> Set<NotificationEvent> {
        var events: Set<NotificationEvent> = []
        for word in try node.strings() {
            guard let event = NotificationEvent(rawValue: word) else {
                throw node.refused("expected any of \(words(NotificationEvent.self)), found \"\(word)\"")
            }
            events.insert(event)
        }
        guard !events.isEmpty else {
            throw node.refused("expected any of \(words(NotificationEvent.self)), found none")
        }
        return events
    }

    private static func schedule(_ node: ConfigurationNode) throws(ConfigurationError) -> ReportSchedule {
        var schedule = ReportSchedule()
        if let word = try node["weekday"].map({ (node) throws(ConfigurationError) in
            try choice(node, ReportSchedule.Weekday.self)
        }) {
            schedule.weekday = word
        }
        if let found = node["schedule"] {
            switch try found.string() {
            case "weekly": break
            case "daily" where node["weekday"] == nil: schedule.weekday = nil
            case "daily": throw found.refused("expected weekly, because there is a weekday")
            default: throw found.refused("expected daily or weekly, found \"\(try found.string())\"")
            }
        }
        if let hour = node["hour"] { schedule.hour = try hour.integer(in: 0...23) }
        return schedule
    }

    private static func read(
        _ node: ConfigurationNode, into target: inout NotificationTarget
    ) throws(ConfigurationError) {
        if let percent = node["percent"] {
            target.jump.percent = try percent.number()
            guard (1...10_000).contains(target.jump.percent) else {
                throw percent.refused("expected 1 to 10000, found \(target.jump.percent)")
            }
        }
        if let minimum = node["minimumDailyAmount"] { target.jump.minimumDaily = try positive(minimum) }
        if let subject = node["by"] { target.jumpSubject = try choice(subject, NotificationTarget.JumpSubject.self) }
    }

    private static func positive(_ node: ConfigurationNode) throws(ConfigurationError) -> Money {
        let amount = try Configuration.amount(node)
        guard amount > .zero else { throw node.refused("expected an amount above 0, found \(amount)") }
        return amount
    }

    private static func choice<Choice: RawRepresentable & CaseIterable>(
        _ node: ConfigurationNode, _ type: Choice.Type
    ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
        let text = try node.string()
        guard let choice = Choice(rawValue: text) else {
            throw node.refused("expected one of \(words(type)), found \"\(text)\"")
        }
        return choice
    }

    private static func words<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) -> String
    where Choice.RawValue == String {
        type.allCases.map(\.rawValue).joined(separator: ", ")
    }

    private static func frontEnd(_ node: ConfigurationNode) throws(ConfigurationError) -> String? {
        var url = try node.string()[...]
        while url.hasSuffix("/") { url.removeLast() }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else { return nil }
        return String(url)
    }
}

// One webhook. Errors must not show what stands there: it is secret.
extension NotificationsConfiguration {
    private mutating func webhook(_ node: ConfigurationNode) throws(ConfigurationError) -> Webhook {
        let name = try name(node.required("name", "a name by which it is known"))
        let address = try node.required("url", "the URL of a webhook")
        let url = try address.string()
        let isURL = (url.hasPrefix("https://") || url.hasPrefix("http://")) && Self.isSendable(url)
        guard isURL, !url.contains(" ") else { throw address.refused("expected a URL that begins with https://") }
        if url.hasPrefix("http://"), !HTTPRequest.isLoopback(url) {
            warnings.append("\(address.path) is not encrypted; expected https")
        }
        return Webhook(
            name: name, url: Secret(url),
            format: try node["format"].map { (node) throws(ConfigurationError) in
                try Self.choice(node, Webhook.Format.self)
            } ?? .json,
            headers: try node["headers"].map(Self.headers) ?? [],
            key: try node.member("secret", Self.keyExpectation).map(Self.key))
    }

    private static let keyExpectation = "a key of at least \(minimumKey) bytes"

    private func name(_ node: ConfigurationNode) throws(ConfigurationError) -> String {
        let name = try node.string()
        let isName = name.utf8.allSatisfy {
            $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || Self.isLetterOrDigit($0)
        }
        guard isName, (1...63).contains(name.utf8.count) else {
            throw node.refused("expected a name of up to 63 letters, digits, - and _")
        }
        guard !targets.contains(where: { $0.name == name }) else {
            throw node.refused("the name \(name) stands here twice")
        }
        return name
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func headers(_ node: ConfigurationNode) throws(ConfigurationError) -> [(String, Secret)] {
        guard node.value.objectValue != nil else { throw node.expected("an object: values by header name") }
        // What is sent without its token would be refused, or taken for somebody else's.
        if let (path, variable) = node.missingVariables.first(where: { $0.key.hasPrefix("\(node.path).") }) {
            throw node.refused("\(path): the environment variable \(variable) is not set")
        }
        var headers: [(String, Secret)] = []
        for (key, member) in node.members {
            let isName = !key.isEmpty && key.utf8.allSatisfy { $0 == UInt8(ascii: "-") || isLetterOrDigit($0) }
            guard isName else { throw node.refused("expected names of headers, of letters, digits and -") }
            let value = try member.string()
            guard isSendable(value) else { throw member.refused("expected printable ASCII characters") }
            headers.append((key, Secret(value)))
        }
        return headers
    }

    private static func key(_ node: ConfigurationNode) throws(ConfigurationError) -> Secret {
        let text = try node.string()
        guard text.utf8.count >= minimumKey else { throw node.refused("expected \(keyExpectation)") }
        return Secret(text)
    }

    private static func isSendable(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
