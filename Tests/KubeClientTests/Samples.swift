@testable import KubeClient

/// Objects in the form that a server sends.
enum Samples {
    static let uid = "6fb0e809-94c9-4190-9ab5-9132f7bd9c8e"

    static let pod = ProtobufWriter {
        $0.message(1) {
            $0.append(Wire.meta("web-7d9f-abcde", namespace: "shop", uid: uid, version: 1017, labels: ["app": "web"]))
            $0.entry(12, "example.com/note", "kept")
            $0.entry(12, "kubectl.kubernetes.io/last-applied-configuration", "{}")
            $0.message(13) {
                $0.string(1, "Node")
                $0.string(3, "not-the-controller")
                $0.string(4, "x")
                $0.string(5, "v1")
            }
            $0.message(13) {
                $0.string(1, "ReplicaSet")
                $0.string(3, "web-7d9f")
                $0.string(4, "11111111-2222-3333-4444-555555555555")
                $0.string(5, "apps/v1")
                $0.varint(6, 1)
                $0.varint(7, 1)
            }
        }
        $0.message(2) {
            $0.message(1) { $0.string(1, "a volume") }
            $0.container(2, cpu: "250m", memory: "64Mi")
            $0.container(2, cpu: "1", memory: "1Gi")
            $0.string(3, "Always")
            $0.string(10, "node-1")
            $0.container(20, cpu: "100m", memory: "32Mi", restartPolicy: "Always")
            $0.container(20, cpu: "3", memory: "16Mi")
            $0.quantity(32, "cpu", "10m")
            $0.quantity(32, "memory", "1Mi")
        }
        $0.message(3) {
            $0.string(1, "Running")
            $0.message(2) {
                $0.string(1, "Ready")
                $0.string(2, "True")
            }
            $0.message(2) {
                $0.string(1, "PodScheduled")
                $0.string(2, "False")
            }
            $0.message(8) {
                $0.string(1, "web")
                $0.varint(4, 1)
                $0.varint(5, 2)
            }
            $0.message(8) {
                $0.string(1, "proxy")
                $0.varint(5, 1)
            }
        }
    }.bytes

    /// A Deployment or ReplicaSet; the status has every field with its number times ten.
    static let replicated = replicated { $0.varint(7, 70) }

    /// A StatefulSet, whose field 7 is the name of its newest template.
    static let statefulSet = replicated { $0.string(7, "web-2") }

    private static func replicated(fieldSeven: (inout ProtobufWriter) -> Void) -> [UInt8] {
        ProtobufWriter {
            $0.data(1, Wire.meta("web", namespace: "shop", uid: uid, version: 5, labels: ["team": "a"]))
            $0.message(2) {
                $0.varint(1, 3)
                $0.message(2) { $0.entry(1, "app", "web") }
                $0.data(3, template)
            }
            $0.message(3) {
                for field in [1, 2, 3, 4, 5, 11] { $0.varint(field, UInt64(field * 10)) }
                $0.message(6) { $0.string(1, "Available") }
                fieldSeven(&$0)
            }
        }.bytes
    }

    static let template = ProtobufWriter {
        $0.message(1) {
            $0.string(1, "")
            $0.entry(11, "app", "web")
            $0.entry(11, "tier", "front")
        }
        $0.message(2) { $0.container(2, cpu: "1", memory: "1Gi") }
    }.bytes
}

extension ProtobufWriter {
    mutating func container(_ field: Int, cpu: String, memory: String, restartPolicy: String? = nil) {
        message(field) {
            $0.string(1, "c")
            $0.string(2, "image:1")
            $0.message(8) {
                $0.quantity(1, "cpu", "99")
                $0.quantity(2, "cpu", cpu)
                $0.quantity(2, "ephemeral-storage", "1Gi")
                $0.quantity(2, "memory", memory)
            }
            if let restartPolicy { $0.string(24, restartPolicy) }
        }
    }
}
