import Base
import HTTPClient
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

/// Against the API server that `CALLBOARD_TEST_KUBECONFIG` names. What its watches bring is compared, field by field,
/// with what it says in JSON.
@Suite("Real cluster", .enabled(if: environmentVariable("CALLBOARD_TEST_KUBECONFIG") != nil))
struct RealClusterTests {
    private let client: KubernetesClient
    private let namespace = "kube-client-\(UInt32.random(in: 0 ... .max))"

    init() async throws {
        let file = environmentVariable("CALLBOARD_TEST_KUBECONFIG")
        client = KubernetesClient(
            try await ClusterConfiguration.load(kubeconfig: file), http: HTTPClient(name: "real"), version: "test")
    }

    /// Makes a namespace for the time of `body`.
    private func inNamespace(_ body: () async throws -> Void) async throws {
        _ = try await client.create("/api/v1/namespaces", ["metadata": ["name": .string(namespace)]])
        do {
            try await body()
        } catch {
            try? await client.delete("/api/v1/namespaces/\(namespace)")
            throw error
        }
        try await client.delete("/api/v1/namespaces/\(namespace)")
    }

    /// Creates an object, after the namespace's service account if the cluster wants pods to have one, and gives it a
    /// status.
    private func create<Object>(
        _ resource: Resource<Object>, _ name: String, _ object: JSONValue, status: JSONValue? = nil
    ) async throws {
        let endpoint = try #require(try await client.endpoint(of: resource))
        let space = resource.isNamespaced ? namespace : nil
        guard case .object(var members) = object else { return }
        var metadata = members["metadata"]?.objectValue ?? [:]
        metadata["name"] = .string(name)
        (members["metadata"], members["kind"]) = (.object(metadata), .string(resource.kind))
        members["apiVersion"] = .string(endpoint.groupVersion.description)
        let body = JSONValue.object(members)
        let path = endpoint.path(namespace: space)
        #expect(
            await eventually {
                do {
                    _ = try await client.create(path, body)
                    return true
                } catch {
                    return (error as? KubernetesError)?.code != .forbidden
                }
            })
        guard let status else { return }
        let statusPath = endpoint.path(namespace: space, name: name, subresource: "status")
        _ = try await client.patch(statusPath, .merge, ["status": status])
    }

    /// Runs an informer and waits until each object in its cache is as `matches` says that the server's JSON of the
    /// same version is.
    private func compare<Object>(
        _ resource: Resource<Object>, selection: Selection? = nil, atLeast count: Int = 1,
        _ matches: @escaping @Sendable (Object, JSONValue) -> [String]
    ) async throws {
        let informer = Informer(
            resource, client: client, selection: selection ?? Selection(namespace: namespace),
            logger: Logger("test", sink: { _ in }))
        let task = Task { await informer.run() }
        defer { task.cancel() }
        #expect(await informer.waitUntilSynced(deadline: .now + .seconds(20)))
        let endpoint = try #require(try await client.endpoint(of: resource))
        let path = endpoint.path(namespace: resource.isNamespaced ? namespace : nil)
        let differences = Mutex<[String]>([])
        let isSame = await eventually {
            guard let list = try? await client.get(path) else { return false }
            let items = list["items"]?.arrayValue ?? []
            let found = items.flatMap { item -> [String] in
                let key = ObjectKey(
                    namespace: item["metadata"]?["namespace"]?.stringValue ?? "",
                    name: item["metadata"]?["name"]?.stringValue ?? "")
                guard let object = informer.cache.get(key) else { return ["\(key) is missing"] }
                return metadata(object.meta, item["metadata"] ?? .null) + matches(object, item)
            }
            differences.withLock { $0 = found }
            return found.isEmpty && items.count == informer.cache.count && items.count >= count
        }
        #expect(isSame, "\(resource.plural): \(differences.withLock { $0 })")
    }

    private func metadata(_ meta: ObjectMeta, _ json: JSONValue) -> [String] {
        let owner = json["ownerReferences"]?.arrayValue?.first { $0["controller"]?.boolValue == true }
        return [
            differs("uid", meta.uid.description, json["uid"]?.stringValue),
            differs("version", meta.resourceVersion.text, json["resourceVersion"]?.stringValue),
            differs("generation", meta.generation, json["generation"]?.intValue ?? 0),
            differs("labels", meta.labels, labels(json["labels"])),
            differs("created", meta.created.rfc3339, json["creationTimestamp"]?.stringValue),
            differs("deleted", meta.deleted?.rfc3339, json["deletionTimestamp"]?.stringValue),
            differs("owner kind", meta.owner?.kind, owner?["kind"]?.stringValue),
            differs("owner name", meta.owner?.name, owner?["name"]?.stringValue),
            differs("owner uid", meta.owner?.uid.description, owner?["uid"]?.stringValue),
        ].compactMap { $0 }
    }

    private static let template: JSONValue = [
        "metadata": ["labels": ["app": "web", "example.com/long-enough-to-be-interned": "a-value-of-some-length"]],
        "spec": [
            "restartPolicy": "Always", "schedulerName": "nobody",
            "containers": [
                [
                    "name": "web", "image": "web:1",
                    "resources": ["requests": ["cpu": "250m", "memory": "64Mi"], "limits": ["cpu": "1"]],
                ]
            ],
        ],
    ]

    private func template(restartPolicy: String) -> JSONValue {
        guard case .object(var template) = Self.template, case .object(var spec) = template["spec"] else {
            return .null
        }
        spec["restartPolicy"] = .string(restartPolicy)
        template["spec"] = .object(spec)
        return .object(template)
    }

    private let selector: JSONValue = ["matchLabels": ["app": "web"]]

    @Test("Deployments, ReplicaSets and StatefulSets are what their JSON says")
    func replicated() async throws {
        try await inNamespace {
            let spec: JSONValue = ["replicas": 3, "selector": selector, "template": Self.template]
            let paused: JSONValue = [
                "replicas": 4, "paused": true, "selector": selector, "template": Self.template,
            ]
            let labelled: JSONValue = ["labels": ["backstage.io/kubernetes-id": "web"], "annotations": ["a": "b"]]
            let status: JSONValue = ["replicas": 3, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": 2]
            try await create(.deployments, "web", ["metadata": labelled, "spec": spec], status: status)
            try await create(.deployments, "paused", ["spec": paused])
            try await create(.statefulSets, "db", ["spec": with(spec, "serviceName", "db")], status: status)
            let owned: JSONValue = [
                "ownerReferences": [
                    ["apiVersion": "v1", "kind": "A", "name": "other", "uid": "1"],
                    [
                        "apiVersion": "apps/v1", "kind": "Deployment", "name": "gone", "controller": true,
                        "uid": "0b9b4a7e-1111-4222-8333-444455556666",
                    ],
                ]
            ]
            try await create(.replicaSets, "set", ["metadata": owned, "spec": spec])
            for (resource, kind) in [
                (Resource.deployments, WorkloadKind.deployment), (.statefulSets, .statefulSet),
                (.replicaSets, .replicaSet),
            ] {
                try await compare(resource) { workload, json in
                    [
                        differs("kind", workload.kind, kind),
                        differs("desired", Int64(workload.replicas.desired), number(json, "spec", "replicas")),
                        differs("ready", Int64(workload.replicas.ready), number(json, "status", "readyReplicas")),
                        // Kubernetes 1.22 gave StatefulSets this field.
                        differs(
                            "available", Int64(workload.replicas.available), number(json, "status", "availableReplicas")
                        ),
                        differs(
                            "updated", Int64(workload.replicas.updated), number(json, "status", "updatedReplicas")),
                        differs(
                            "template", workload.templateLabels,
                            labels(json["spec"]?["template"]?["metadata"]?["labels"])),
                    ].compactMap { $0 }
                }
            }
        }
    }

    @Test("DaemonSets, Jobs and CronJobs are what their JSON says")
    func others() async throws {
        try await inNamespace {
            try await create(
                .daemonSets, "agent", ["spec": ["selector": selector, "template": Self.template]],
                status: [
                    "currentNumberScheduled": 1, "numberMisscheduled": 2, "desiredNumberScheduled": 3, "numberReady": 4,
                    "updatedNumberScheduled": 5, "numberAvailable": 6,
                ])
            let job: JSONValue = [
                "parallelism": 2, "completions": 5, "template": template(restartPolicy: "Never"),
            ]
            try await create(.jobs, "once", ["spec": job], status: ["active": 2])
            try await create(
                .cronJobs, "nightly",
                ["spec": ["schedule": "0 3 * * *", "suspend": true, "jobTemplate": ["spec": job]]])
            try await compare(.daemonSets) { workload, json in
                [
                    differs(
                        "desired", Int64(workload.replicas.desired), number(json, "status", "desiredNumberScheduled")),
                    differs("ready", Int64(workload.replicas.ready), number(json, "status", "numberReady")),
                    differs("available", Int64(workload.replicas.available), number(json, "status", "numberAvailable")),
                    differs(
                        "updated", Int64(workload.replicas.updated), number(json, "status", "updatedNumberScheduled")),
                    differs(
                        "template", workload.templateLabels, labels(json["spec"]?["template"]?["metadata"]?["labels"])),
                ].compactMap { $0 }
            }
            try await compare(.jobs) { workload, json in
                [
                    differs("desired", Int64(workload.replicas.desired), number(json, "spec", "parallelism")),
                    differs("active", Int64(workload.replicas.available), number(json, "status", "active")),
                    differs("ready", Int64(workload.replicas.ready), number(json, "status", "ready")),
                    differs(
                        "template", workload.templateLabels, labels(json["spec"]?["template"]?["metadata"]?["labels"])),
                ].compactMap { $0 }
            }
            try await compare(.cronJobs) { workload, json in
                let inner = json["spec"]?["jobTemplate"]?["spec"]?["template"]
                return [
                    differs("suspended", workload.isSuspended, json["spec"]?["suspend"]?.boolValue ?? false),
                    differs("template", workload.templateLabels, labels(inner?["metadata"]?["labels"])),
                ].compactMap { $0 }
            }
        }
    }

    @Test("pods, with what they reserve, are what their JSON says")
    func pods() async throws {
        func container(_ name: String, _ cpu: String, _ memory: String) -> JSONValue {
            [
                "name": .string(name), "image": "i:1",
                "resources": ["requests": ["cpu": .string(cpu), "memory": .string(memory)]],
            ]
        }
        let runtimeClasses = "/apis/node.k8s.io/v1/runtimeclasses"
        let overhead: JSONValue = ["podFixed": ["cpu": "10m", "memory": "1Ki"]]
        _ = try await client.create(
            runtimeClasses,
            ["metadata": ["name": .string(namespace)], "handler": "none", "overhead": overhead])
        try await inNamespace {
            try await create(
                .pods, "two",
                [
                    "metadata": ["labels": ["app": "web"]],
                    "spec": [
                        "schedulerName": "nobody", "runtimeClassName": .string(namespace),
                        "containers": [container("a", "250m", "64Mi"), container("b", "1.5", "1G")],
                        "initContainers": [container("i", "3", "1Mi"), container("j", "1n", "1.5Mi")],
                    ],
                ],
                status: [
                    "phase": "Running",
                    "conditions": [
                        ["type": "PodScheduled", "status": "True"], ["type": "Ready", "status": "True"],
                    ],
                    "containerStatuses": [
                        status(of: "a", restarts: 3), status(of: "b", restarts: 4),
                    ],
                ])
            try await create(
                .pods, "placed",
                [
                    "metadata": ["annotations": ["kept": "no"]],
                    "spec": [
                        "nodeName": .string("a-node-of-\(namespace)"), "containers": [container("a", "0", "1e3")],
                    ],
                ])
            try await compare(.pods, atLeast: 2) { pod, json in
                let statuses = json["status"]?["containerStatuses"]?.arrayValue ?? []
                let ready = json["status"]?["conditions"]?.arrayValue?.contains {
                    $0["type"] == "Ready" && $0["status"] == "True"
                }
                let requests =
                    pod.meta.name == "two"
                    ? ComputeResources(cpuMillicores: 3010, memoryBytes: (64 << 20) + 1_000_000_000 + 1024)
                    : ComputeResources(cpuMillicores: 0, memoryBytes: 1000)
                return [
                    differs("phase", pod.phase.rawValue, json["status"]?["phase"]?.stringValue),
                    differs("node", pod.nodeName, json["spec"]?["nodeName"]?.stringValue ?? ""),
                    differs("ready", pod.isReady, ready ?? false),
                    differs(
                        "restarts", Int64(pod.restartCount),
                        statuses.reduce(0) { $0 + ($1["restartCount"]?.intValue ?? 0) }),
                    differs("requests", pod.containers.requests, requests),
                    differs("annotations", pod.meta.annotations, [:]),
                ].compactMap { $0 }
            }
            try await client.delete("/api/v1/namespaces/\(namespace)/pods/placed", gracePeriodSeconds: 0)
        }
        try await client.delete(runtimeClasses + "/" + namespace)
    }

    @Test("why containers wait, how they ended and when they should be ready is what the JSON says")
    func troubles() async throws {
        let (started, ended) = ("2026-01-01T00:00:00Z", "2026-01-01T00:05:00Z")
        func probe(_ delay: Int64, _ period: Int64, _ failures: Int64) -> JSONValue {
            [
                "tcpSocket": ["port": 80], "initialDelaySeconds": .int(delay), "periodSeconds": .int(period),
                "failureThreshold": .int(failures),
            ]
        }
        let killed: JSONValue = ["terminated": ["exitCode": 137, "reason": "OOMKilled", "finishedAt": .string(ended)]]
        try await inNamespace {
            try await create(
                .pods, "ailing",
                [
                    "spec": [
                        "schedulerName": "nobody",
                        "containers": [
                            [
                                "name": "looping", "image": "i:1",
                                "resources": ["limits": ["cpu": "500m", "memory": "1Gi"]],
                            ],
                            [
                                "name": "starting", "image": "i:2", "readinessProbe": probe(5, 10, 3),
                                "startupProbe": probe(0, 2, 30),
                            ],
                        ],
                        "initContainers": [["name": "first", "image": "i:3"]],
                    ]
                ],
                status: [
                    "phase": "Running",
                    "containerStatuses": [
                        with(
                            with(
                                status(of: "looping", restarts: 7), "state",
                                ["waiting": ["reason": "CrashLoopBackOff", "message": "back-off 5m0s"]]),
                            "lastState", killed),
                        with(
                            with(
                                status(of: "starting", restarts: 0), "state",
                                ["running": ["startedAt": .string(started)]]),
                            "ready", false),
                    ],
                    "initContainerStatuses": [
                        with(
                            status(of: "first", restarts: 0), "state",
                            ["terminated": ["exitCode": 0, "reason": "Completed", "finishedAt": .string(ended)]])
                    ],
                ])
            let expected = PodTroubles(containers: [
                ContainerTrouble(
                    name: "looping", restartCount: 7, waitingReason: "CrashLoopBackOff",
                    waitingMessage: "back-off 5m0s",
                    termination: ContainerTermination(
                        reason: "OOMKilled", exitCode: 137, finishedAt: Timestamp(rfc3339: ended))),
                ContainerTrouble(name: "starting", readyDue: Timestamp(rfc3339: started)?.adding(seconds: 35 + 60)),
            ])
            try await compare(.pods) { pod, _ in
                [
                    differs("troubles", pod.troubles, expected), differs("restarts", pod.restartCount, 7),
                    differs("images", pod.containers.images, ["i:1", "i:2", "i:3"]),
                    differs(
                        "limits", pod.containers.limits, ComputeResources(cpuMillicores: 500, memoryBytes: 1 << 30)),
                    // The server took the first container's requests from its limits.
                    differs("without requests", pod.containers.withoutRequests, 1),
                ].compactMap { $0 }
            }
        }
    }

    @Test("rollouts, conditions and autoscalers are what their JSON says")
    func rollouts() async throws {
        try await inNamespace {
            let spec: JSONValue = ["replicas": 3, "paused": true, "selector": selector, "template": Self.template]
            let condition: JSONValue = [
                "type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable", "message": "too few",
                "lastUpdateTime": "2026-01-01T00:00:00Z", "lastTransitionTime": "2026-01-01T00:00:00Z",
            ]
            try await create(
                .deployments, "web", ["spec": spec], status: ["observedGeneration": 0, "conditions": [condition]])
            try await create(
                .horizontalPodAutoscalers, "web",
                [
                    "spec": [
                        "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web"],
                        "minReplicas": 1, "maxReplicas": 4,
                    ]
                ], status: ["currentReplicas": 4, "desiredReplicas": 5])
            try await compare(.deployments) { deployment, json in
                let conditions = json["status"]?["conditions"]?.arrayValue?.filter { $0["status"] == "False" } ?? []
                return [
                    differs("rolling out", deployment.isRollingOut, true),
                    differs(
                        "conditions", deployment.failedConditions.map(\.message),
                        conditions.compactMap { $0["message"]?.stringValue }),
                ].compactMap { $0 }
            }
            try await compare(.horizontalPodAutoscalers) { autoscaler, json in
                [
                    differs("target", "\(autoscaler.targetKind).\(autoscaler.targetGroup)", "Deployment.apps"),
                    differs("name", autoscaler.targetName, "web"),
                    differs("maximum", Int64(autoscaler.maximumReplicas), number(json, "spec", "maxReplicas")),
                    differs("current", Int64(autoscaler.currentReplicas), number(json, "status", "currentReplicas")),
                ].compactMap { $0 }
            }
        }
    }

    @Test("nodes, namespaces and ConfigMaps are what their JSON says")
    func nodesAndOthers() async throws {
        try await inNamespace {
            let node = "a-node-of-\(namespace)"
            let amounts: JSONValue = ["cpu": "3920m", "memory": "15Gi", "pods": "110"]
            try await create(
                .nodes, node,
                [
                    "metadata": ["labels": ["node.kubernetes.io/instance-type": "m5.large"]],
                    "spec": ["unschedulable": true],
                ],
                status: [
                    "capacity": ["cpu": "4", "memory": "16Gi"], "allocatable": amounts,
                    "conditions": [["type": "Ready", "status": "True"]],
                ])
            try await compare(.nodes, selection: .all) { node, json in
                func amount(_ list: String) -> ComputeResources {
                    let amounts = json["status"]?[list]
                    return ComputeResources(
                        cpuMillicores: Quantity.thousandths(amounts?["cpu"]?.stringValue ?? "0") ?? -1,
                        memoryBytes: Quantity.units(amounts?["memory"]?.stringValue ?? "0") ?? -1)
                }
                let ready = json["status"]?["conditions"]?.arrayValue?.contains {
                    $0["type"] == "Ready" && $0["status"] == "True"
                }
                return [
                    differs("capacity", node.capacity, amount("capacity")),
                    differs("allocatable", node.allocatable, amount("allocatable")),
                    differs("ready", node.isReady, ready ?? false),
                    differs("unschedulable", node.isUnschedulable, json["spec"]?["unschedulable"]?.boolValue ?? false),
                ].compactMap { $0 }
            }
            try await client.delete("/api/v1/nodes/\(node)")
            try await compare(.namespaces, selection: .all) { namespace, json in
                [differs("phase", namespace.phase, json["status"]?["phase"]?.stringValue)].compactMap { $0 }
            }
            try await create(
                .configMaps, "catalog",
                ["metadata": ["annotations": ["a": "b"]], "data": ["one.yaml": "kind: Ä\n", "empty": ""]])
            try await compare(.configMaps) { map, json in
                [
                    differs("data", map.data, strings(json["data"])),
                    differs("annotations", map.meta.annotations, strings(json["metadata"]?["annotations"])),
                ].compactMap { $0 }
            }
        }
    }

    @Test("changes come while watching: creation, change, deletion and recreation")
    func changes() async throws {
        try await inNamespace {
            let seen = Mutex<[String]>([])
            let informer = Informer(
                .configMaps, client: client,
                selection: Selection(namespace: namespace, labelSelector: "callboard.dev/catalog=true"),
                logger: Logger("test", sink: { _ in })
            ) { change in
                let uidChanged =
                    change.old.map { old in change.new.map { $0.meta.uid != old.meta.uid } ?? false } ?? false
                seen.withLock {
                    $0.append("\(change.cause) \(change.old?.data["k"] ?? "-") > \(change.new?.data["k"] ?? "-")")
                    if uidChanged { $0.append("another object") }
                }
            }
            let task = Task { await informer.run() }
            defer { task.cancel() }
            #expect(await informer.waitUntilSynced(deadline: .now + .seconds(20)))
            let labelled: JSONValue = ["labels": ["callboard.dev/catalog": "true"]]
            try await create(.configMaps, "other", ["data": ["k": "not selected"]])
            try await create(.configMaps, "a", ["metadata": labelled, "data": ["k": "1"]])
            let path = "/api/v1/namespaces/\(namespace)/configmaps/a"
            _ = try await client.patch(path, .merge, ["data": ["k": "2"]])
            // An object that is not selected any more is gone for this informer.
            _ = try await client.patch(path, .merge, ["metadata": ["labels": ["callboard.dev/catalog": nil]]])
            _ = try await client.patch(path, .merge, ["metadata": labelled])
            try await client.delete(path)
            try await create(.configMaps, "a", ["metadata": labelled, "data": ["k": "3"]])
            let expected = ["- > 1", "1 > 2", "2 > -", "- > 2", "2 > -", "- > 3"].map { "watch \($0)" }
            #expect(await eventually { seen.withLock { $0 } == expected }, "\(seen.withLock { $0 })")
            #expect(informer.status.lastError == nil)
        }
    }

    @Test("an absent kind is no error, a wrong token is one")
    func refusals() async throws {
        #expect(try await client.endpoint(of: "unicorns", versions: [GroupVersion(version: "v1")]) == nil)
        #expect(try await client.endpoint(of: "a", versions: [GroupVersion(group: "no.such", version: "v1")]) == nil)
        let missing = await #expect(throws: KubernetesError.self) {
            _ = try await client.get("/api/v1/namespaces/no-such-namespace")
        }
        #expect(missing?.code == .notFound)
        var configuration = client.configuration
        configuration.credentials = .token("wrong")
        configuration.tls.clientCertificatePEM = nil
        configuration.tls.clientKeyPEM = nil
        let stranger = KubernetesClient(configuration, http: HTTPClient(name: "stranger"), version: "test")
        let refused = await #expect(throws: KubernetesError.self) { _ = try await stranger.get("/api/v1/namespaces") }
        #expect(refused?.code == .unauthorized)
    }

    private func with(_ value: JSONValue, _ key: String, _ member: JSONValue) -> JSONValue {
        guard case .object(var object) = value else { return value }
        object[key] = member
        return .object(object)
    }

    private func status(of container: String, restarts: Int64) -> JSONValue {
        [
            "name": .string(container), "image": "i:1", "imageID": "", "ready": true, "restartCount": .int(restarts),
        ]
    }
}

private func differs<Value: Equatable>(_ field: String, _ found: Value, _ expected: Value?) -> String? {
    found == expected ? nil : "\(field) is \(found), not \(String(describing: expected))"
}

private func differs<Value: Equatable>(_ field: String, _ found: Value?, _ expected: Value?) -> String? {
    found == expected ? nil : "\(field) is \(String(describing: found)), not \(String(describing: expected))"
}

private func number(_ json: JSONValue, _ part: String, _ field: String) -> Int64 { json[part]?[field]?.intValue ?? 0 }

private func strings(_ json: JSONValue?) -> [String: String] {
    let members = json?.objectValue ?? [:]
    return Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value.stringValue ?? "") })
}

private func labels(_ json: JSONValue?) -> LabelSet { LabelSet(strings(json).map { ($0.key, $0.value) }) }
