internal import Base
internal import Costs
internal import Matching
internal import Store

/// How costs, workloads and times are written in the answers of all actions.
enum Output {
    static func time(_ time: Timestamp?) -> JSONValue { time.map { .string($0.rfc3339) } ?? .null }

    /// An amount in whole units of the currency, exact to the nano.
    static func amount(_ money: Money) -> JSONValue { .double(money.dollars) }

    /// Resources beside CPU and memory are named where they cost something.
    static func cost(_ cost: ResourceCost) -> JSONValue {
        var object: JSONObject = [
            "total": amount(cost.total), "cpu": amount(cost.cpu), "memory": amount(cost.memory),
        ]
        for (name, money) in others(cost) where money != .zero { object[name] = amount(money) }
        return .object(object)
    }

    private static func others(_ cost: ResourceCost) -> [(String, Money)] {
        [
            ("gpu", cost.gpu), ("storage", cost.storage), ("network", cost.network),
            ("loadBalancer", cost.loadBalancer), ("shared", cost.shared),
        ]
    }

    static let costSchema = Schema.object(
        [
            "total": Schema.number("In the answer's currency."), "cpu": Schema.number("Share of the CPU."),
            "memory": Schema.number("Share of the memory."), "gpu": Schema.number("Of GPUs; absent: none."),
            "storage": Schema.number("Of volumes; absent: none."),
            "network": Schema.number("Of traffic; absent: none."),
            "loadBalancer": Schema.number("Of load balancers; absent: none."),
            "shared": Schema.number("Of common costs that were laid on it; absent: none."),
        ], required: ["total", "cpu", "memory"])

    /// What a month of 730 hours costs at an hourly rate.
    static func monthly(_ hourly: Money) -> Money {
        RunRate(hourly, inSeconds: 3_600)?.monthly ?? Money(nanoDollars: .max)
    }

    /// The same by resource.
    static func monthly(_ hourly: ResourceCost) -> ResourceCost {
        hourly.scaled(by: PriceList.hoursPerMonth, over: 1) ?? hourly
    }

    static func hourlyCost(_ workload: WorkloadView) -> ResourceCost {
        ResourceCost(
            cpu: Money(nanoDollars: workload.cpuHourlyCost), memory: Money(nanoDollars: workload.memoryHourlyCost))
    }

    static func identity(_ key: WorkloadKey) -> JSONObject {
        [
            "cluster": .string(key.cluster), "kind": .string(key.kind), "namespace": .string(key.namespace),
            "name": .string(key.name),
        ]
    }

    static let identitySchema: JSONObject = [
        "cluster": Schema.string("Name of the cluster."), "kind": Schema.string("Such as Deployment."),
        "namespace": Schema.text("Its namespace; empty when it has none."), "name": Schema.string("Its name."),
    ]

    static func workload(_ workload: WorkloadView) -> JSONObject {
        var object = identity(workload.key)
        object["replicas"] = [
            "desired": workload.replicasDesired.map(JSONValue.int) ?? .null, "ready": .int(workload.replicasReady),
            "available": count(workload.facts.availableReplicas), "updated": count(workload.facts.updatedReplicas),
        ]
        object["pods"] = .int(workload.pods)
        object["restarts"] = .int(workload.restarts)
        object["requests"] = [
            "cpuCores": .double(Double(workload.cpuRequestMillicores) / 1_000),
            "memoryGiB": .double(Double(workload.memoryRequestBytes) / Double(1 << 30)),
        ]
        object["limits"] = [
            "cpuCores": .double(Double(workload.facts.limitCPUMillicores) / 1_000),
            "memoryGiB": .double(Double(workload.facts.limitMemoryBytes) / Double(1 << 30)),
        ]
        object["health"] = health(workload.facts)
        object["hourlyCost"] = cost(hourlyCost(workload))
        object["createdAt"] = time(workload.createdAt)
        object["changedAt"] = time(workload.changedAt)
        return object
    }

    static let workloadSchema: JSONObject = {
        var schema = identitySchema
        schema["replicas"] = Schema.complete([
            "desired": Schema.orNull(Schema.count("Replicas asked for; null where the kind has no such number.")),
            "ready": Schema.count("Replicas that are ready."),
            "available": Schema.orNull(
                Schema.count("Replicas that have been ready for long enough; null where the kind has no such number.")),
            "updated": Schema.orNull(
                Schema.count("Replicas of the newest template; null where the kind has no such number.")),
        ])
        schema["pods"] = Schema.count("Pods that have not finished.")
        schema["restarts"] = Schema.count("Container restarts of these pods.")
        schema["requests"] = Schema.complete([
            "cpuCores": Schema.number("CPU requested by its placed pods, in cores."),
            "memoryGiB": Schema.number("Memory requested by its placed pods, in GiB."),
        ])
        schema["limits"] = Schema.complete([
            "cpuCores": Schema.number(
                "CPU that its placed pods may use at most; containers without a limit add nothing."),
            "memoryGiB": Schema.number("The same of memory, in GiB."),
        ])
        schema["health"] = healthSchema
        schema["hourlyCost"] = costSchema
        schema["createdAt"] = Schema.orNull(Schema.string("RFC 3339."))
        schema["changedAt"] = Schema.string("When Callboard last saw it change, RFC 3339.")
        return schema
    }()

    static func count(_ number: Int?) -> JSONValue { number.map { .int(Int64($0)) } ?? .null }

    /// How fresh the clusters are that the answer speaks of.
    static func clusters(_ clusters: [ClusterView]) -> JSONValue {
        .array(
            clusters.map { cluster in
                [
                    "name": .string(cluster.name), "syncedAt": time(cluster.syncedAt),
                    "error": cluster.error.map(JSONValue.string) ?? .null,
                    "warning": cluster.warning.map(JSONValue.string) ?? .null,
                ]
            })
    }

    static let clustersSchema = Schema.list(
        Schema.complete([
            "name": Schema.string("Name of the cluster."),
            "syncedAt": Schema.orNull(Schema.string("When its state was last known to be current, RFC 3339.")),
            "error": Schema.orNull(Schema.string("Why it is stale; null when it is not.")),
            "warning": Schema.orNull(
                Schema.string(
                    "What is missing of it: autoscalers or declared kinds that cannot be read; null: nothing.")),
        ]), "How fresh each cluster's state is.")

    /// What Callboard's own estimate leaves out.
    static let notCovered: JSONValue = [
        "usage above requests where no source of usage is set up", "network traffic",
        "what runs outside of the clusters",
    ]
    static let notCoveredSchema = Schema.list(["type": "string"], "What the amounts do not include.")
}
