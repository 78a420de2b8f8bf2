/// A node: what it offers and whether it takes pods.
package struct Node: KubernetesObject {
    package var meta: ObjectMeta
    package var capacity: ComputeResources
    /// What pods may reserve: the capacity less what the node keeps for itself.
    package var allocatable: ComputeResources
    /// Whether the condition `Ready` is true.
    package var isReady: Bool
    /// Whether the node was cordoned.
    package var isUnschedulable: Bool

    package init(
        meta: ObjectMeta, capacity: ComputeResources = ComputeResources(),
        allocatable: ComputeResources = ComputeResources(), isReady: Bool = false, isUnschedulable: Bool = false
    ) {
        self.meta = meta
        self.capacity = capacity
        self.allocatable = allocatable
        self.isReady = isReady
        self.isUnschedulable = isUnschedulable
    }

    /// Says what the whole node costs an hour, in the configured currency, such as `0.192`.
    package static let priceAnnotation = "callboard.dev/hourly-price"

    /// The provider's name of the machine type; nil when the node does not say.
    package var instanceType: String? {
        meta.labels["node.kubernetes.io/instance-type"] ?? meta.labels["beta.kubernetes.io/instance-type"]
    }

    /// The provider's region; nil when the node does not say.
    package var region: String? { meta.labels["topology.kubernetes.io/region"] }

    /// The provider's zone; nil when the node does not say.
    package var zone: String? { meta.labels["topology.kubernetes.io/zone"] }
}

extension Resource<Node> {
    /// Nodes; of their annotations the price alone is kept.
    package static let nodes = Resource(
        kind: "Node", plural: "nodes", versions: [GroupVersion(version: "v1")], isNamespaced: false,
        annotations: .only([Node.priceAnnotation])
    ) { reader, context throws(ProtobufError) in
        try Node(from: reader, in: &context)
    }
}

// Field numbers are those of k8s.io/api/core/v1/generated.proto.
extension Node {
    fileprivate init(
        from reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        self.init(meta: ObjectMeta(name: ""))
        while let field = try reader.nextField() {
            switch field {
            case 1: meta = try ObjectMeta(from: reader.message(), in: &context)
            case 2: try readSpec(reader.message())
            case 3: try readStatus(reader.message())
            default: break
            }
        }
    }

    private mutating func readSpec(_ reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            if field == 4 { isUnschedulable = try reader.bool() }
        }
    }

    private mutating func readStatus(_ reader: consuming ProtobufReader) throws(ProtobufError) {
        var (capacity, allocatable) = (PartialResources(), PartialResources())
        while let field = try reader.nextField() {
            switch field {
            case 1: try capacity.readEntry(from: &reader)
            case 2: try allocatable.readEntry(from: &reader)
            case 4:
                let condition = try Condition(from: reader.message())
                if condition.type == "Ready" { isReady = condition.status == "True" }
            default: break
            }
        }
        (self.capacity, self.allocatable) = (capacity.orZero, allocatable.orZero)
    }
}
