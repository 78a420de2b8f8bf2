internal import Base
internal import Matching
internal import Store

/// Who owns a workload, and why.
struct GetWorkloadOwnership: Action {
    let store: Store

    struct Input: Sendable {
        let pattern: WorkloadPattern
        let moment: Timestamp?
    }

    private static let maximumLinks = 50

    static let definition = ActionDefinition(
        plugin: "callboard", name: "get-workload-ownership", title: "Get who owns a workload",
        description: """
            Tells which catalog entity owns a Kubernetes workload, now or at a moment of the past, by which rule \
            (label-selector or kubernetes-id) and on which labels, which other entities match it, and who owned it \
            when. Cost goes to the owner at the time: of several that match, the one with the most specific \
            selector. A name alone is enough when only one workload has it. Use it when a cost seems to be with the \
            wrong owner.
            """,
        attributes: .readOnly, permissions: [.readWorkloads],
        input: Schema.object(
            WorkloadArguments.schemas.merging([
                "at": Schema.string("A moment of the past, RFC 3339, such as 2026-03-01T12:00:00Z; now when left out.")
            ]), required: ["name"]),
        output: Schema.complete([
            "workload": Schema.complete(
                Output.identitySchema.merging(["isPresent": Schema.flag("False when it is gone by now.")])),
            "at": Schema.orNull(Schema.string("As asked; null for now.")),
            "owner": Schema.orNull(linkSchema),
            "matches": Schema.list(linkSchema, "All entities that match it then, the owner included."),
            "owners": Schema.list(linkSchema, "Who owned it when, the latest first, at most \(maximumLinks)."),
        ]))

    private static let linkSchema = Schema.complete([
        "entityRef": Schema.string("The entity."), "rule": Schema.string("What made it match."),
        "matchedOn": Schema.string("Whose labels matched: the workload's own, its pod template's, or both."),
        "isOwner": Schema.flag("Whether cost goes to it."), "since": Schema.string("RFC 3339."),
        "until": Schema.orNull(Schema.string("RFC 3339; null: still.")),
    ])

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        let moment = try arguments["at"]?.stringValue.map { text throws(ActionError) in
            guard let moment = Timestamp(rfc3339: text) else {
                throw ActionError(.input, "at: expected a time such as 2026-03-01T12:00:00Z, but found \"\(text)\"")
            }
            return moment
        }
        return Input(pattern: WorkloadArguments.pattern(arguments), moment: moment)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let workload = try await WorkloadArguments.workload(input.pattern, in: store)
        let all = try await store.workloads.links(of: workload.id, at: nil, limit: Self.maximumLinks)
        let then =
            if let moment = input.moment {
                try await store.workloads.links(of: workload.id, at: moment, limit: Self.maximumLinks)
            } else { all.filter { $0.until == nil } }
        var identity = Output.identity(workload.key)
        identity["isPresent"] = .bool(workload.isPresent)
        return [
            "workload": .object(identity), "at": Output.time(input.moment),
            "owner": then.first(where: \.isOwner).map(Self.link) ?? .null,
            "matches": .array(then.sorted { $0.isOwner && !$1.isOwner }.map(Self.link)),
            "owners": .array(all.filter(\.isOwner).map(Self.link)),
        ]
    }

    private static func link(_ link: LinkPeriod) -> JSONValue {
        [
            "entityRef": .string(link.entityRef), "rule": .string(link.rule), "matchedOn": .string(link.matchedOn),
            "isOwner": .bool(link.isOwner), "since": Output.time(link.since), "until": Output.time(link.until),
        ]
    }
}

/// The arguments that name one workload.
enum WorkloadArguments {
    private static let maximumCandidates = 5

    static let schemas: JSONObject = [
        "name": Schema.string("Name of the workload."), "namespace": Schema.string("Its Kubernetes namespace."),
        "kind": Schema.string("Such as Deployment, in any letter case."), "cluster": Schema.string("Its cluster."),
    ]

    static func pattern(_ arguments: JSONObject) -> WorkloadPattern {
        WorkloadPattern(
            cluster: arguments["cluster"]?.stringValue, namespace: arguments["namespace"]?.stringValue,
            kind: arguments["kind"]?.stringValue, name: arguments["name"]?.stringValue ?? "")
    }

    /// The one workload that is meant.
    ///
    /// - Throws: `ActionError` of kind `notFound` when there is none, of kind `conflict` when there are several; both list
    ///   what may have been meant. `StoreError`.
    static func workload(_ pattern: WorkloadPattern, in store: Store) async throws -> NamedWorkload {
        let found = try await store.workloads.named(pattern, limit: maximumCandidates + 1)
        let present = found.filter { $0.isExact && $0.isPresent }
        let exact = present.isEmpty ? found.filter(\.isExact) : present
        if exact.count == 1 { return exact[0] }
        let names = found.map(\.key.description)
        guard exact.isEmpty else {
            throw ActionError(
                .conflict,
                "Several workloads are called \(pattern.name); say cluster, namespace or kind: "
                    + names.prefix(maximumCandidates).joined(separator: ", "))
        }
        throw CostScopeArgument.unknown("workload \(pattern.name)", names)
    }
}
