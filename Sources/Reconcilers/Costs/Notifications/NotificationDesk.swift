internal import Base
internal import Catalog
internal import Costs
internal import Store

/// What all kinds of notifications to one target are decided with.
struct NotificationDesk: Sendable {
    let target: NotificationTarget
    let costs: CostStore
    let notifications: NotificationStore
    let sender: NotificationSender
    /// Of the front end, without a slash at the end; nil: there are no links.
    let baseURL: String?
    /// When this process began to decide: roll-ups that it has to catch up with are waited for.
    let began: Timestamp

    /// So long after a report or a look at a day is due it is made of what there is, in seconds: a cluster that is down must not
    /// keep the others' figures back.
    static let patience: Int64 = 6 * 3_600
    /// Items of one kind in a notification. The rest is counted.
    static let maximumItems = 20

    /// Whether everything up to a moment is recorded and added up, or was waited for in vain.
    ///
    /// - Throws: `StoreError`.
    func isComplete(through end: Timestamp, due: Timestamp, now: Timestamp) async throws -> Bool {
        guard let through = try await costs.dataThrough() else { return false }
        guard now < max(due, began).adding(seconds: Self.patience) else { return true }
        guard through >= end else { return false }
        return try await !costs.touchedDays().contains { $0.day < end }
    }

    /// What the target knows of one kind.
    func told(_ event: NotificationEvent) async throws -> Set<String> {
        try await notifications.told(target.name, prefix: event.rawValue + " ")
    }

    /// The page of an entity in the front end; nil: there is none.
    func link(_ ref: String?) -> String? {
        guard let baseURL, let ref, let entity = try? EntityRef(parsing: ref, defaultKind: "component") else {
            return nil
        }
        let path = [entity.namespace, entity.kind, entity.name].map { percentEncoded($0) }.joined(separator: "/")
        return "\(baseURL)/catalog/\(path)"
    }

    func money(_ amount: Money) -> String { amount.shown(in: sender.currency) }

    /// `+12 %`
    static func percent(_ ratio: Double) -> String {
        let whole = (ratio * 100).rounded()
        guard abs(whole) < 1e6 else { return whole < 0 ? "far less" : "far more" }
        return "\(whole > 0 ? "+" : "")\(Int64(whole)) %"
    }

    /// `2026-10-01`
    static func day(_ moment: Timestamp) -> String { String(moment.rfc3339.prefix(10)) }

    static func json(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
    static func json(_ amount: Money) -> JSONValue { .double(amount.dollars) }
}

/// Decides what is to be told about one kind of event.
protocol NotificationTopic: Sendable {
    /// - Throws: `StoreError`; then it is decided again later.
    func decision(now: Timestamp) async throws -> NotificationDecision
}
