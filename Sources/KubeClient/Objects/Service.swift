/// A Service; of those that are no load balancers only the metadata is kept.
package struct Service: KubernetesObject {
    package var meta: ObjectMeta
    /// Whether its `type` is `LoadBalancer`.
    package var isLoadBalancer: Bool
    /// What the labels of its pods must be. Empty: it has no pods by itself.
    package var selector: LabelSet

    package init(meta: ObjectMeta, isLoadBalancer: Bool = false, selector: LabelSet = LabelSet()) {
        self.meta = meta
        self.isLoadBalancer = isLoadBalancer
        self.selector = selector
    }
}

extension Resource<Service> {
    /// Services; their annotations are not kept.
    package static let services = Resource(
        kind: "Service", plural: "services", versions: [GroupVersion(version: "v1")]
    ) { reader, context throws(ProtobufError) in
        try Service(from: reader, in: &context)
    }
}

// Field numbers are those of k8s.io/api/core/v1/generated.proto.
extension Service {
    /// `Service`{1: metadata, 2: ServiceSpec{2: selector, 4: type}}.
    fileprivate init(
        from reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        self.init(meta: ObjectMeta(name: ""))
        while let field = try reader.nextField() {
            switch field {
            case 1: meta = try ObjectMeta(from: reader.message(), in: &context)
            case 2: try readSpec(reader.message(), in: &context)
            default: break
            }
        }
        if !isLoadBalancer { selector = LabelSet() }
    }

    private mutating func readSpec(
        _ reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        var pairs: [(key: String, value: String)] = []
        while let field = try reader.nextField() {
            switch field {
            case 2:
                let (key, value) = try reader.mapEntry()
                pairs.append((context.string(key), context.string(value)))
            case 4: isLoadBalancer = try reader.string() == "LoadBalancer"
            default: break
            }
        }
        selector = context.labels(pairs)
    }
}
