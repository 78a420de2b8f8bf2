import Base
import Testing

@testable import KubeClient

@Suite("Decoding objects")
struct ObjectDecodingTests {
    private func decode<Object>(_ bytes: [UInt8], as resource: Resource<Object>) throws -> Object {
        var context = DecodingContext(annotations: resource.annotations)
        return try bytes.withUnsafeBytes { try resource.decode(ProtobufReader($0), &context) }
    }

    @Test("metadata keeps what is needed: the controller among the owners, no annotations unless asked")
    func metadata() throws {
        let meta = try decode(Samples.pod, as: .pods).meta
        #expect(meta.key == ObjectKey(namespace: "shop", name: "web-7d9f-abcde"))
        #expect(meta.uid == ObjectUID(Samples.uid))
        #expect(meta.resourceVersion == "1017")
        #expect(meta.generation == 3)
        #expect(meta.labels == ["app": "web"])
        #expect(meta.annotations.isEmpty)
        #expect(meta.created == Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
        #expect(meta.deleted == nil)
        #expect(meta.owner?.kind == "ReplicaSet")
        #expect(meta.owner?.name == "web-7d9f")
        #expect(meta.owner?.uid == "11111111-2222-3333-4444-555555555555")
    }

    @Test("annotations are kept as the resource asks for them, never kubectl's copy of the object")
    func annotations() throws {
        let some = Resource.pods.keeping(annotations: .only(["example.com/note", "other"]))
        #expect(try decode(Samples.pod, as: some).meta.annotations == ["example.com/note": "kept"])
        let all = Resource.pods.keeping(annotations: .all)
        #expect(try decode(Samples.pod, as: all).meta.annotations == ["example.com/note": "kept"])
    }

    @Test("a deletion timestamp and a missing creation timestamp are told apart")
    func timestamps() throws {
        let bytes = ProtobufWriter {
            $0.message(1) {
                $0.string(1, "a")
                $0.message(8) { _ in }
                $0.message(9) {
                    $0.varint(1, 1_767_225_600)
                    $0.varint(2, 5000)
                }
            }
        }.bytes
        let meta = try decode(bytes, as: .namespaces).meta
        #expect(meta.created == Timestamp(seconds: 0))
        #expect(meta.deleted == Timestamp(microseconds: 1_767_225_600_000_005))
    }

    @Test("a pod has its node, phase, readiness, restarts and what the scheduler reserves for it")
    func pod() throws {
        let pod = try decode(Samples.pod, as: .pods)
        #expect(pod.nodeName == "node-1")
        #expect(pod.phase == .running)
        #expect(pod.isReady)
        #expect(pod.restartCount == 3)
        // The init container of 3 cores beside the sidecar of 0.1 is more than the containers; of memory these need
        // more.
        #expect(
            pod.containers.requests == ComputeResources(cpuMillicores: 3110, memoryBytes: (64 + 1024 + 32 + 1) << 20))
    }

    @Test("an unknown phase does not lose the pod")
    func unknownPhase() throws {
        let bytes = ProtobufWriter { $0.message(3) { $0.string(1, "Dreaming") } }.bytes
        #expect(try decode(bytes, as: .pods).phase == .unknown)
    }

    @Test("requests on the pod take the place of its containers'")
    func podLevelRequests() throws {
        let bytes = ProtobufWriter {
            $0.message(2) {
                $0.container(2, cpu: "250m", memory: "64Mi")
                $0.quantity(32, "cpu", "10m")
                $0.message(40) { $0.quantity(2, "cpu", "2") }
            }
        }.bytes
        #expect(
            try decode(bytes, as: .pods).containers.requests
                == ComputeResources(cpuMillicores: 2010, memoryBytes: 64 << 20))
    }

    @Test(
        "replica counts come from where each kind has them",
        arguments: [
            (.deployments, .deployment, ReplicaCounts(desired: 3, ready: 70, available: 40, updated: 30, total: 20)),
            (
                .statefulSets, .statefulSet,
                ReplicaCounts(desired: 3, ready: 30, available: 110, updated: 50, total: 20)
            ),
            (.replicaSets, .replicaSet, ReplicaCounts(desired: 3, ready: 40, available: 50, updated: 0, total: 10)),
        ] as [(Resource<WorkloadObject>, WorkloadKind, ReplicaCounts)])
    func replicated(resource: Resource<WorkloadObject>, kind: WorkloadKind, counts: ReplicaCounts) throws {
        let workload = try decode(
            kind == .statefulSet ? Samples.statefulSet : Samples.replicated, as: resource)
        #expect(workload.kind == kind)
        #expect(workload.replicas == counts)
        #expect(workload.templateLabels == ["app": "web", "tier": "front"])
        #expect(workload.meta.labels == ["team": "a"])
        #expect(!workload.isSuspended)
    }

    @Test("a DaemonSet wants what its status says")
    func daemonSet() throws {
        let bytes = ProtobufWriter {
            $0.data(1, Wire.meta("agent", namespace: "system", uid: Samples.uid, version: 5))
            $0.message(2) { $0.data(2, Samples.template) }
            $0.message(3) { for field in 1...8 { $0.varint(field, UInt64(field * 10)) } }
        }.bytes
        let workload = try decode(bytes, as: .daemonSets)
        #expect(workload.replicas == ReplicaCounts(desired: 30, ready: 40, available: 70, updated: 60))
        #expect(workload.templateLabels["tier"] == "front")
    }

    @Test("a Job has its parallelism and whether it is suspended")
    func job() throws {
        let bytes = ProtobufWriter {
            $0.data(1, Wire.meta("once", namespace: "shop", uid: Samples.uid, version: 5))
            $0.message(2) {
                $0.varint(1, 4)
                $0.varint(2, 8)
                $0.data(6, Samples.template)
                $0.varint(10, 1)
            }
            $0.message(3) {
                $0.varint(4, 3)
                $0.varint(9, 2)
            }
        }.bytes
        let workload = try decode(bytes, as: .jobs)
        #expect(workload.replicas == ReplicaCounts(desired: 4, ready: 2, available: 3))
        #expect(workload.isSuspended)
        #expect(workload.templateLabels["app"] == "web")
    }

    @Test("a CronJob has the labels of its Jobs' pods")
    func cronJob() throws {
        let bytes = ProtobufWriter {
            $0.data(1, Wire.meta("nightly", namespace: "shop", uid: Samples.uid, version: 5))
            $0.message(2) {
                $0.string(1, "0 3 * * *")
                $0.varint(4, 1)
                $0.message(5) {
                    $0.message(1) { $0.entry(11, "not", "this") }
                    $0.message(2) { $0.data(6, Samples.template) }
                }
            }
            $0.message(3) {
                $0.message(1) { $0.string(1, "Job") }
                $0.message(1) { $0.string(1, "Job") }
            }
        }.bytes
        let workload = try decode(bytes, as: .cronJobs)
        #expect(workload.templateLabels == ["app": "web", "tier": "front"])
        #expect(workload.isSuspended)
        #expect(workload.replicas == ReplicaCounts(available: 2))
    }

    @Test("a node has what it offers and whether it takes pods")
    func node() throws {
        let bytes = ProtobufWriter {
            $0.message(1) {
                $0.string(1, "node-1")
                $0.entry(11, "node.kubernetes.io/instance-type", "m5.large")
                $0.entry(11, "topology.kubernetes.io/zone", "a")
            }
            $0.message(2) { $0.varint(4, 1) }
            $0.message(3) {
                $0.quantity(1, "cpu", "4")
                $0.quantity(1, "memory", "16Gi")
                $0.quantity(1, "pods", "110")
                $0.quantity(2, "cpu", "3920m")
                $0.quantity(2, "memory", "15Gi")
                $0.message(4) {
                    $0.string(1, "Ready")
                    $0.string(2, "Unknown")
                }
            }
        }.bytes
        let node = try decode(bytes, as: .nodes)
        #expect(node.capacity == ComputeResources(cpuMillicores: 4000, memoryBytes: 16 << 30))
        #expect(node.allocatable == ComputeResources(cpuMillicores: 3920, memoryBytes: 15 << 30))
        #expect(!node.isReady && node.isUnschedulable)
        #expect(node.instanceType == "m5.large" && node.zone == "a" && node.region == nil)
    }

    @Test("a ConfigMap has its texts and annotations")
    func configMap() throws {
        let bytes = ProtobufWriter {
            $0.message(1) {
                $0.string(1, "catalog")
                $0.entry(12, "a", "b")
            }
            $0.entry(2, "one.yaml", "kind: Component\n")
            $0.entry(2, "empty", "")
            $0.entry(3, "binary", "\u{1}")
        }.bytes
        let map = try decode(bytes, as: .configMaps)
        #expect(map.data == ["one.yaml": "kind: Component\n", "empty": ""])
        #expect(map.meta.annotations == ["a": "b"])
    }

    @Test("objects that repeat a label set or an owner share one")
    func sharing() throws {
        var context = DecodingContext()
        let pods = try Samples.pod.withUnsafeBytes { raw in
            try (0..<2).map { _ in try Resource.pods.decode(ProtobufReader(raw), &context) }
        }
        #expect(pods[0].meta.owner === pods[1].meta.owner)
    }
}

@Suite("What the scheduler reserves")
struct PodRequestsTests {
    private func cpu(_ millicores: Int64) -> ComputeResources { ComputeResources(cpuMillicores: millicores) }

    @Test("the greatest of the init containers counts when it is more than the containers together")
    func initContainers() {
        var requests = PodRequests()
        requests.add(container: cpu(100))
        requests.add(container: cpu(200))
        requests.add(initContainer: cpu(250), isSidecar: false)
        #expect(requests.total == cpu(300))
        requests.add(initContainer: cpu(500), isSidecar: false)
        #expect(requests.total == cpu(500))
    }

    @Test("a sidecar counts with the containers and with the init containers after it only")
    func sidecars() {
        var requests = PodRequests()
        requests.add(container: cpu(100))
        requests.add(initContainer: cpu(500), isSidecar: false)
        requests.add(initContainer: cpu(300), isSidecar: true)
        #expect(requests.total == cpu(500))
        requests.add(initContainer: cpu(250), isSidecar: false)
        #expect(requests.total == cpu(550))
        requests.add(initContainer: cpu(300), isSidecar: true)
        #expect(requests.total == cpu(700))
    }

    @Test("sums that are too large stay at the greatest number")
    func saturation() {
        var requests = PodRequests()
        requests.add(container: cpu(.max))
        requests.add(container: cpu(.max))
        requests.add(overhead: cpu(1))
        #expect(requests.total == cpu(.max))
    }
}
