internal import Base
internal import Costs
internal import Store

/// Entities or owners that cost much more on the last closed day than before. A day is looked at once.
struct JumpTopic: NotificationTopic {
    let desk: NotificationDesk

    /// Groups that are looked at.
    private static let maximumGroups = 100_000
    private static let days = "\(NotificationEvent.costJump.rawValue) day "
    private static let subjects = "\(NotificationEvent.costJump.rawValue) of "

    private struct Found {
        let ref: String
        let jump: CostJump
    }

    func decision(now: Timestamp) async throws -> NotificationDecision {
        let day = Range.closedDays(1, before: now)
        let marker = Self.days + NotificationDesk.day(day.lowerBound)
        let told = try await desk.told(.costJump)
        guard !told.contains(marker),
            try await desk.isComplete(through: day.upperBound, due: day.upperBound, now: now)
        else { return NotificationDecision() }
        let found = try await jumps(day)
        let changes = ToldConditions(
            holding: Set(found.map { Self.subjects + $0.ref }), told: told.filter { $0.hasPrefix(Self.subjects) })
        var decision = NotificationDecision()
        decision.told = changes.new.union([marker])
        decision.forgotten = changes.gone.union(told.filter { $0.hasPrefix(Self.days) })
        let new = found.filter { changes.new.contains(Self.subjects + $0.ref) }
        if !new.isEmpty { decision.notifications = [notification(new, day)] }
        return decision
    }

    /// The greatest first.
    private func jumps(_ day: Range<Timestamp>) async throws -> [Found] {
        let before = day.lowerBound.adding(seconds: -CostJump.days * 86_400)
        let groups = try await desk.costs.groups(
            by: desk.target.jumpSubject.dimension, desk.target.scope.selection(),
            CostWindow(from: day.lowerBound, to: day.upperBound),
            comparedWith: CostWindow(from: before, to: day.lowerBound), limit: Self.maximumGroups)
        return groups.groups.compactMap { group in
            guard let ref = group.key,
                let jump = CostJump(
                    day: group.sum.cost.total, before: group.before?.total ?? .zero, rule: desk.target.jump)
            else { return nil }
            return Found(ref: ref, jump: jump)
        }.sorted { $0.jump.difference > $1.jump.difference }
    }

    private func notification(_ found: [Found], _ day: Range<Timestamp>) -> NewNotification {
        let date = NotificationDesk.day(day.lowerBound)
        let items = found.prefix(NotificationDesk.maximumItems)
        return NewNotification(
            .costJump, key: "\(NotificationEvent.costJump.rawValue) \(date)", title: title(found, date), window: day,
            data: [
                "by": .string(desk.target.jumpSubject.rawValue), "count": .int(Int64(found.count)),
                "jumps": .array(items.map(item)),
            ],
            lines: items.map { one in
                let change = NotificationDesk.percent(one.jump.ratio)
                return NotificationLine(
                    "\(one.ref): \(desk.money(one.jump.day)) instead of \(desk.money(one.jump.mean)) a day (\(change))",
                    url: desk.link(one.ref))
            })
    }

    private func title(_ found: [Found], _ date: String) -> String {
        guard found.count == 1, let one = found.first else {
            return
                "\(found.count) \(desk.target.jumpSubject == .entity ? "entities" : "owners") cost much more on \(date)"
        }
        return "\(one.ref) cost \(NotificationDesk.percent(one.jump.ratio)) on \(date)"
    }

    private func item(_ found: Found) -> JSONValue {
        [
            "ref": .string(found.ref), "cost": NotificationDesk.json(found.jump.day),
            "mean": NotificationDesk.json(found.jump.mean),
            "difference": NotificationDesk.json(found.jump.difference), "ratio": .double(found.jump.ratio),
            "link": NotificationDesk.json(desk.link(found.ref)),
        ]
    }
}
