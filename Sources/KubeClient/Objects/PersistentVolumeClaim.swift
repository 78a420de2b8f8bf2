/// A claim of storage: what is requested, and whether there is a volume for it.
package struct PersistentVolumeClaim: KubernetesObject {
    package var meta: ObjectMeta
    /// Bytes that it requests.
    package var requestedBytes: Int64
    /// Whether a volume is bound to it; before that nothing is paid for.
    package var isBound: Bool

    package init(meta: ObjectMeta, requestedBytes: Int64 = 0, isBound: Bool = false) {
        self.meta = meta
        self.requestedBytes = requestedBytes
        self.isBound = isBound
    }
}

/// A volume. Those that are bound are paid for as their claims are; the others are in nobody's use.
package struct PersistentVolume: KubernetesObject {
    package var meta: ObjectMeta
    /// Bytes that it has.
    package var capacityBytes: Int64
    /// Whether a claim uses it.
    package var isBound: Bool

    package init(meta: ObjectMeta, capacityBytes: Int64 = 0, isBound: Bool = false) {
        self.meta = meta
        self.capacityBytes = capacityBytes
        self.isBound = isBound
    }
}

extension Resource<PersistentVolumeClaim> {
    /// PersistentVolumeClaims; their annotations are not kept.
    package static let persistentVolumeClaims = Resource(
        kind: "PersistentVolumeClaim", plural: "persistentvolumeclaims", versions: [GroupVersion(version: "v1")]
    ) { reader, context throws(ProtobufError) in
        try PersistentVolumeClaim(from: reader, in: &context)
    }
}

extension Resource<PersistentVolume> {
    /// PersistentVolumes; their annotations are not kept.
    package static let persistentVolumes = Resource(
        kind: "PersistentVolume", plural: "persistentvolumes", versions: [GroupVersion(version: "v1")],
        isNamespaced: false
    ) { reader, context throws(ProtobufError) in
        try PersistentVolume(from: reader, in: &context)
    }
}

// Field numbers are those of k8s.io/api/core/v1/generated.proto.
extension PersistentVolumeClaim {
    /// `PersistentVolumeClaim`{1: metadata, 2: spec{2: VolumeResourceRequirements{2: requests}}, 3: status{1: phase}}.
    fileprivate init(
        from reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        self.init(meta: ObjectMeta(name: ""))
        while let field = try reader.nextField() {
            switch field {
            case 1: meta = try ObjectMeta(from: reader.message(), in: &context)
            case 2: try readSpec(reader.message())
            case 3:
                var status = try reader.message()
                while let inner = try status.nextField() {
                    if inner == 1 { isBound = try status.string() == "Bound" }
                }
            default: break
            }
        }
    }

    private mutating func readSpec(_ reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            guard field == 2 else { continue }
            var resources = try reader.message()
            while let inner = try resources.nextField() {
                guard inner == 2 else { continue }
                if let bytes = try resources.storage() { requestedBytes = bytes }
            }
        }
    }
}

extension PersistentVolume {
    /// `PersistentVolume`{1: metadata, 2: spec{1: capacity}, 3: status{1: phase}}.
    fileprivate init(
        from reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        self.init(meta: ObjectMeta(name: ""))
        while let field = try reader.nextField() {
            switch field {
            case 1: meta = try ObjectMeta(from: reader.message(), in: &context)
            case 2:
                var spec = try reader.message()
                while let inner = try spec.nextField() {
                    guard inner == 1 else { continue }
                    if let bytes = try spec.storage() { capacityBytes = bytes }
                }
            case 3:
                var status = try reader.message()
                while let inner = try status.nextField() {
                    if inner == 1 { isBound = try status.string() == "Bound" }
                }
            default: break
            }
        }
    }
}

extension ProtobufReader {
    /// Reads an entry of a `ResourceList`; nil when it is not about storage.
    fileprivate mutating func storage() throws(ProtobufError) -> Int64? {
        let (name, value) = try mapEntry()
        return name.elementsEqual("storage".utf8) ? try PartialResources.quantity(value, decimals: 0) : nil
    }
}
