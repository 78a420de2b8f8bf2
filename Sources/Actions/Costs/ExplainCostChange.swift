internal import Base
internal import Costs
internal import Matching
internal import Store

/// Why a cost changed from one window to another.
struct ExplainCostChange: Action {
    let desk: CostDesk

    struct Input: Sendable {
        let question: CostQuestion
        let previousWindow: String?
        let limit: Int
    }

    private static let window = "7d"
    private static let defaultLimit = 15

    static let definition = ActionDefinition(
        plugin: "callboard", name: "explain-cost-change", title: "Explain a change of cost",
        description: """
            Says why the actual cost of an entity, owner, system, domain, namespace, cluster or everything rose or \
            fell from one window to another: workloads that are new or gone, more or fewer pod-hours, bigger or \
            smaller requests, dearer or cheaper resources, other resources, and what no workload is charged for. The \
            parts add up to the difference exactly. Then the workloads that changed most, each with its own parts. \
            The window before is the one of the same length; say previousWindow for another one, such as the days \
            before a deployment. Use it after get-cost has shown a change.
            """,
        attributes: .readOnly, permissions: [.readCosts],
        input: Schema.object(
            CostQuestion.schemas(window: window).merging([
                "previousWindow": Schema.string(
                    "What to compare with, in the same forms as window; the window before when left out."),
                "limit": Schema.integer(1...500, "Workloads to list; \(defaultLimit) when left out. Parts cover all."),
            ])),
        output: Schema.complete(
            CostDesk.frameSchemas.merging([
                "scope": CostScopeArgument.outputSchema, "previousWindow": CostDesk.windowSchema,
                "actual": Schema.number("Total of the window."),
            ]).merging(Output.changeSchemas).merging([
                "parts": partsSchema,
                "workloads": Schema.list(
                    Schema.complete(
                        Output.identitySchema.merging(["actual": Schema.number("Of the window.")])
                            .merging(Output.changeSchemas).merging(["parts": partsSchema])),
                    "Those that changed, the greatest change first."),
                "omitted": Schema.count("Workloads that changed and are not listed."),
            ])))

    private static let partsSchema = Schema.complete(
        [
            "new": Schema.number("Workloads without cost before."),
            "gone": Schema.number("Workloads without cost now; negative."),
            "podHours": Schema.number("More or fewer pods, or for longer or shorter."),
            "requests": Schema.number("More or less CPU and memory charged for each pod-hour."),
            "price": Schema.number("Dearer or cheaper cores and GiB."),
            "otherResources": Schema.number("GPUs, volumes, traffic, load balancers, shares of common costs."),
            "unassigned": Schema.number("What no workload is charged for, such as idle capacity."),
        ], description: "They add up to the difference.")

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        Input(
            question: try CostQuestion(arguments, window: window),
            previousWindow: arguments["previousWindow"]?.stringValue,
            limit: arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let now = desk.now()
        let argument = try CostWindowArgument(input.question.window, now: now)
        let previous = try input.previousWindow.map { text throws(ActionError) in
            try CostWindowArgument(text, now: now).window
        }
        let earlier = previous ?? argument.previous
        let scope = try await input.question.scope.resolve(in: desk.store, for: caller)
        let changes = try await desk.store.costs.changes(
            scope.selection(source: input.question.source), from: CostWindow(earlier),
            to: CostWindow(argument.closed), limit: input.limit)
        var answer = try await desk.frame(argument.closed, scope, input.question.source)
        answer["scope"] = scope.json
        answer["previousWindow"] = CostDesk.window(earlier)
        answer["actual"] = Output.amount(changes.current)
        answer = answer.merging(Output.change(changes.current, from: changes.previous))
        answer["parts"] = Self.parts(changes.parts)
        answer["workloads"] = .array(changes.workloads.map { Self.item(Change($0)) })
        answer["omitted"] = .int(Int64(changes.count - changes.workloads.count))
        return .object(answer)
    }

    private struct Change {
        let key: WorkloadKey
        let before: Money
        let now: Money
        let parts: CostChangeParts

        init(_ change: WorkloadChange) {
            key = change.workload
            before = change.previous?.total ?? .zero
            now = change.current?.total ?? .zero
            parts = CostChangeParts(
                from: change.previous, to: change.current, isRemainder: change.workload.isRemainder)
        }
    }

    private static func item(_ change: Change) -> JSONValue {
        var item = Output.identity(change.key)
        item["actual"] = Output.amount(change.now)
        item = item.merging(Output.change(change.now, from: change.before))
        item["parts"] = parts(change.parts)
        return .object(item)
    }

    private static func parts(_ parts: CostChangeParts) -> JSONValue {
        [
            "new": Output.amount(parts.new), "gone": Output.amount(parts.gone),
            "podHours": Output.amount(parts.podHours), "requests": Output.amount(parts.requests),
            "price": Output.amount(parts.price), "otherResources": Output.amount(parts.otherResources),
            "unassigned": Output.amount(parts.unassigned),
        ]
    }
}
