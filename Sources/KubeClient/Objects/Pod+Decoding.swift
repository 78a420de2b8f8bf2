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
        // Read when the spec is known: what a probe means for a container's status stands there.
        var status: ProtobufReader?
        while let field = try reader.nextField() {
            switch field {
            case 1: meta = try ObjectMeta(from: reader.message(), in: &context)
            case 2: try readSpec(reader.message(), in: &context)
            case 3: status = try reader.message()
            default: break
            }
        }
        if let status { try readStatus(status, in: &context) }
    }

    private mutating func readSpec(
        _ reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        var spec = PodSpec()
        while let field = try reader.nextField() {
            switch field {
            case 1: try readVolume(reader.message(), in: &context)
            case 2: spec.add(container: try ContainerSpec(from: reader.message(), in: &context))
            case 10: nodeName = context.string(try reader.rawBytes())
            case 20: spec.add(initContainer: try ContainerSpec(from: reader.message(), in: &context))
            case 32: try spec.readOverhead(from: &reader)
            case 40: spec.set(pod: try ResourceRequirements(from: reader.message()))
            default: break
            }
        }
        containers = context.containers(spec.containers)
    }

    private mutating func readStatus(
        _ reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        var troubles: [ContainerTrouble] = []
        var initTroubles: [ContainerTrouble] = []
        var reason = ""
        while let field = try reader.nextField() {
            switch field {
            case 1: phase = try PodPhase(rawValue: reader.string()) ?? .unknown
            case 2:
                let condition = try Condition(from: reader.message())
                if condition.type == "Ready" { isReady = condition.status == "True" }
                if condition.type == "PodScheduled", condition.status == "False", nodeName.isEmpty {
                    reason = context.string(condition.reason)
                }
            case 4: reason = context.string(try reader.rawBytes())
            case 8: try readStatus(of: reader.message(), into: &troubles, in: &context)
            case 10: try readStatus(of: reader.message(), into: &initTroubles, in: &context)
            default: break
            }
        }
        guard !reason.isEmpty || !troubles.isEmpty || !initTroubles.isEmpty else { return }
        self.troubles = PodTroubles(reason: reason, containers: initTroubles + troubles)
    }

    private mutating func readStatus(
        of reader: consuming ProtobufReader, into troubles: inout [ContainerTrouble],
        in context: inout DecodingContext
    ) throws(ProtobufError) {
        let status = try ContainerStatus(from: reader)
        restartCount &+= status.restartCount
        if let trouble = try status.trouble(containers.readinessSeconds, in: &context) { troubles.append(trouble) }
    }
}

/// A condition of a pod or a node. The reason lies in the message that was read.
struct Condition {
    var type = ""
    var status = ""
    var reason = UnsafeRawBufferPointer(start: nil, count: 0)

    init(from reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: type = try reader.string()
            case 2: status = try reader.string()
            case 5: reason = try reader.rawBytes()
            default: break
            }
        }
    }
}
