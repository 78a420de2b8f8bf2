import Base
import Testing

@testable import KubeClient

@Suite("Rollouts, conditions and autoscalers")
struct WorkloadDecodingTests {
    private func decode<Object>(
        _ resource: Resource<Object>, spec: (inout ProtobufWriter) -> Void = { $0.varint(1, 3) },
        status: (inout ProtobufWriter) -> Void
    ) throws -> Object {
        // The metadata has generation 3.
        let bytes = ProtobufWriter {
            $0.data(1, Wire.meta("web", namespace: "shop", uid: Samples.uid, version: 7))
            $0.message(2, spec)
            $0.message(3, status)
        }.bytes
        var context = DecodingContext()
        return try bytes.withUnsafeBytes { try resource.decode(.protobuf(ProtobufReader($0)), &context) }
    }

    @Test(
        "a Deployment rolls out until its controller has seen the spec and only new pods are left",
        arguments: [
            // observedGeneration, replicas, updatedReplicas
            (3, 3, 3, false), (2, 3, 3, true), (3, 3, 1, true), (3, 4, 3, true),
        ] as [(UInt64, UInt64, UInt64, Bool)])
    func deployment(observed: UInt64, total: UInt64, updated: UInt64, isRollingOut: Bool) throws {
        let object = try decode(.deployments) {
            $0.varint(1, observed)
            $0.varint(2, total)
            $0.varint(3, updated)
        }
        #expect(object.isRollingOut == isRollingOut)
    }

    @Test("a StatefulSet rolls out while it has two revisions")
    func statefulSet() throws {
        func object(_ current: String, _ update: String) throws -> WorkloadObject {
            try decode(.statefulSets) {
                $0.varint(1, 3)
                $0.string(6, current)
                $0.string(7, update)
            }
        }
        #expect(try !object("db-1", "db-1").isRollingOut)
        #expect(try object("db-1", "db-2").isRollingOut)
    }

    @Test("a DaemonSet rolls out while some nodes run an older pod")
    func daemonSet() throws {
        func object(updated: UInt64) throws -> WorkloadObject {
            try decode(.daemonSets, spec: { _ in }) {
                $0.varint(3, 2)
                $0.varint(5, 3)
                $0.varint(6, updated)
            }
        }
        #expect(try !object(updated: 2).isRollingOut)
        #expect(try object(updated: 1).isRollingOut)
    }

    @Test("of a Deployment's conditions those are kept that are false and say why")
    func conditions() throws {
        let object = try decode(.deployments) {
            for (type, status, message) in [
                ("Available", "False", "Deployment does not have minimum availability."),
                ("Progressing", "True", "ReplicaSet is progressing."), ("ReplicaFailure", "False", ""),
                ("Odd", "Unknown", "nobody knows"),
            ] {
                $0.message(6) {
                    $0.string(1, type)
                    $0.string(2, status)
                    $0.string(4, "Because")
                    $0.string(5, message)
                }
            }
        }
        #expect(
            object.failedConditions == [
                FailedCondition(
                    type: "Available", reason: "Because", message: "Deployment does not have minimum availability.")
            ])
    }

    @Test("an autoscaler has what it scales and how far")
    func autoscaler() throws {
        let autoscaler = try decode(
            .horizontalPodAutoscalers,
            spec: {
                $0.message(1) {
                    $0.string(1, "Rollout")
                    $0.string(2, "web")
                    $0.string(3, "argoproj.io/v1alpha1")
                }
                $0.varint(2, 1)
                $0.varint(3, 8)
            },
            status: {
                $0.varint(3, 5)
                $0.varint(4, 6)
            })
        #expect(
            (autoscaler.targetGroup, autoscaler.targetKind, autoscaler.targetName) == ("argoproj.io", "Rollout", "web"))
        #expect((autoscaler.maximumReplicas, autoscaler.currentReplicas) == (8, 5))
    }
}
