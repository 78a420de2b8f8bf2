internal import Base

/// An autoscaler: what it scales and how far.
package struct HorizontalPodAutoscaler: KubernetesObject {
    package var meta: ObjectMeta
    /// The API group of what it scales, such as `apps`.
    package var targetGroup: String
    /// Such as `Deployment`.
    package var targetKind: String
    package var targetName: String
    package var maximumReplicas: Int32
    package var currentReplicas: Int32
    /// Whether it has a target for the use of CPU in shares of the request.
    package var hasCPUTarget: Bool

    package init(
        meta: ObjectMeta, targetGroup: String = "apps", targetKind: String = "Deployment", targetName: String = "",
        maximumReplicas: Int32 = 0, currentReplicas: Int32 = 0, hasCPUTarget: Bool = false
    ) {
        self.meta = meta
        self.targetGroup = targetGroup
        self.targetKind = targetKind
        self.targetName = targetName
        self.maximumReplicas = maximumReplicas
        self.currentReplicas = currentReplicas
        self.hasCPUTarget = hasCPUTarget
    }

    /// Where version 1 of the API keeps the metrics that its fields cannot say.
    static let metricsAnnotation = "autoscaling.alpha.kubernetes.io/metrics"

    /// The resources whose use decides how many pods there are, such as `cpu` and `memory`.
    package var scaledResources: Set<String> {
        var resources: Set<String> = hasCPUTarget ? ["cpu"] : []
        let metrics = meta.annotations[Self.metricsAnnotation].flatMap { try? JSONValue(parsing: Array($0.utf8)) }
        for metric in metrics?.arrayValue ?? [] {
            let name = metric["resource"]?["name"] ?? metric["containerResource"]?["name"]
            if let name = name?.stringValue { resources.insert(name) }
        }
        return resources
    }
}

extension Resource<HorizontalPodAutoscaler> {
    /// HorizontalPodAutoscalers of `autoscaling/v1`, which every server has and which says all that is needed; of their
    /// annotations that with the metrics alone is kept.
    package static let horizontalPodAutoscalers = Resource(
        kind: "HorizontalPodAutoscaler", plural: "horizontalpodautoscalers",
        versions: [GroupVersion(group: "autoscaling", version: "v1")],
        annotations: .only([HorizontalPodAutoscaler.metricsAnnotation])
    ) { reader, context throws(ProtobufError) in
        try HorizontalPodAutoscaler(from: reader, in: &context)
    }
}

// Field numbers are those of k8s.io/api/autoscaling/v1/generated.proto.
extension HorizontalPodAutoscaler {
    /// `HorizontalPodAutoscaler`{1: metadata, 2: spec, 3: HorizontalPodAutoscalerStatus{3: currentReplicas}}.
    fileprivate init(
        from reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        self.init(meta: ObjectMeta(name: ""), targetGroup: "", targetKind: "")
        while let field = try reader.nextField() {
            switch field {
            case 1: meta = try ObjectMeta(from: reader.message(), in: &context)
            case 2: try readSpec(reader.message(), in: &context)
            case 3:
                var status = try reader.message()
                while let inner = try status.nextField() {
                    if inner == 3 { currentReplicas = try status.int32() }
                }
            default: break
            }
        }
    }

    /// `HorizontalPodAutoscalerSpec`{1: scaleTargetRef, 3: maxReplicas, 4: targetCPUUtilizationPercentage}.
    private mutating func readSpec(
        _ reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: try readTarget(reader.message(), in: &context)
            case 3: maximumReplicas = try reader.int32()
            case 4: hasCPUTarget = try reader.int32() > 0
            default: break
            }
        }
    }

    /// `CrossVersionObjectReference`{1: kind, 2: name, 3: apiVersion}.
    private mutating func readTarget(
        _ reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: targetKind = context.string(try reader.rawBytes())
            case 2: targetName = try reader.string()
            case 3: targetGroup = apiGroup(of: try reader.string())
            default: break
            }
        }
    }
}

/// The group of an `apiVersion`: `apps/v1` has `apps`, `v1` that of the core, which is empty.
func apiGroup(of apiVersion: String) -> String {
    apiVersion.utf8.contains(UInt8(ascii: "/")) ? String(apiVersion.prefix { $0 != "/" }) : ""
}
