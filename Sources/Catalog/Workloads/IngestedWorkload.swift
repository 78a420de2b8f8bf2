package import Base

/// An object of a cluster that entities are made of, reduced to what these say.
package struct IngestedWorkload: Sendable, Hashable {
    /// As configured.
    package var cluster: String
    /// Empty for objects without a namespace.
    package var namespace: String
    package var name: String
    package var uid: String
    /// Such as `StatefulSet`.
    package var kind: String
    package var type: IngestedType
    /// Those that `IngestionFilter` keeps.
    package var annotations: [String: String]
    /// What selects its pods; nil when nobody knows.
    package var selector: String?

    package init(
        cluster: String, namespace: String, name: String, uid: String, kind: String, type: IngestedType,
        annotations: [String: String] = [:], selector: String? = nil
    ) {
        self.cluster = cluster
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.kind = kind
        self.type = type
        self.annotations = annotations
        self.selector = selector
    }
}

/// What becomes of a workload.
package struct IngestedEntities: Sendable, Hashable {
    /// Definitions, the workload's own first.
    package var definitions: [JSONObject] = []
    /// What of its annotations cannot be used.
    package var problems: [IngestionProblem] = []

    package init() {}
}

/// Something that an annotation says and that cannot be used.
package struct IngestionProblem: Sendable, Hashable {
    /// The entity that cannot be made because of it; nil: only a part of one is missing.
    package var ref: EntityRef?
    package let message: String

    package init(ref: EntityRef? = nil, _ message: String) {
        self.ref = ref
        self.message = message
    }
}
