import Base
import Testing

@testable import KubeClient

@Suite("What is kept of a pod")
struct PodDecodingTests {
    private func decode(
        spec: (inout ProtobufWriter) -> Void = { _ in }, status: (inout ProtobufWriter) -> Void = { _ in }
    ) throws -> Pod {
        let bytes = ProtobufWriter {
            $0.data(1, Wire.meta("web-1", namespace: "shop", uid: Samples.uid, version: 7))
            $0.message(2, spec)
            $0.message(3, status)
        }.bytes
        var context = DecodingContext()
        return try bytes.withUnsafeBytes { try Resource.pods.decode(.protobuf(ProtobufReader($0)), &context) }
    }

    private static let start: Int64 = 1_767_225_600

    @Test("limits are summed up like requests, and the overhead comes on top only of what is limited")
    func limits() throws {
        let pod = try decode(spec: {
            $0.spec(name: "a", limits: ["cpu": "1", "memory": "1Gi"])
            $0.spec(name: "b", limits: ["cpu": "2"])
            $0.spec(20, name: "i", limits: ["cpu": "4"])
            $0.spec(20, name: "s", limits: ["cpu": "500m"], restartPolicy: "Always")
            $0.quantity(32, "cpu", "10m")
            $0.quantity(32, "memory", "1Mi")
        })
        #expect(
            pod.containers.limits == ComputeResources(cpuMillicores: 4010, memoryBytes: (1 << 30) + (1 << 20)))
        let unlimited = try decode(spec: {
            $0.spec(name: "a", requests: ["cpu": "1"])
            $0.quantity(32, "cpu", "10m")
        })
        #expect(unlimited.containers.limits == ComputeResources())
        #expect(unlimited.containers.requests == ComputeResources(cpuMillicores: 1010))
    }

    @Test("containers and sidecars that lack requests or a memory limit are counted, those that end before are not")
    func lacking() throws {
        let pod = try decode(spec: {
            $0.spec(name: "whole", requests: ["cpu": "1", "memory": "1Gi"], limits: ["memory": "1Gi"])
            $0.spec(name: "half", requests: ["cpu": "1"], limits: ["cpu": "1"])
            $0.spec(name: "none")
            $0.spec(20, name: "init")
            $0.spec(20, name: "sidecar", restartPolicy: "Always")
        })
        #expect(pod.containers.withoutRequests == 3)
        #expect(pod.containers.withoutMemoryLimit == 3)
    }

    @Test("what the pod as a whole requests and may use holds for its containers")
    func podLevel() throws {
        let pod = try decode(spec: {
            $0.spec(name: "a")
            $0.message(40) {
                $0.quantity(1, "memory", "2Gi")
                $0.quantity(2, "cpu", "1")
                $0.quantity(2, "memory", "1Gi")
            }
        })
        #expect((pod.containers.withoutRequests, pod.containers.withoutMemoryLimit) == (0, 0))
        #expect(pod.containers.limits == ComputeResources(memoryBytes: 2 << 30))
    }

    @Test("images are kept once each, those of init containers too")
    func images() throws {
        let pod = try decode(spec: {
            $0.spec(name: "a", image: "web:2")
            $0.spec(name: "b", image: "proxy:1")
            $0.spec(20, name: "i", image: "web:2")
            $0.spec(20, name: "j", image: "migrate:3")
        })
        #expect(pod.containers.images == ["migrate:3", "proxy:1", "web:2"])
    }

    @Test("a healthy pod, one that starts and one that has done its work have no troubles")
    func healthy() throws {
        let running = try decode(
            spec: { $0.spec(name: "a", readiness: (0, 10, 3)) },
            status: {
                $0.string(1, "Running")
                $0.status("a", ready: true) { $0.running(at: Self.start) }
                $0.status("i", field: 10) { $0.terminated("Completed", 0, at: Self.start) }
            })
        #expect(running.troubles == nil)
        let starting = try decode(status: {
            $0.string(1, "Pending")
            $0.status("a") { $0.waiting("ContainerCreating") }
            $0.status("b") { $0.waiting("PodInitializing") }
        })
        #expect(starting.troubles == nil)
        let done = try decode(status: {
            $0.string(1, "Succeeded")
            $0.status("a") { $0.terminated("Completed", 0, at: Self.start) }
        })
        #expect(done.troubles == nil)
    }

    @Test("a container in a crash loop keeps why it waits, how it ended and how often it was restarted")
    func crashLoop() throws {
        let message = "back-off 5m0s restarting failed container=a"
        let pod = try decode(status: {
            $0.string(1, "Running")
            $0.status("a", restarts: 7, last: { $0.terminated("OOMKilled", 137, at: Self.start) }) {
                $0.waiting("CrashLoopBackOff", message)
            }
            $0.status("b", ready: true) { $0.running(at: Self.start) }
        })
        #expect(pod.restartCount == 7)
        #expect(
            pod.troubles?.containers == [
                ContainerTrouble(
                    name: "a", restartCount: 7, waitingReason: "CrashLoopBackOff", waitingMessage: message,
                    termination: ContainerTermination(
                        reason: "OOMKilled", exitCode: 137, finishedAt: Timestamp(seconds: Self.start)))
            ])
    }

    @Test("an init container's restarts count, and the present end of a container comes before the last one")
    func initContainers() throws {
        let pod = try decode(status: {
            $0.status("a", restarts: 1, last: { $0.terminated("Error", 1, at: Self.start) }) {
                $0.terminated("Error", 2, at: Self.start + 60)
            }
            $0.status("i", field: 10, restarts: 2, last: { $0.terminated("Error", 3, at: Self.start) }) {
                $0.terminated("Completed", 0, at: Self.start + 30)
            }
        })
        #expect(pod.restartCount == 3)
        #expect(pod.troubles?.containers.map(\.name) == ["i", "a"])
        #expect(pod.troubles?.containers.map { $0.termination?.exitCode } == [0, 2])
    }

    @Test("a container that is not ready knows when its probes should have succeeded")
    func readiness() throws {
        let pod = try decode(
            spec: {
                $0.spec(name: "probed", readiness: (5, 10, 3))
                $0.spec(name: "slow", readiness: (0, 10, 3), startup: (0, 10, 30))
                $0.spec(name: "plain")
            },
            status: {
                for name in ["probed", "slow", "plain"] { $0.status(name) { $0.running(at: Self.start) } }
            })
        let due = pod.troubles?.containers.map(\.readyDue)
        #expect(due == [Timestamp(seconds: Self.start + 35), Timestamp(seconds: Self.start + 330)])
    }

    @Test("the status may come before the spec")
    func fieldOrder() throws {
        let bytes = ProtobufWriter {
            $0.message(3) { $0.status("a") { $0.running(at: Self.start) } }
            $0.message(2) { $0.spec(name: "a", readiness: (0, 10, 1)) }
            $0.message(1) { $0.string(1, "p") }
        }.bytes
        var context = DecodingContext()
        let pod = try bytes.withUnsafeBytes { try Resource.pods.decode(.protobuf(ProtobufReader($0)), &context) }
        #expect(pod.troubles?.containers.first?.readyDue == Timestamp(seconds: Self.start + 10))
    }

    @Test("why a pod failed or has no node is kept")
    func reasons() throws {
        let evicted = try decode(status: {
            $0.string(1, "Failed")
            $0.string(3, "The node was low on resource: memory.")
            $0.string(4, "Evicted")
        })
        #expect(evicted.troubles == PodTroubles(reason: "Evicted"))
        let homeless = try decode(status: {
            $0.string(1, "Pending")
            $0.message(2) {
                $0.string(1, "PodScheduled")
                $0.string(2, "False")
                $0.string(5, "Unschedulable")
                $0.string(6, "0/3 nodes are available")
            }
        })
        #expect(homeless.troubles?.reason == "Unschedulable")
    }

    @Test("long messages are cut between characters")
    func longMessages() throws {
        let pod = try decode(status: {
            $0.status("a") { $0.waiting("ErrImagePull", "x" + String(repeating: "ä", count: 5_000)) }
        })
        let message = try #require(pod.troubles?.containers.first?.waitingMessage)
        #expect(message.utf8.count <= 512 + 3)
        #expect(message.hasPrefix("xä") && message.hasSuffix("ä…"))
    }

    @Test("probes with absurd numbers do not overflow")
    func absurdProbes() throws {
        let pod = try decode(
            spec: { $0.spec(name: "a", readiness: (.max, .max, .max), startup: (.max, .max, .max)) },
            status: { $0.status("a") { $0.running(at: .max) } })
        #expect(pod.troubles?.containers.first?.readyDue != nil)
    }

    @Test("pods of one template share what their spec says")
    func sharing() throws {
        var context = DecodingContext()
        let pods = try Samples.pod.withUnsafeBytes { raw in
            try (0..<2).map { _ in try Resource.pods.decode(.protobuf(ProtobufReader(raw)), &context) }
        }
        #expect(pods[0].containers === pods[1].containers)
    }
}

extension ProtobufWriter {
    /// A container of a pod's spec; probes are initial delay, period and failure threshold.
    mutating func spec(
        _ field: Int = 2, name: String, image: String = "image:1", requests: [String: String] = [:],
        limits: [String: String] = [:], readiness: (Int32, Int32, Int32)? = nil,
        startup: (Int32, Int32, Int32)? = nil, restartPolicy: String? = nil
    ) {
        message(field) {
            $0.string(1, name)
            $0.string(2, image)
            $0.message(8) {
                for (name, value) in limits { $0.quantity(1, name, value) }
                for (name, value) in requests { $0.quantity(2, name, value) }
            }
            if let readiness { $0.probe(11, readiness) }
            if let startup { $0.probe(22, startup) }
            if let restartPolicy { $0.string(24, restartPolicy) }
        }
    }

    private mutating func probe(_ field: Int, _ probe: (Int32, Int32, Int32)) {
        message(field) {
            $0.varint(2, UInt64(probe.0))
            $0.varint(3, 1)
            $0.varint(4, UInt64(probe.1))
            $0.varint(6, UInt64(probe.2))
        }
    }

    /// A container's status.
    fileprivate mutating func status(
        _ name: String, field: Int = 8, ready: Bool = false, restarts: UInt64 = 0,
        last: ((inout ProtobufWriter) -> Void)? = nil, state: (inout ProtobufWriter) -> Void
    ) {
        message(field) {
            $0.string(1, name)
            $0.message(2, state)
            if let last { $0.message(3, last) }
            $0.varint(4, ready ? 1 : 0)
            $0.varint(5, restarts)
            $0.string(6, "image:1")
        }
    }

    fileprivate mutating func waiting(_ reason: String, _ text: String = "") {
        message(1) {
            $0.string(1, reason)
            $0.string(2, text)
        }
    }

    fileprivate mutating func running(at seconds: Int64) {
        message(2) { $0.message(1) { $0.varint(1, UInt64(seconds)) } }
    }

    fileprivate mutating func terminated(_ reason: String, _ exitCode: UInt64, at seconds: Int64) {
        message(3) {
            $0.varint(1, exitCode)
            $0.varint(2, 9)
            $0.string(3, reason)
            $0.string(4, "what the application wrote")
            $0.message(5) { $0.varint(1, 1) }
            $0.message(6) { $0.varint(1, UInt64(seconds)) }
        }
    }
}
