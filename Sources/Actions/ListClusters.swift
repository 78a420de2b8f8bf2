internal import Base
internal import Store

/// The clusters that Callboard follows: how fresh what it knows of each is, and who leads.
struct ListClusters: Action {
    let store: Store
    let now: @Sendable () -> Timestamp

    struct Input: Sendable {}

    /// A leader notes every 10 s that it follows its cluster; some of these may be missed, for a change of leaders.
    static let staleAfterSeconds: Int64 = 60

    static let definition = ActionDefinition(
        plugin: "callboard", name: "list-clusters", title: "List the clusters that are followed",
        description: """
            Lists the Kubernetes clusters that Callboard follows: whether what is known of each is live or stale, since when \
            and why, how many workloads run there, and which process follows it. Use it when numbers look old, or to learn \
            the names that the other tools take as cluster.
            """,
        attributes: .readOnly, permissions: [.readWorkloads], input: Schema.object([:]),
        output: Schema.object(
            [
                "asOf": Schema.string("When this was answered, RFC 3339."),
                "clusters": Schema.list(
                    Schema.complete([
                        "name": Schema.string("Name of the cluster."),
                        "state": Schema.string(
                            "live: it is followed now; stale: it was, and what is stored is as old as syncedAt; "
                                + "pending: it could not be read yet."),
                        "syncedAt": Schema.orNull(Schema.string("When its state was last current, RFC 3339.")),
                        "error": Schema.orNull(Schema.string("What keeps it from being followed; null when nothing.")),
                        "warning": Schema.orNull(Schema.string("What of it is missing; null when nothing.")),
                        "workloads": Schema.count("Workloads that are stored as running there."),
                        "leader": Schema.orNull(Schema.string("The process that follows it.")),
                        "leaderSince": Schema.orNull(Schema.string("RFC 3339.")),
                        "usage": Schema.orNull(
                            Schema.complete(
                                [
                                    "source": Schema.string("metrics.k8s.io or prometheus."),
                                    "asOf": Schema.orNull(Schema.string("When it last told, RFC 3339; null: never.")),
                                    "pods": Schema.count("Pods of which the last answer told."),
                                    "error": Schema.orNull(Schema.string("What is wrong with it; null when nothing.")),
                                ], description: "What pods use, as it is known; null before anybody was asked.")),
                    ]), "In the order of their names."),
            ], required: ["asOf", "clusters"]))

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input { Input() }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let moment = now()
        let clusters = try await store.workloads.clusterStates()
        let usage = try await store.workloads.usageStates()
        let items = clusters.map { Self.item($0, usage[$0.view.name], at: moment) }
        return ["asOf": Output.time(moment), "clusters": .array(items)]
    }

    private static func item(_ cluster: ClusterState, _ usage: UsageState?, at moment: Timestamp) -> JSONValue {
        let view = cluster.view
        let isFresh =
            view.syncedAt.map { moment.microseconds - $0.microseconds < staleAfterSeconds * 1_000_000 } ?? false
        let state = view.syncedAt == nil ? "pending" : isFresh && view.error == nil ? "live" : "stale"
        return [
            "name": .string(view.name), "state": .string(state), "syncedAt": Output.time(view.syncedAt),
            "error": view.error.map(JSONValue.string) ?? .null,
            "warning": view.warning.map(JSONValue.string) ?? .null, "workloads": .int(cluster.workloads),
            "leader": cluster.leader.map(JSONValue.string) ?? .null, "leaderSince": Output.time(cluster.leaderSince),
            "usage": usage.map(Self.item) ?? .null,
        ]
    }

    private static func item(_ usage: UsageState) -> JSONValue {
        [
            "source": .string(usage.source), "asOf": Output.time(usage.at), "pods": .int(usage.pods),
            "error": usage.error.map(JSONValue.string) ?? .null,
        ]
    }
}
