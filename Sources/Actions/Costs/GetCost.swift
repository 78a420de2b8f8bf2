internal import Base
internal import Costs
internal import Store

/// What a part of the whole cost in a window, in all and by group.
struct GetCost: Action {
    let desk: CostDesk

    struct Input: Sendable {
        let question: CostQuestion
        let category: CostCategory?
        let groupBy: CostDimension
        let isCompared: Bool
        let limit: Int
        let offset: Int
    }

    private static let window = "7d"
    private static let defaultLimit = 15

    static let definition = ActionDefinition(
        plugin: "callboard", name: "get-cost", title: "Get costs",
        description: """
            Tells what was spent (actual) on an entity, an owner, a system, a domain, a kind, type or lifecycle of \
            entities, a namespace, a cluster or everything, with totals first and the dearest groups after them. \
            Group by any of these, by workload or by day; compare with the window before. An owner's cost is that of \
            the entities which it owned when the cost arose. Days are closed UTC days; today says what the running \
            one has cost so far. runRate is what runs now and was not spent. Orphans, idle capacity and unmounted \
            volumes are categories. Use it first for every question about spend.
            """,
        attributes: .readOnly, permissions: [.readCosts], input: inputSchema, output: outputSchema, pagedList: "groups")

    private static let inputSchema: JSONValue = {
        var schemas = CostQuestion.schemas(window: window)
        schemas["category"] = Schema.choice(
            CostCategory.allCases.map(\.rawValue),
            "Only money of workloads that are owned, or orphans, or of what no workload is charged for.")
        schemas["groupBy"] = Schema.choice(
            CostDimension.allCases.map(\.rawValue),
            "entity when left out; of everything owner, of an entity workload.")
        schemas["compareTo"] = Schema.choice(
            ["previous", "none"],
            "previous: the window of the same length before, of month-to-date the same days of the month before, both "
                + "without the running hour. "
                + "none when left out.")
        schemas["limit"] = Schema.integer(1...500, "Groups a page; \(defaultLimit) when left out. Totals cover all.")
        schemas["cursor"] = OffsetCursor.schema
        return Schema.object(schemas)
    }()

    private static let outputSchema: JSONValue = {
        var schemas = CostDesk.frameSchemas
        schemas["scope"] = CostScopeArgument.outputSchema
        schemas["actual"] = Output.sumSchema
        schemas["compared"] = Schema.orNull(
            Schema.complete(Output.changeSchemas.merging(["window": CostDesk.windowSchema])))
        schemas["forecast"] = Schema.orNull(
            Schema.complete(
                [
                    "month": Schema.number("What the month will have cost."),
                    "elapsedShare": Schema.number("Share of the month that it is made from; little says little."),
                ],
                description:
                    "Of month-to-date after its first day, if the rest goes on like the recorded part; else null."))
        schemas["today"] = CostDesk.todaySchema
        schemas["runRate"] = CostDesk.runRateSchema
        schemas["groupBy"] = Schema.string("What the groups are.")
        schemas["groups"] = Schema.list(groupSchema, "This page, the dearest first.")
        schemas["groupCount"] = Schema.count("Groups on all pages.")
        let required = schemas.keys
        schemas["nextCursor"] = OffsetCursor.nextSchema
        return Schema.object(schemas, required: required)
    }()

    private static let groupSchema = Schema.object(
        Output.changeSchemas.merging([
            "key": Schema.orNull(Schema.text("Ref, name or day; null where there is none, such as no owner.")),
            "actual": Output.sumSchema,
            "share": Schema.orNull(Schema.number("Of the total; null without one.")),
        ]), required: ["key", "actual", "share"])

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        let question = try CostQuestion(arguments, window: window)
        let standard: CostDimension =
            switch question.scope.kind {
            case .all: .owner
            case .entity: .workload
            default: .entity
            }
        return Input(
            question: question, category: arguments["category"]?.stringValue.flatMap(CostCategory.init),
            groupBy: arguments["groupBy"]?.stringValue.flatMap(CostDimension.init) ?? standard,
            isCompared: arguments["compareTo"]?.stringValue == "previous",
            limit: arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit,
            offset: try OffsetCursor.offset(arguments))
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        guard !(input.isCompared && input.groupBy == .day) else {
            throw ActionError(.input, "compareTo: groups by day cannot be compared with other days; expected none")
        }
        let argument = try CostWindowArgument(input.question.window, now: desk.now())
        let scope = try await input.question.scope.resolve(in: desk.store, for: caller)
        let selection = scope.selection(source: input.question.source, category: input.category)
        let window = input.isCompared ? argument.closed : argument.window
        let groups = try await desk.store.costs.groups(
            by: input.groupBy, selection, CostWindow(window),
            comparedWith: input.isCompared ? CostWindow(argument.previous) : nil, limit: input.limit,
            offset: input.offset)
        var answer = try await desk.frame(window, scope, input.question.source)
        answer["scope"] = scope.json
        answer["actual"] = Output.sum(groups.total)
        answer["compared"] = Self.compared(groups, argument.previous)
        answer["forecast"] = try await forecast(groups.total.cost.total, input, window, scope)
        answer["today"] = try await desk.today(argument, selection)
        answer["runRate"] = try await desk.runRate(scope)
        answer["groupBy"] = .string(input.groupBy.rawValue)
        answer["groups"] = .array(groups.groups.map { Self.group($0, of: groups.total.cost.total) })
        answer["groupCount"] = .int(groups.count)
        answer["nextCursor"] =
            groups.groups.isEmpty
            ? nil : OffsetCursor.next(after: input.offset + groups.groups.count, of: Int(groups.count))
        return .object(answer)
    }

    private static func compared(_ groups: CostGroups, _ window: Range<Timestamp>) -> JSONValue {
        guard let before = groups.totalBefore else { return .null }
        let parts: JSONObject = ["window": CostDesk.window(window)]
        return .object(parts.merging(Output.change(groups.total.cost.total, from: before.total)))
    }

    private func forecast(
        _ spent: Money, _ input: Input, _ window: Range<Timestamp>, _ scope: CostScope
    ) async throws -> JSONValue {
        guard input.question.window == "month-to-date",
            let through = try await desk.forecastBasis(scope, input.question.source),
            let forecast = MonthForecast(monthToDate: ActualCost(spent, in: window, through: through))
        else { return .null }
        return ["month": Output.amount(forecast.amount), "elapsedShare": .double(forecast.elapsedShare)]
    }

    private static func group(_ group: CostGroup, of total: Money) -> JSONValue {
        let cost = group.sum.cost.total
        var object: JSONObject = [
            "key": Output.text(group.key), "actual": Output.sum(group.sum), "share": Output.share(cost, of: total),
        ]
        if let before = group.before { object = object.merging(Output.change(cost, from: before.total)) }
        return .object(object)
    }
}
