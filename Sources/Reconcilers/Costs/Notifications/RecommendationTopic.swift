internal import Base
internal import Costs
internal import Matching
internal import Store

/// Containers that should be changed soon, or whose change saves much. Each is told once, until it was away.
struct RecommendationTopic: NotificationTopic {
    let desk: NotificationDesk

    /// What endangers what runs, whatever it costs.
    private static let urgent: [SizingClass] = [.outOfMemory, .throttled, .under]
    /// Further ones are passed over.
    private static let maximum = 20_000

    func decision(now: Timestamp) async throws -> NotificationDecision {
        let found = try await desk.costs.urgentRecommendations(
            of: desk.target.scope, classes: Self.urgent, minimumSaving: desk.target.minimumSaving, limit: Self.maximum)
        let changes = ToldConditions(
            holding: Set(found.map(Self.condition)), told: try await desk.told(.recommendation))
        var decision = NotificationDecision()
        (decision.told, decision.forgotten) = (changes.new, changes.gone)
        let new = found.filter { changes.new.contains(Self.condition($0)) }.sorted { Self.rank($0) < Self.rank($1) }
        if !new.isEmpty { decision.notifications = [notification(new, now)] }
        return decision
    }

    /// Names of Kubernetes have neither slashes nor spaces.
    private static func condition(_ one: UrgentRecommendation) -> String {
        let name = shown(one.workload)
        return "\(NotificationEvent.recommendation.rawValue) \(name) \(one.container) \(one.sizingClass)"
    }

    private static func shown(_ key: WorkloadKey) -> String {
        "\(key.cluster)/\(key.namespace)/\(key.kind)/\(key.name)"
    }

    /// The urgent ones come first.
    private static func rank(_ one: UrgentRecommendation) -> Int {
        urgent.firstIndex { $0.rawValue == one.sizingClass } ?? urgent.count
    }

    private func notification(_ found: [UrgentRecommendation], _ now: Timestamp) -> NewNotification {
        let items = found.prefix(NotificationDesk.maximumItems)
        let urgent = found.count { Self.rank($0) < Self.urgent.count }
        let count = found.count == 1 ? "1 new recommendation" : "\(found.count) new recommendations"
        return NewNotification(
            .recommendation, key: "\(NotificationEvent.recommendation.rawValue) \(now.rfc3339)",
            title: count + (urgent > 0 ? ", \(urgent) urgent" : ""), window: now..<now,
            data: [
                "count": .int(Int64(found.count)), "urgent": .int(Int64(urgent)),
                "recommendations": .array(items.map(item)),
            ],
            lines: items.map { one in
                let container = one.container.isEmpty ? "" : " (\(one.container))"
                return NotificationLine(
                    "\(one.sizingClass): \(Self.shown(one.workload))\(container). \(one.reason)",
                    url: desk.link(one.entityRef))
            })
    }

    private func item(_ one: UrgentRecommendation) -> JSONValue {
        [
            "cluster": .string(one.workload.cluster), "namespace": .string(one.workload.namespace),
            "kind": .string(one.workload.kind), "workload": .string(one.workload.name),
            "container": one.container.isEmpty ? .null : .string(one.container), "class": .string(one.sizingClass),
            "entityRef": NotificationDesk.json(one.entityRef), "reason": .string(one.reason),
            "monthlySaving": NotificationDesk.json(one.monthlySaving),
            "link": NotificationDesk.json(desk.link(one.entityRef)),
        ]
    }
}
