internal import Base
internal import Costs
internal import Store

/// Where the configured budgets stand in the present month.
struct GetBudgetStatus: Action {
    let desk: CostDesk

    struct Input: Sendable {
        let kind: ScopedBudget.Kind?
        let isOver: Bool
        let limit: Int
        let offset: Int
    }

    private static let defaultLimit = 15

    static let definition = ActionDefinition(
        plugin: "callboard", name: "get-budget-status", title: "Get the status of budgets",
        description: """
            Tells where each configured monthly budget of an owner, system, domain, entity, namespace or cluster \
            stands: what was spent in this calendar month (UTC), its share of the budget, what remains, which \
            warning levels are reached, what the month will have cost if it goes on like this (forecast), which \
            levels that will reach, and when the money will be used up (exhaustedAt). runRate is what runs now, and \
            was not spent. The fullest come first. Use it for "are we within budget?".
            """,
        attributes: .readOnly, permissions: [.readCosts],
        input: Schema.object([
            "scope": Schema.choice(ScopedBudget.Kind.allCases.map(\.rawValue), "Only budgets of this kind of scope."),
            "onlyWarnings": Schema.flag(
                "Only budgets that have reached a level, or are expected to. false when left out."),
            "limit": Schema.integer(1...500, "Budgets a page; \(defaultLimit) when left out."),
            "cursor": OffsetCursor.schema,
        ]),
        output: Schema.object(
            CostDesk.frameSchemas.merging([
                "totals": Schema.complete([
                    "budgets": Schema.count("All that fit."), "exceeded": Schema.count("Those that are used up."),
                    "warned": Schema.count("Those that have reached a level."),
                    "expected": Schema.count("Those that are expected to reach a further level."),
                ]),
                "budgets": Schema.list(itemSchema, "This page, the fullest first."),
                "nextCursor": OffsetCursor.nextSchema,
            ]), required: CostDesk.frameSchemas.keys + ["totals", "budgets"]), pagedList: "budgets")

    private static let itemSchema = Schema.complete([
        "scope": CostScopeArgument.outputSchema, "amount": Schema.number("For a calendar month."),
        "currency": Schema.string("Of the amount."),
        "spent": Schema.number("Actual cost of the month up to dataThrough."),
        "share": Schema.number("Spent over amount; 1 is all of it."),
        "remaining": Schema.number("What is left; negative when more was spent."),
        "levelsReached": Schema.list(["type": "number"], "Warning levels, as shares of the amount."),
        "forecast": Schema.orNull(Schema.number("What the month will have cost; null on the first day of a month.")),
        "levelsExpected": Schema.list(["type": "number"], "Further levels that the forecast reaches."),
        "exhaustedAt": Schema.orNull(
            Schema.string("When it will be used up, RFC 3339; null when it lasts, or is used up.")),
        "runRate": Schema.complete(
            ["monthly": Schema.number("What runs now costs in a month of 730 hours.")], description: "No actual cost."),
    ])

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        Input(
            kind: arguments["scope"]?.stringValue.flatMap(ScopedBudget.Kind.init),
            isOver: arguments["onlyWarnings"]?.boolValue ?? false,
            limit: arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit,
            offset: try OffsetCursor.offset(arguments))
    }

    private struct Standing {
        let scoped: ScopedBudget
        let status: BudgetStatus

        static func isFuller(_ left: Standing, _ right: Standing) -> Bool {
            (right.status.share, left.scoped.kind.rawValue, left.scoped.ref)
                < (left.status.share, right.scoped.kind.rawValue, right.scoped.ref)
        }
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let now = desk.now()
        let window = CalendarMonth(containing: now).toDate(now)
        let budgets = try await desk.store.costs.budgets().filter { input.kind == nil || $0.kind == input.kind }
        let through = try await desk.forecastBasis(.all, nil)
        let all = try await standings(budgets, window, through).filter { standing in
            !input.isOver || !standing.status.reached.isEmpty || !standing.status.expected.isEmpty
        }.sorted(by: Standing.isFuller)
        let page = all.dropFirst(input.offset).prefix(input.limit)
        var answer = try await desk.frame(window, .all, nil)
        answer["totals"] = Self.totals(all.map(\.status))
        var items: [JSONValue] = []
        for standing in page { items.append(try await item(standing)) }
        answer["budgets"] = .array(items)
        answer["nextCursor"] =
            page.isEmpty
            ? nil : OffsetCursor.next(after: input.offset + page.count, of: all.count)
        return .object(answer)
    }

    private func standings(
        _ budgets: [ScopedBudget], _ window: Range<Timestamp>, _ through: Timestamp?
    ) async throws -> [Standing] {
        let spent = try await desk.store.costs.spent(of: budgets, CostWindow(window))
        return zip(budgets, spent).map { budget, spent in
            let actual = ActualCost(spent, in: window, through: through ?? window.lowerBound)
            return Standing(scoped: budget, status: BudgetStatus(budget.budget, monthToDate: actual))
        }
    }

    private static func totals(_ all: [BudgetStatus]) -> JSONValue {
        [
            "budgets": .int(Int64(all.count)), "exceeded": .int(Int64(all.count { $0.share >= 1 })),
            "warned": .int(Int64(all.count { !$0.reached.isEmpty })),
            "expected": .int(Int64(all.count { !$0.expected.isEmpty })),
        ]
    }

    private func item(_ standing: Standing) async throws -> JSONValue {
        let status = standing.status
        let scope = CostScope(standing.scoped)
        let hourly = try await desk.store.workloads.hourlyRate(of: scope).cost.total
        return [
            "scope": scope.json, "amount": Output.amount(status.budget.amount),
            "currency": .string(standing.scoped.currency), "spent": Output.amount(status.spent),
            "share": .double(status.share), "remaining": Output.amount(status.remaining),
            "levelsReached": .array(status.reached.map(JSONValue.double)),
            "forecast": status.forecast.map { Output.amount($0.amount) } ?? .null,
            "levelsExpected": .array(status.expected.map(JSONValue.double)),
            "exhaustedAt": Output.time(status.exhaustion),
            "runRate": ["monthly": Output.amount(Output.monthly(hourly))],
        ]
    }
}
