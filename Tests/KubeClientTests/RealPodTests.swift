import Base
import TestSupport
import Testing

@testable import KubeClient

@Suite("Pods of a real cluster", .enabled(if: environmentVariable("CALLBOARD_TEST_KUBECONFIG") != nil))
struct RealPodTests {
    private let cluster: RealCluster

    init() async throws { cluster = try await RealCluster() }

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
        _ = try await cluster.client.create(
            runtimeClasses,
            ["metadata": ["name": .string(cluster.namespace)], "handler": "none", "overhead": overhead])
        try await cluster.inNamespace {
            try await cluster.create(
                .pods, "two",
                [
                    "metadata": ["labels": ["app": "web"]],
                    "spec": [
                        "schedulerName": "nobody", "runtimeClassName": .string(cluster.namespace),
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
            try await cluster.create(
                .pods, "placed",
                [
                    "metadata": ["annotations": ["kept": "no"]],
                    "spec": [
                        "nodeName": .string("a-node-of-\(cluster.namespace)"),
                        "containers": [container("a", "0", "1e3")],
                    ],
                ])
            try await cluster.compare(.pods, atLeast: 2) { pod, json in
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
            try await cluster.client.delete(
                "/api/v1/namespaces/\(cluster.namespace)/pods/placed", gracePeriodSeconds: 0)
        }
        try await cluster.client.delete(runtimeClasses + "/" + cluster.namespace)
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
        try await cluster.inNamespace {
            try await cluster.create(
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
                        cluster.with(
                            cluster.with(
                                status(of: "looping", restarts: 7), "state",
                                ["waiting": ["reason": "CrashLoopBackOff", "message": "back-off 5m0s"]]),
                            "lastState", killed),
                        cluster.with(
                            cluster.with(
                                status(of: "starting", restarts: 0), "state",
                                ["running": ["startedAt": .string(started)]]),
                            "ready", false),
                    ],
                    "initContainerStatuses": [
                        cluster.with(
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
            try await cluster.compare(.pods) { pod, _ in
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

    private func status(of container: String, restarts: Int64) -> JSONValue {
        [
            "name": .string(container), "image": "i:1", "imageID": "", "ready": true, "restartCount": .int(restarts),
        ]
    }
}
