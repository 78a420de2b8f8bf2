internal import Base
internal import Catalog
internal import KubeClient

/// An object that entities may be made of, with what they need of it.
struct IngestedObject: KubernetesObject {
    /// Without labels and generation, so that a status or a number of replicas changes nothing.
    var meta: ObjectMeta
    /// Empty where the server does not say it: in lists of its own kinds.
    var kind = ""
    var selector: String?
    /// It becomes no entity; nothing of it is kept but its name.
    var isExcluded = false

    /// Lists and watches of a type. Every kind comes as JSON, so that those that are configured need no decoder of their own.
    static func resource(of type: IngestedType, _ filter: IngestionFilter) -> Resource<IngestedObject> {
        .custom(
            kind: type.kind ?? type.plural, plural: type.plural,
            groupVersion: GroupVersion(group: type.group, version: type.version),
            // CronJobs before Kubernetes 1.21.
            olderVersions: type.kind == "CronJob" ? [GroupVersion(group: "batch", version: "v1beta1")] : [],
            annotations: .all,
            fields: SelectorNotation.fields + IngestionFilter.fields
        ) { json, context in
            try IngestedObject(json, type, filter, &context)
        }
    }

    private init(
        _ json: JSONValue, _ type: IngestedType, _ filter: IngestionFilter, _ context: inout DecodingContext
    ) throws {
        meta = try ObjectMeta(from: json, in: &context)
        (meta.labels, meta.generation, meta.owner, meta.deleted) = ([:], 0, nil, nil)
        guard filter.admits(json) else {
            (meta.annotations, isExcluded) = ([:], true)
            return
        }
        meta.annotations = meta.annotations.filter { filter.keeps(annotation: $0.key) }
        kind = context.string(json["kind"]?.stringValue ?? "")
        selector = SelectorNotation.automatic(for: json, isCronJob: type.kind == "CronJob")
    }
}

/// Where an object is among the locations: `kubernetes:<cluster>/<type>/<namespace>/<name>`, with `-` for no namespace.
struct WorkloadLocation: Sendable, Hashable, CustomStringConvertible {
    private static let prefix = "kubernetes:"
    private static let noNamespace = "-"

    /// As configured; may hold `/`, as the ARNs of EKS clusters do.
    let cluster: String
    /// `IngestedType.key`.
    let type: String
    let object: ObjectKey

    var description: String {
        let namespace = object.namespace.isEmpty ? Self.noNamespace : object.namespace
        return "\(Self.beginning(cluster: cluster, type: type))\(namespace)/\(object.name)"
    }

    /// What all locations of a type begin with.
    static func beginning(cluster: String, type: String) -> String { "\(prefix)\(cluster)/\(type)/" }

    init(cluster: String, type: String, object: ObjectKey) {
        self.cluster = cluster
        self.type = type
        self.object = object
    }

    /// Reads what `description` writes, from the end, since the other parts hold no `/`.
    init?(parsing text: String) {
        let parts = text.dropFirst(Self.prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        guard text.hasPrefix(Self.prefix), parts.count >= 4, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        cluster = parts.dropLast(3).joined(separator: "/")
        type = String(parts[parts.count - 3])
        let namespace = String(parts[parts.count - 2])
        object = ObjectKey(
            namespace: namespace == Self.noNamespace ? "" : namespace, name: String(parts[parts.count - 1]))
    }
}
