internal import Base
internal import Costs
internal import Matching
internal import Store

/// All that is known about what one workload's containers should request.
struct ExplainRecommendation: Action {
    let desk: CostDesk

    struct Input: Sendable {
        let pattern: WorkloadPattern
        let container: String?
    }

    private static let maximumContainers = 50

    static let definition = ActionDefinition(
        plugin: "callboard", name: "explain-recommendation", title: "Explain a workload's recommendation",
        description: """
            Tells for one Kubernetes workload, container by container, what is requested, what each source recommends and why, \
            limits included, what it saves, on how many samples and how much history it rests, and where sources disagree. \
            When there is no recommendation it says so; the class tells why (hpa-skip, insufficient-data). Asks for cost \
            permission only; get-recommendations finds workloads that are worth a look.
            """,
        attributes: .readOnly, permissions: [.readCosts],
        input: Schema.object(
            WorkloadArguments.schemas.merging(["container": Schema.string("Only this container.")]), required: ["name"]),
        output: Schema.complete([
            "asOf": Schema.string("When this was answered, RFC 3339."),
            "currency": Schema.string("ISO 4217 code of the amounts."),
            "workload": Schema.complete(
                Output.identitySchema.merging(["isPresent": Schema.flag("False when it is gone by now.")])),
            "containers": Schema.list(
                Schema.complete(Output.adviceSchema(isComplete: true)),
                "At most \(maximumContainers); empty: no source has said anything yet."),
            "classes": Schema.anyObject("What the classes that occur mean."),
        ]))

    private static let meanings: [SizingClass: String] = [
        .outOfMemory: "killed for lack of memory in the last 24 hours", .throttled: "its CPU limit slows it down",
        .under: "it should request more", .noRequest: "CPU or memory has no request",
        .over: "it should request less, and that saves money", .idle: "it hardly uses what it requests",
        .autoscaled:
            "a HorizontalPodAutoscaler scales by the resource, so changing the request would change the replicas",
        .insufficientData: "less than three hours of samples", .ok: "nothing is to be done",
    ]

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        Input(pattern: WorkloadArguments.pattern(arguments), container: arguments["container"]?.stringValue)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let workload = try await WorkloadArguments.workload(input.pattern, in: desk.store)
        var query = RecommendationQuery()
        (query.workload, query.container, query.limit) = (workload.id, input.container, Self.maximumContainers)
        let page = try await desk.store.costs.recommendations(query)
        let classes = Set(page.items.flatMap(\.recommendations).map(\.sizingClass))
        let meanings = classes.compactMap { sizing in
            Self.meanings[sizing].map { (sizing.rawValue, JSONValue.string($0)) }
        }
        var identity = Output.identity(workload.key)
        identity["isPresent"] = .bool(workload.isPresent)
        return [
            "asOf": Output.time(desk.now()), "currency": .string(desk.currency), "workload": .object(identity),
            "containers": .array(page.items.map { .object(Output.advice($0, isComplete: true)) }),
            "classes": .object(JSONObject(meanings)),
        ]
    }
}
