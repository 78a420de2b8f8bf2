extension Resource<Pod> {
    /// Pods; their annotations are not kept.
    package static let pods = Resource(
        kind: "Pod", plural: "pods", versions: [GroupVersion(version: "v1")]
    ) { reader, context throws(ProtobufError) in
        try Pod(from: reader, in: &context)
    }
}

// Field numbers are those of k8s.io/api/core/v1/generated.proto.
extension Pod {
    fileprivate init(
        from reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        self.init(meta: ObjectMeta(name: ""))
        while let field = try reader.nextField() {
            switch field {
            case 1: meta = try ObjectMeta(from: reader.message(), in: &context)
            case 2: try readSpec(reader.message(), in: &context)
            case 3: try readStatus(reader.message())
            default: break
            }
        }
    }

    private mutating func readSpec(
        _ reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        var requests = PodRequests()
        while let field = try reader.nextField() {
            switch field {
            case 2: requests.add(container: try Container(from: reader.message()).requests)
            case 10: nodeName = context.string(try reader.rawBytes())
            case 20:
                let container = try Container(from: reader.message())
                requests.add(initContainer: container.requests, isSidecar: container.restartsAlways)
            case 32:
                var overhead = PartialResources()
                try overhead.readEntry(from: &reader)
                requests.add(overhead: overhead.orZero)
            case 40: requests.set(pod: try PartialResources(requirements: reader.message()))
            default: break
            }
        }
        self.requests = requests.total
    }

    private mutating func readStatus(_ reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: phase = try PodPhase(rawValue: reader.string()) ?? .unknown
            case 2:
                let condition = try Condition(from: reader.message())
                if condition.type == "Ready" { isReady = condition.status == "True" }
            case 8: restartCount &+= try Self.restarts(reader.message())
            default: break
            }
        }
    }

    /// `ContainerStatus`{5: restartCount}.
    private static func restarts(_ reader: consuming ProtobufReader) throws(ProtobufError) -> Int32 {
        while let field = try reader.nextField() {
            if field == 5 { return try reader.int32() }
        }
        return 0
    }
}

/// The part of a container that is read.
private struct Container {
    var requests = ComputeResources()
    var restartsAlways = false

    init(from reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case 8: requests = try PartialResources(requirements: reader.message()).orZero
            case 24: restartsAlways = try reader.string() == "Always"
            default: break
            }
        }
    }
}

/// A condition of a pod or a node.
struct Condition {
    var type = ""
    var status = ""

    init(from reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: type = try reader.string()
            case 2: status = try reader.string()
            default: break
            }
        }
    }
}

extension PartialResources {
    /// Reads `ResourceRequirements`{2: requests}.
    init(requirements reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            if field == 2 { try readEntry(from: &reader) }
        }
    }

    /// Reads an entry of a `ResourceList`: map<string, Quantity{1: string}>. A text that is no quantity, which no
    /// server lets in, counts as missing.
    mutating func readEntry(from reader: inout ProtobufReader) throws(ProtobufError) {
        let (name, value) = try reader.mapEntry()
        if name.elementsEqual("cpu".utf8) {
            cpuMillicores = try Self.quantity(value, decimals: 3)
        } else if name.elementsEqual("memory".utf8) {
            memoryBytes = try Self.quantity(value, decimals: 0)
        }
    }

    private static func quantity(_ message: UnsafeRawBufferPointer, decimals: Int) throws(ProtobufError) -> Int64? {
        var reader = ProtobufReader(message)
        while let field = try reader.nextField() {
            if field == 1 { return Quantity.scaled(try reader.rawBytes(), by: decimals) }
        }
        return nil
    }
}
