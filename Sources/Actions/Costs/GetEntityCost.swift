internal import Base
internal import Catalog
internal import Costs
internal import Store

/// What an entity cost in a window, by workload, and what it costs now.
struct GetEntityCost: Action {
    let desk: CostDesk

    struct Input: Sendable {
        let ref: EntityRef
        let window: String
        let limit: Int
    }

    private static let window = "month-to-date"
    private static let defaultLimit = 20

    static let definition = ActionDefinition(
        plugin: "callboard", name: "get-entity-cost", title: "Get an entity's cost",
        description: """
            Tells what a catalog entity cost in a window (actual, from hourly records) and what it costs now (runRate, \
            per hour and per month of 730 hours, at the present requests). The two are never mixed: actual covers only \
            the time that Callboard has observed, up to dataThrough. Counts the workloads that this very entity selects: what \
            another entity owns is not included. For what a team, a system or a domain costs in all ask get-cost.
            """,
        attributes: .readOnly, permissions: [.readCosts],
        input: Schema.object(
            [
                "entityRef": EntityLookup.schema, "window": CostWindowArgument.schema(window),
                "limit": Schema.integer(1...500, "Workloads to list; \(defaultLimit) when left out. Totals cover all."),
            ], required: ["entityRef"]),
        output: Schema.complete(
            CostDesk.frameSchemas.merging([
                "entityRef": Schema.string("The entity."),
                "actual": Schema.complete([
                    "cost": Output.costSchema, "cpuCoreHours": Schema.number("Core-hours charged for."),
                    "memoryGiBHours": Schema.number("GiB-hours charged for."),
                ]),
                "today": CostDesk.todaySchema,
                "runRate": Schema.complete(["hourly": Output.costSchema, "monthly": Output.costSchema]),
                "workloads": Schema.list(Schema.complete(itemSchema), "The dearest in the window first."),
                "omitted": Schema.count("Workloads with a cost that are not listed."),
            ])))

    private static let itemSchema: JSONObject = {
        var schema = Output.identitySchema
        schema["cost"] = Output.costSchema
        schema["hours"] = Schema.count("Hours of the window with a record.")
        schema["isPresent"] = Schema.flag("False when the workload is gone by now.")
        return schema
    }()

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        Input(
            ref: try EntityLookup.ref(arguments), window: arguments["window"]?.stringValue ?? window,
            limit: arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let store = desk.store
        let argument = try CostWindowArgument(input.window, now: desk.now())
        let entity = try await EntityLookup(store: store).entity(input.ref, for: caller)
        let costs = try await store.costs.workloadCosts(of: entity.ref, CostWindow(argument.window))
        let present = try await store.workloads.workloads(of: entity.ref).filter(\.isOwner)
        let hourly = present.reduce(ResourceCost.zero) { $0 + Output.hourlyCost($1.workload) }
        let use = costs.reduce(CapacityTime.zero) { $0 + $1.use }
        let scope = CostScope(kind: .entity, value: entity.ref)
        var answer = try await desk.frame(argument.window, scope, nil)
        answer["entityRef"] = .string(entity.ref)
        answer["actual"] = [
            "cost": Output.cost(costs.reduce(ResourceCost.zero) { $0 + $1.cost }),
            "cpuCoreHours": .double(use.coreHours), "memoryGiBHours": .double(use.gibibyteHours),
        ]
        answer["today"] = try await today(entity.ref, argument)
        answer["runRate"] = ["hourly": Output.cost(hourly), "monthly": Output.cost(Output.monthly(hourly))]
        answer["workloads"] = .array(costs.prefix(input.limit).map(Self.item))
        answer["omitted"] = .int(Int64(max(0, costs.count - input.limit)))
        return .object(answer)
    }

    /// From the hours, so that it does not wait for the next roll-up.
    private func today(_ ref: String, _ argument: CostWindowArgument) async throws -> JSONValue {
        guard let today = argument.today else { return .null }
        let costs = try await desk.store.costs.workloadCosts(of: ref, CostWindow(today))
        return [
            "window": CostDesk.window(today), "cost": Output.cost(costs.reduce(ResourceCost.zero) { $0 + $1.cost }),
        ]
    }

    private static func item(_ cost: WorkloadCost) -> JSONValue {
        var item = Output.identity(cost.key)
        item["cost"] = Output.cost(cost.cost)
        item["hours"] = .int(cost.hours)
        item["isPresent"] = .bool(cost.isPresent)
        return .object(item)
    }
}
