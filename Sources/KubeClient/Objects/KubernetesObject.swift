package import Base

/// An object of the Kubernetes API, reduced to the fields that Callboard reads.
package protocol KubernetesObject: Sendable, Hashable {
    var meta: ObjectMeta { get set }
}

extension KubernetesObject {
    /// Its name in the cluster.
    package var key: ObjectKey { meta.key }
}

/// One kind of object: what it is called in paths, which versions of it are known, and how it is decoded.
package struct Resource<Object: KubernetesObject>: Sendable {
    /// Such as `Deployment`.
    package let kind: String
    /// As in paths, such as `deployments`.
    package let plural: String
    /// The group versions whose form is known, the newest first. The server's discovery says which one is used.
    package let versions: [GroupVersion]
    package let isNamespaced: Bool
    /// Which annotations the objects keep.
    package var annotations: AnnotationFilter

    /// In which form lists and watches come.
    let form: WireForm
    private let decoder: ObjectDecoder<Object>

    /// A kind that comes as protobuf.
    ///
    /// - Parameter isMetadataOnly: whether the objects' metadata is all that is needed of them.
    init(
        kind: String, plural: String, versions: [GroupVersion], isNamespaced: Bool = true,
        annotations: AnnotationFilter = .none, isMetadataOnly: Bool = false,
        decode:
            @escaping @Sendable (consuming ProtobufReader, inout DecodingContext) throws(ProtobufError) -> Object
    ) {
        self.init(
            kind: kind, plural: plural, versions: versions, isNamespaced: isNamespaced, annotations: annotations,
            form: isMetadataOnly ? .protobufMetadata : .protobuf, decoder: .protobuf(decode))
    }

    private init(
        kind: String, plural: String, versions: [GroupVersion], isNamespaced: Bool, annotations: AnnotationFilter,
        form: WireForm, decoder: ObjectDecoder<Object>
    ) {
        self.kind = kind
        self.plural = plural
        self.versions = versions
        self.isNamespaced = isNamespaced
        self.annotations = annotations
        self.form = form
        self.decoder = decoder
    }

    /// A kind that comes as JSON, as custom resources do.
    ///
    /// - Parameters:
    ///   - fields: the paths of the fields that `decode` reads besides `apiVersion`, `kind` and `metadata`; the rest is
    ///     not built. Nil: everything. `metadata.managedFields` is never built.
    ///   - decode: makes an object of what the server sent; `ObjectMeta(from:in:)` reads the metadata. It should take
    ///     fields that are missing or of another type as absent: an error fails the whole list, which is then tried
    ///     again and again.
    ///   - olderVersions: read in the same way from servers that do not have the first one.
    package static func custom(
        kind: String, plural: String, groupVersion: GroupVersion, olderVersions: [GroupVersion] = [],
        isNamespaced: Bool = true, annotations: AnnotationFilter = .none, fields: [[String]]? = nil,
        decode: @escaping @Sendable (JSONValue, inout DecodingContext) throws -> Object
    ) -> Resource {
        let own = [["apiVersion"], ["kind"], ["metadata"]]
        var unused = [["metadata", "managedFields"]]
        if annotations == .none { unused.append(["metadata", "annotations"]) }
        if annotations == .all { unused.append(["metadata", "annotations", AnnotationFilter.lastApplied]) }
        let selection = fields.map { JSONSelection(only: own + $0) } ?? .all
        return Resource(
            kind: kind, plural: plural, versions: [groupVersion] + olderVersions, isNamespaced: isNamespaced,
            annotations: annotations, form: .json, decoder: .json(selection.without(unused), decode))
    }

    /// - Throws: `ProtobufError`, or what the decoder of a custom resource throws.
    func decode(_ object: WireObject, _ context: inout DecodingContext) throws -> Object {
        switch (decoder, object) {
        case (.protobuf(let decode), .protobuf(let reader)): try decode(reader, &context)
        case (.json(let selection, let decode), .json(let view)): try decode(view.value(selection), &context)
        // The form decides both.
        default: preconditionFailure("\(kind) came in another form than asked for")
        }
    }

    /// The same resource, whose objects keep these annotations.
    package func keeping(annotations: AnnotationFilter) -> Resource {
        var copy = self
        copy.annotations = annotations
        return copy
    }
}

/// How objects are made of what the server sent.
private enum ObjectDecoder<Object>: Sendable {
    case protobuf(@Sendable (consuming ProtobufReader, inout DecodingContext) throws(ProtobufError) -> Object)
    /// With what of a document is built.
    case json(JSONSelection, @Sendable (JSONValue, inout DecodingContext) throws -> Object)
}

/// An API group and version, such as `apps/v1`; the group of the core API is empty.
package struct GroupVersion: Sendable, Hashable, CustomStringConvertible {
    package let group: String
    package let version: String

    package init(group: String = "", version: String) {
        self.group = group
        self.version = version
    }

    /// As `apiVersion` has it: `apps/v1`, `v1`.
    package var description: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// `/api/v1` for the core, `/apis/apps/v1` for the others.
    package var path: String { group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)" }
}
