/// An object of the Kubernetes API, reduced to the fields that Callboard reads.
package protocol KubernetesObject: Sendable, Hashable {
    var meta: ObjectMeta { get }
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

    let decode: @Sendable (consuming ProtobufReader, inout DecodingContext) throws(ProtobufError) -> Object

    init(
        kind: String, plural: String, versions: [GroupVersion], isNamespaced: Bool = true,
        annotations: AnnotationFilter = .none,
        decode:
            @escaping @Sendable (consuming ProtobufReader, inout DecodingContext) throws(ProtobufError) -> Object
    ) {
        self.kind = kind
        self.plural = plural
        self.versions = versions
        self.isNamespaced = isNamespaced
        self.annotations = annotations
        self.decode = decode
    }

    /// The same resource, whose objects keep these annotations.
    package func keeping(annotations: AnnotationFilter) -> Resource {
        var copy = self
        copy.annotations = annotations
        return copy
    }
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
