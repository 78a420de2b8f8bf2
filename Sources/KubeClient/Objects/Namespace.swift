/// A namespace of a cluster.
package struct Namespace: KubernetesObject {
    package var meta: ObjectMeta
    /// `Active` or `Terminating`.
    package var phase: String

    package init(meta: ObjectMeta, phase: String = "Active") {
        self.meta = meta
        self.phase = phase
    }
}

extension Resource<Namespace> {
    /// Namespaces, of which only the metadata is asked for; their annotations are not kept.
    package static let namespaces = Resource(
        kind: "Namespace", plural: "namespaces", versions: [GroupVersion(version: "v1")], isNamespaced: false,
        isMetadataOnly: true
    ) { reader, context throws(ProtobufError) in
        try Namespace(from: reader, in: &context)
    }
}

extension Namespace {
    /// `Namespace`{1: metadata, 3: NamespaceStatus{1: phase}}, or `PartialObjectMetadata`{1: metadata}.
    fileprivate init(
        from reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        self.init(meta: ObjectMeta(name: ""), phase: "")
        while let field = try reader.nextField() {
            switch field {
            case 1: meta = try ObjectMeta(from: reader.message(), in: &context)
            case 3:
                var status = try reader.message()
                while let inner = try status.nextField() {
                    if inner == 1 { phase = context.string(try status.rawBytes()) }
                }
            default: break
            }
        }
        // The API server sets both together.
        if phase.isEmpty { phase = meta.deleted == nil ? "Active" : "Terminating" }
    }
}
