import Base
import TestSupport
import Testing

@testable import KubeClient

@Suite("Workloads of a real cluster", .enabled(if: environmentVariable("CALLBOARD_TEST_KUBECONFIG") != nil))
struct RealWorkloadTests {
    private let cluster: RealCluster

    init() async throws { cluster = try await RealCluster() }

    @Test("Deployments, ReplicaSets and StatefulSets are what their JSON says")
    func replicated() async throws {
        try await cluster.inNamespace {
            let spec: JSONValue = ["replicas": 3, "selector": cluster.selector, "template": RealCluster.template]
            let paused: JSONValue = [
                "replicas": 4, "paused": true, "selector": cluster.selector, "template": RealCluster.template,
            ]
            let labelled: JSONValue = ["labels": ["backstage.io/kubernetes-id": "web"], "annotations": ["a": "b"]]
            let status: JSONValue = ["replicas": 3, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": 2]
            try await cluster.create(.deployments, "web", ["metadata": labelled, "spec": spec], status: status)
            try await cluster.create(.deployments, "paused", ["spec": paused])
            try await cluster.create(
                .statefulSets, "db", ["spec": cluster.with(spec, "serviceName", "db")], status: status)
            let owned: JSONValue = [
                "ownerReferences": [
                    ["apiVersion": "v1", "kind": "A", "name": "other", "uid": "1"],
                    [
                        "apiVersion": "apps/v1", "kind": "Deployment", "name": "gone", "controller": true,
                        "uid": "0b9b4a7e-1111-4222-8333-444455556666",
                    ],
                ]
            ]
            try await cluster.create(.replicaSets, "set", ["metadata": owned, "spec": spec])
            for (resource, kind) in [
                (Resource.deployments, WorkloadKind.deployment), (.statefulSets, .statefulSet),
                (.replicaSets, .replicaSet),
            ] {
                try await cluster.compare(resource) { workload, json in
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
        try await cluster.inNamespace {
            try await cluster.create(
                .daemonSets, "agent", ["spec": ["selector": cluster.selector, "template": RealCluster.template]],
                status: [
                    "currentNumberScheduled": 1, "numberMisscheduled": 2, "desiredNumberScheduled": 3, "numberReady": 4,
                    "updatedNumberScheduled": 5, "numberAvailable": 6,
                ])
            let job: JSONValue = [
                "parallelism": 2, "completions": 5, "template": RealCluster.template(restartPolicy: "Never"),
            ]
            try await cluster.create(.jobs, "once", ["spec": job], status: ["active": 2])
            try await cluster.create(
                .cronJobs, "nightly",
                ["spec": ["schedule": "0 3 * * *", "suspend": true, "jobTemplate": ["spec": job]]])
            try await cluster.compare(.daemonSets) { workload, json in
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
            try await cluster.compare(.jobs) { workload, json in
                [
                    differs("desired", Int64(workload.replicas.desired), number(json, "spec", "parallelism")),
                    differs("active", Int64(workload.replicas.available), number(json, "status", "active")),
                    differs("ready", Int64(workload.replicas.ready), number(json, "status", "ready")),
                    differs(
                        "template", workload.templateLabels, labels(json["spec"]?["template"]?["metadata"]?["labels"])),
                ].compactMap { $0 }
            }
            try await cluster.compare(.cronJobs) { workload, json in
                let inner = json["spec"]?["jobTemplate"]?["spec"]?["template"]
                return [
                    differs("suspended", workload.isSuspended, json["spec"]?["suspend"]?.boolValue ?? false),
                    differs("template", workload.templateLabels, labels(inner?["metadata"]?["labels"])),
                ].compactMap { $0 }
            }
        }
    }

    @Test("rollouts, conditions and autoscalers are what their JSON says")
    func rollouts() async throws {
        try await cluster.inNamespace {
            let spec: JSONValue = [
                "replicas": 3, "paused": true, "selector": cluster.selector, "template": RealCluster.template,
            ]
            let condition: JSONValue = [
                "type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable", "message": "too few",
                "lastUpdateTime": "2026-01-01T00:00:00Z", "lastTransitionTime": "2026-01-01T00:00:00Z",
            ]
            try await cluster.create(
                .deployments, "web", ["spec": spec], status: ["observedGeneration": 0, "conditions": [condition]])
            try await cluster.create(
                .horizontalPodAutoscalers, "web",
                [
                    "spec": [
                        "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web"],
                        "minReplicas": 1, "maxReplicas": 4,
                    ]
                ], status: ["currentReplicas": 4, "desiredReplicas": 5])
            try await cluster.compare(.deployments) { deployment, json in
                let conditions = json["status"]?["conditions"]?.arrayValue?.filter { $0["status"] == "False" } ?? []
                return [
                    differs("rolling out", deployment.isRollingOut, true),
                    differs(
                        "conditions", deployment.failedConditions.map(\.message),
                        conditions.compactMap { $0["message"]?.stringValue }),
                ].compactMap { $0 }
            }
            try await cluster.compare(.horizontalPodAutoscalers) { autoscaler, json in
                [
                    differs("target", "\(autoscaler.targetKind).\(autoscaler.targetGroup)", "Deployment.apps"),
                    differs("name", autoscaler.targetName, "web"),
                    differs("maximum", Int64(autoscaler.maximumReplicas), number(json, "spec", "maxReplicas")),
                    differs("current", Int64(autoscaler.currentReplicas), number(json, "status", "currentReplicas")),
                ].compactMap { $0 }
            }
        }
    }
}
