internal import Base
internal import Costs
internal import Store

/// How a cost went, day by day or hour by hour.
struct GetCostTrend: Action {
    let desk: CostDesk

    struct Input: Sendable {
        let question: CostQuestion
        let unit: CostTrendUnit?
    }

    private static let window = "30d"
    /// An hour's figures are kept for some weeks, and more points say less.
    private static let maximumHours: Int64 = 8 * 24

    static let definition = ActionDefinition(
        plugin: "callboard", name: "get-cost-trend", title: "Get the trend of a cost",
        description: """
            Lists what was spent (actual) on an entity, owner, system, domain, namespace, cluster or everything for \
            each UTC day, or for each hour of the last days, with the mean, the highest and the lowest. Days and \
            hours without a record are absent, they are not zero. The present day is there as far as it has come \
            when the window includes it. Use it to see when spend changed; explain-cost-change says why.
            """,
        attributes: .readOnly, permissions: [.readCosts],
        input: Schema.object(
            CostQuestion.schemas(window: window).merging([
                "unit": Schema.choice(
                    CostTrendUnit.allCases.map(\.rawValue),
                    "What there is a point for; hour for windows of hours, today and yesterday, else day.")
            ])),
        output: Schema.complete(
            CostDesk.frameSchemas.merging([
                "scope": CostScopeArgument.outputSchema, "unit": Schema.string("day or hour."),
                "actual": Output.costSchema,
                "mean": Schema.orNull(Schema.number("Of a point; null without points.")),
                "highest": Schema.orNull(pointSchema), "lowest": Schema.orNull(pointSchema),
                "points": Schema.list(pointSchema, "In order."),
            ])))

    private static let pointSchema = Schema.complete([
        "at": Schema.string("Start of the day or hour, RFC 3339."), "cost": Output.costSchema,
    ])

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        Input(
            question: try CostQuestion(arguments, window: window),
            unit: arguments["unit"]?.stringValue.flatMap(CostTrendUnit.init))
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let argument = try CostWindowArgument(input.question.window, now: desk.now())
        let unit = input.unit ?? (argument.window.seconds <= 2 * 86_400 ? .hour : .day)
        guard unit == .day || argument.window.seconds <= Self.maximumHours * 3_600 else {
            throw ActionError(.input, "unit: expected day for windows of more than \(Self.maximumHours / 24) days")
        }
        let scope = try await input.question.scope.resolve(in: desk.store, for: caller)
        let points = try await desk.store.costs.trend(
            scope.selection(source: input.question.source), CostWindow(argument.window), by: unit)
        var answer = try await desk.frame(argument.window, scope, input.question.source)
        let costs = points.map(\.cost.total)
        let total = points.reduce(ResourceCost.zero) { $0 + $1.cost }
        answer["scope"] = scope.json
        answer["unit"] = .string(unit.rawValue)
        answer["actual"] = Output.cost(total)
        answer["mean"] = total.total.scaled(by: 1, over: Int64(costs.count)).map(Output.amount) ?? .null
        answer["highest"] = Self.point(points.max { $0.cost.total < $1.cost.total })
        answer["lowest"] = Self.point(points.min { $0.cost.total < $1.cost.total })
        answer["points"] = .array(points.map(Self.point))
        return .object(answer)
    }

    private static func point(_ point: CostPoint?) -> JSONValue {
        point.map { ["at": Output.time($0.at), "cost": Output.cost($0.cost)] } ?? .null
    }
}
