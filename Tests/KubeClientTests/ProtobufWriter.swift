@testable import KubeClient

/// Writes the protobuf form that API servers send, for the decoders' tests.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    init(_ fill: (inout ProtobufWriter) -> Void = { _ in }) { fill(&self) }

    mutating func varint(_ field: Int, _ value: UInt64) {
        raw(UInt64(field) << 3)
        raw(value)
    }

    mutating func string(_ field: Int, _ text: String) { data(field, Array(text.utf8)) }

    mutating func data(_ field: Int, _ data: [UInt8]) {
        raw(UInt64(field) << 3 | 2)
        raw(UInt64(data.count))
        bytes += data
    }

    mutating func message(_ field: Int, _ fill: (inout ProtobufWriter) -> Void) {
        data(field, ProtobufWriter(fill).bytes)
    }

    /// An entry of a map<string, string>.
    mutating func entry(_ field: Int, _ key: String, _ value: String) {
        message(field) {
            $0.string(1, key)
            $0.string(2, value)
        }
    }

    /// An entry of a map<string, Quantity>.
    mutating func quantity(_ field: Int, _ key: String, _ value: String) {
        message(field) {
            $0.string(1, key)
            $0.message(2) { $0.string(1, value) }
        }
    }

    mutating func fixed64(_ field: Int, _ value: UInt64) {
        raw(UInt64(field) << 3 | 1)
        bytes += (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    mutating func fixed32(_ field: Int, _ value: UInt32) {
        raw(UInt64(field) << 3 | 5)
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    mutating func group(_ field: Int, _ fill: (inout ProtobufWriter) -> Void) {
        raw(UInt64(field) << 3 | 3)
        bytes += ProtobufWriter(fill).bytes
        raw(UInt64(field) << 3 | 4)
    }

    mutating func append(_ more: [UInt8]) { bytes += more }

    private mutating func raw(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// The forms around objects, byte by byte as an API server writes them.
enum Wire {
    static func envelope(_ kind: String, _ message: [UInt8], apiVersion: String = "v1") -> [UInt8] {
        [0x6B, 0x38, 0x73, 0x00]
            + ProtobufWriter {
                $0.message(1) {
                    $0.string(1, apiVersion)
                    $0.string(2, kind)
                }
                $0.data(2, message)
                $0.string(3, "")
                $0.string(4, "")
            }.bytes
    }

    static func list(
        _ items: [[UInt8]], resourceVersion: String, continueToken: String = "", kind: String = "NamespaceList"
    ) -> [UInt8] {
        envelope(
            kind,
            ProtobufWriter {
                $0.message(1) {
                    $0.string(1, "")
                    $0.string(2, resourceVersion)
                    $0.string(3, continueToken)
                }
                for item in items { $0.data(2, item) }
            }.bytes)
    }

    static func event(_ type: String, _ object: [UInt8], kind: String = "Namespace") -> [UInt8] {
        let event = ProtobufWriter {
            $0.string(1, type)
            $0.message(2) { $0.data(1, envelope(kind, object)) }
        }.bytes
        return (0..<4).map { UInt8(truncatingIfNeeded: event.count >> (24 - $0 * 8)) } + event
    }

    /// The bookmark after the last object of a streamed list.
    static func endOfInitialEvents(_ version: Int) -> [UInt8] {
        let object = ProtobufWriter {
            $0.message(1) {
                $0.string(6, "\(version)")
                $0.entry(12, "k8s.io/initial-events-end", "true")
            }
        }
        return event("BOOKMARK", object.bytes)
    }

    static func status(code: Int, reason: String, message: String = "", causes: [String] = []) -> [UInt8] {
        ProtobufWriter {
            $0.message(1) { _ in }
            $0.string(2, "Failure")
            $0.string(3, message)
            $0.string(4, reason)
            $0.message(5) {
                for cause in causes {
                    $0.message(4) {
                        $0.string(1, cause)
                        $0.string(2, "because")
                        $0.string(3, "field")
                    }
                }
                $0.varint(5, 0)
            }
            $0.varint(6, UInt64(code))
        }.bytes
    }

    static func namespace(
        _ name: String, uid: String = "", version: Int, phase: String = "Active", labels: [String: String] = [:]
    ) -> [UInt8] {
        ProtobufWriter {
            $0.data(1, meta(name, uid: uid.isEmpty ? "uid-\(name)" : uid, version: version, labels: labels))
            $0.message(2) { $0.string(1, "kubernetes") }
            $0.message(3) { $0.string(1, phase) }
        }.bytes
    }

    /// Metadata with all that a server puts there besides.
    static func meta(
        _ name: String, namespace: String = "", uid: String, version: Int, labels: [String: String] = [:]
    ) -> [UInt8] {
        ProtobufWriter {
            $0.string(1, name)
            $0.string(2, "")
            $0.string(3, namespace)
            $0.string(4, "")
            $0.string(5, uid)
            $0.string(6, "\(version)")
            $0.varint(7, 3)
            $0.message(8) {
                $0.varint(1, 1_767_225_600)
                $0.varint(2, 0)
            }
            for (key, value) in labels.sorted(by: { $0.key < $1.key }) { $0.entry(11, key, value) }
            $0.string(15, "")
            $0.message(17) {
                $0.string(1, "kube-apiserver")
                $0.message(7) { $0.string(1, #"{"f:status":{"f:phase":{}}}"#) }
            }
        }.bytes
    }
}
