internal import Base
internal import Costs
internal import Store

/// Budgets that reached a level.
struct BudgetTopic: NotificationTopic {
    let desk: NotificationDesk

    /// A month's last hours are added up after its end.
    private static let afterMonth: Int64 = 86_400

    func decision(now: Timestamp) async throws -> NotificationDecision {
        let month = CalendarMonth(containing: now)
        let isYoung = now < month.start.adding(seconds: Self.afterMonth)
        let told = try await desk.told(.budget)
        let scope = desk.target.scope
        let budgets = try await desk.costs.budgets().filter { scope == .all || CostScope($0) == scope }
        var decision = NotificationDecision()
        for month in isYoung ? [month.previous, month] : [month] {
            let window = month.toDate(now)
            let spent = try await desk.costs.spent(
                of: budgets, CostWindow(from: window.lowerBound, to: window.upperBound))
            for (budget, spent) in zip(budgets, spent) { add(budget, spent, window, told, to: &decision) }
        }
        let kept = [month.previous, month].map { Self.prefix($0.start) }
        decision.forgotten = told.filter { key in !kept.contains { key.hasPrefix($0) } }
        return decision
    }

    private func add(
        _ scoped: ScopedBudget, _ spent: Money, _ window: Range<Timestamp>, _ told: Set<String>,
        to decision: inout NotificationDecision
    ) {
        let prefix = "\(Self.prefix(window.lowerBound))\(scoped.kind.rawValue) \(scoped.ref) "
        let reached = scoped.budget.levelsReached(by: spent)
        let levels = told.filter { $0.hasPrefix(prefix) }.compactMap { Double($0.dropFirst(prefix.count)) }
        decision.told.formUnion(reached.map { "\(prefix)\($0)" }.filter { !told.contains($0) })
        guard let level = BudgetCrossing.level(reached: reached, told: levels) else { return }
        let actual = ActualCost(spent, in: window)
        let status = BudgetStatus(scoped.budget, monthToDate: actual)
        decision.notifications.append(notification(scoped, level, status, window, key: "\(prefix)\(level)"))
    }

    /// What the conditions of a month begin with.
    private static func prefix(_ month: Timestamp) -> String {
        "\(NotificationEvent.budget.rawValue) \(month.rfc3339.prefix(7)) "
    }

    private func notification(
        _ scoped: ScopedBudget, _ level: Double, _ status: BudgetStatus, _ window: Range<Timestamp>, key: String
    ) -> NewNotification {
        let forecast = status.forecast?.amount
        let share = Int64(min((level * 100).rounded(), 1e6))
        let link = scoped.kind.isEntity ? desk.link(scoped.ref) : nil
        var lines = [
            NotificationLine("\(scoped.kind.rawValue) \(scoped.ref)", url: link),
            NotificationLine(
                "\(status.spent.shown(in: scoped.currency)) of \(scoped.budget.amount.shown(in: scoped.currency)) spent"
            ),
        ]
        if let forecast {
            lines.append(
                NotificationLine("\(forecast.shown(in: scoped.currency)) by the end of the month, if it goes on"))
        }
        return NewNotification(
            .budget, key: key, title: "\(share) % of the budget of \(scoped.ref) is spent", window: window,
            data: [
                "scope": ["kind": .string(scoped.kind.rawValue), "name": .string(scoped.ref)],
                "amount": NotificationDesk.json(scoped.budget.amount), "currency": .string(scoped.currency),
                "level": .double(level), "spent": NotificationDesk.json(status.spent), "share": .double(status.share),
                "forecast": forecast.map(NotificationDesk.json) ?? .null, "link": NotificationDesk.json(link),
            ], lines: lines)
    }
}
