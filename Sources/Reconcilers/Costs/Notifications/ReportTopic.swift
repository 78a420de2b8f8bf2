internal import Base
internal import Costs
internal import Store

/// What was spent in a day or a week, when that is due and its costs are complete.
struct ReportTopic: NotificationTopic {
    let desk: NotificationDesk

    /// Groups among which those that moved are looked for.
    private static let maximumGroups = 10_000
    private static let spenders = 10
    private static let movers = 5
    private static let orphans = 5

    /// What a report is made of.
    private struct Facts {
        let groups: CostGroups
        let coverage: CostCoverage
        let orphans: [CostGroup]
        let savings: [SavingTotal]

        var total: Money { groups.total.cost.total }
        var before: Money { groups.totalBefore?.total ?? .zero }
        var spenders: [CostGroup] { Array(groups.groups.filter { $0.key != nil }.prefix(ReportTopic.spenders)) }
        /// Those whose cost changed most, up or down.
        var movers: [CostGroup] {
            let sorted = groups.groups.filter { $0.key != nil && $0.difference != .zero }
                .sorted { $0.difference.nanoDollars.magnitude > $1.difference.nanoDollars.magnitude }
            return Array(sorted.prefix(ReportTopic.movers))
        }
    }

    func decision(now: Timestamp) async throws -> NotificationDecision {
        var decision = NotificationDecision()
        let due = desk.target.schedule.lastDue(now: now)
        let window = desk.target.schedule.window(due: due)
        let key = "\(NotificationEvent.report.rawValue) \(due.rfc3339)"
        guard try await !desk.notifications.has(key, for: desk.target.name),
            try await desk.isComplete(through: window.upperBound, due: due, now: now)
        else { return decision }
        decision.notifications = [notification(try await facts(window), window, key)]
        return decision
    }

    private func facts(_ window: Range<Timestamp>) async throws -> Facts {
        let selection = desk.target.scope.selection()
        let present = CostWindow(from: window.lowerBound, to: window.upperBound)
        let earlier = CostWindow(from: window.previous.lowerBound, to: window.lowerBound)
        let costs = desk.costs
        var query = RecommendationQuery(scope: desk.target.scope)
        query.limit = 1
        return Facts(
            groups: try await costs.groups(
                by: .entity, selection, present, comparedWith: earlier, limit: Self.maximumGroups),
            coverage: try await costs.coverage(present, selection).values.reduce(CostCoverage(), +),
            orphans: try await costs.groups(
                by: .namespace, desk.target.scope.selection(category: .orphan), present, limit: Self.orphans
            ).groups,
            savings: try await costs.recommendations(query).totals)
    }

    private func notification(_ facts: Facts, _ window: Range<Timestamp>, _ key: String) -> NewNotification {
        let scope = desk.target.scope
        let of = scope.value.map { " of \($0)" } ?? ""
        let first = NotificationDesk.day(window.lowerBound)
        let last = NotificationDesk.day(window.upperBound.adding(seconds: -1))
        return NewNotification(
            .report, key: key,
            title:
                "Costs\(of) \(first == last ? "on \(first)" : "from \(first) to \(last)"): \(desk.money(facts.total))",
            window: window, data: data(facts), lines: lines(facts))
    }

    private func data(_ facts: Facts) -> JSONObject {
        let scope = desk.target.scope
        let coverage = facts.coverage
        return [
            "scope": ["kind": .string(scope.kind.rawValue), "name": NotificationDesk.json(scope.value)],
            "cost": NotificationDesk.json(facts.total), "previousCost": NotificationDesk.json(facts.before),
            "owned": NotificationDesk.json(coverage.owned), "orphan": NotificationDesk.json(coverage.orphan),
            "idle": NotificationDesk.json(coverage.idle), "unmounted": NotificationDesk.json(coverage.unmounted),
            "unallocated": NotificationDesk.json(coverage.unallocated),
            "coverage": Self.share(coverage.owned, coverage.workloads).map(JSONValue.double) ?? .null,
            "topSpenders": .array(facts.spenders.map(entity)), "movers": .array(facts.movers.map(entity)),
            "orphans": .array(
                facts.orphans.map {
                    ["namespace": NotificationDesk.json($0.key), "cost": NotificationDesk.json($0.sum.cost.total)]
                }),
            "savings": .array(
                facts.savings.map {
                    [
                        "source": .string($0.source), "containers": .int($0.containers),
                        "monthlySaving": NotificationDesk.json($0.monthlySaving),
                    ]
                }),
        ]
    }

    private func entity(_ group: CostGroup) -> JSONValue {
        [
            "entityRef": NotificationDesk.json(group.key), "cost": NotificationDesk.json(group.sum.cost.total),
            "previousCost": NotificationDesk.json(group.before?.total ?? .zero),
            "link": NotificationDesk.json(desk.link(group.key)),
        ]
    }

    private func lines(_ facts: Facts) -> [NotificationLine] {
        let change = Self.share(facts.total - facts.before, facts.before).map { " (\(NotificationDesk.percent($0)))" }
        var lines = [NotificationLine("Before: \(desk.money(facts.before))\(change ?? "")")]
        if let share = Self.share(facts.coverage.owned, facts.coverage.workloads) {
            let owned = Int64((share * 100).rounded())
            lines.append(
                NotificationLine(
                    "\(owned) % has an owner; orphans \(desk.money(facts.coverage.orphan)), "
                        + "idle \(desk.money(facts.coverage.idle))"))
        }
        lines += facts.spenders.map { line("Spent most", $0, $0.sum.cost.total) }
        lines += facts.movers.map { line("Changed most", $0, $0.difference) }
        lines += facts.orphans.map {
            NotificationLine("Without an owner: namespace \($0.key ?? "–"), \(desk.money($0.sum.cost.total))")
        }
        lines += facts.savings.filter { $0.monthlySaving > .zero }.map {
            NotificationLine("Could be saved in a month by \($0.source): \(desk.money($0.monthlySaving))")
        }
        return lines
    }

    private func line(_ what: String, _ group: CostGroup, _ amount: Money) -> NotificationLine {
        NotificationLine("\(what): \(group.key ?? ""), \(desk.money(amount))", url: desk.link(group.key))
    }

    private static func share(_ part: Money, _ whole: Money) -> Double? {
        whole > .zero ? part.dollars / whole.dollars : nil
    }
}

extension CostGroup {
    /// By how much it cost more than before.
    fileprivate var difference: Money { sum.cost.total - (before?.total ?? .zero) }
}
