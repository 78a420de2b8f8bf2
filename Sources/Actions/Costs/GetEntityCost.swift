internal import Base
internal import Catalog
internal import Costs
internal import Store

/// What an entity cost in a window, by workload, and what it costs now.
struct GetEntityCost: Action {
    let store: Store
    let currency: String
    let now: @Sendable () -> Timestamp

    struct Input: Sendable {
        let ref: EntityRef
        let window: String?
        let limit: Int
    }

    private static let defaultLimit = 20

    static let definition = ActionDefinition(
        plugin: "callboard", name: "get-entity-cost", title: "Get an entity's cost",
        description: """
            Tells what a catalog entity cost in a window (actual, from hourly records) and what it costs now (runRate, \
            per hour and per month of 730 hours, at the present requests). The two are never mixed: actual covers only \
            the time that Callboard has observed, up to dataThrough. Counts the workloads that this very entity selects: what \
            another entity owns is not included, and the components of a team or a system are not added up here.
            """,
        attributes: .readOnly, permissions: [.readCosts],
        input: Schema.object(
            [
                "entityRef": EntityLookup.schema, "window": CostWindowArgument.schema,
                "limit": Schema.integer(1...500, "Workloads to list; \(defaultLimit) when left out. Totals cover all."),
            ], required: ["entityRef"]),
        output: Schema.complete([
            "entityRef": Schema.string("The entity."),
            "currency": Schema.string("ISO 4217 code of the amounts."),
            "source": Schema.string("Where the amounts come from; estimate: requests of running pods at list prices."),
            "window": Schema.complete([
                "from": Schema.string("Start, RFC 3339, whole hour."), "to": Schema.string("End, RFC 3339."),
            ]),
            "dataThrough": Schema.orNull(Schema.string("Up to when costs are recorded; null before the first.")),
            "actual": Schema.complete([
                "cost": Output.costSchema, "cpuCoreHours": Schema.number("Core-hours requested."),
                "memoryGiBHours": Schema.number("GiB-hours requested."),
            ]),
            "runRate": Schema.complete(["hourly": Output.costSchema, "monthly": Output.costSchema]),
            "workloads": Schema.list(Schema.complete(itemSchema), "The dearest in the window first."),
            "omitted": Schema.count("Workloads with a cost that are not listed."),
            "notCovered": Output.notCoveredSchema,
        ]))

    private static let itemSchema: JSONObject = {
        var schema = Output.identitySchema
        schema["cost"] = Output.costSchema
        schema["hours"] = Schema.count("Hours of the window with a record.")
        schema["isPresent"] = Schema.flag("False when the workload is gone by now.")
        return schema
    }()

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        Input(
            ref: try EntityLookup.ref(arguments), window: arguments["window"]?.stringValue,
            limit: arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let window = try CostWindowArgument.parse(input.window, now: now())
        let entity = try await EntityLookup(store: store).entity(input.ref, for: caller)
        let costs = try await store.costs.workloadCosts(of: entity.ref, window)
        let present = try await store.workloads.workloads(of: entity.ref).filter(\.isOwner)
        let hourly = present.reduce(ResourceCost.zero) { $0 + Output.hourlyCost($1.workload) }
        let actual = costs.reduce(ResourceCost.zero) { $0 + $1.cost }
        let use = costs.reduce(CapacityTime.zero) { $0 + $1.use }
        return [
            "entityRef": .string(entity.ref), "currency": .string(currency), "source": "estimate",
            "window": ["from": Output.time(window.from), "to": Output.time(window.to)],
            "dataThrough": Output.time(try await store.costs.dataThrough()),
            "actual": [
                "cost": Output.cost(actual), "cpuCoreHours": .double(use.coreHours),
                "memoryGiBHours": .double(use.gibibyteHours),
            ],
            "runRate": ["hourly": Output.cost(hourly), "monthly": Output.cost(Output.monthly(hourly))],
            "workloads": .array(costs.prefix(input.limit).map(Self.item)),
            "omitted": .int(Int64(max(0, costs.count - input.limit))), "notCovered": Output.notCovered,
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
