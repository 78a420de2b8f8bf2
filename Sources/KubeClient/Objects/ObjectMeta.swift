package import Base

/// Names an object of one kind in a cluster.
package struct ObjectKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Empty for objects without a namespace.
    package let namespace: String
    package let name: String

    package init(namespace: String = "", name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// `namespace/name`, or the name alone.
    package var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }

    /// The order of the API server's lists.
    package static func < (left: Self, right: Self) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }
}

/// The owner with `controller: true`. A class, so that the pods of a ReplicaSet share one.
package final class ControllerReference: Sendable, Hashable, CustomStringConvertible {
    /// The API group, such as `apps`; empty for the core. Other groups have kinds of the same names.
    package let group: String
    package let kind: String
    package let name: String
    package let uid: ObjectUID

    package init(group: String, kind: String, name: String, uid: ObjectUID) {
        self.group = group
        self.kind = kind
        self.name = name
        self.uid = uid
    }

    package var description: String { "\(kind)/\(name)" }

    package static func == (left: ControllerReference, right: ControllerReference) -> Bool {
        left === right
            || (left.uid == right.uid && left.name == right.name && left.kind == right.kind
                && left.group == right.group)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(uid) }
}

/// The part of `metadata` that Callboard reads.
package struct ObjectMeta: Sendable, Hashable {
    package var key: ObjectKey
    package var uid: ObjectUID
    package var resourceVersion: ResourceVersion
    /// Rises with each change of `spec`; 0 for kinds that have none.
    package var generation: Int64
    package var labels: LabelSet
    /// Those that the resource's `AnnotationFilter` keeps.
    package var annotations: [String: String]
    package var created: Timestamp
    /// When the object is to be gone; nil unless its deletion was asked for.
    package var deleted: Timestamp?
    /// Nil when no controller owns the object.
    package var owner: ControllerReference?

    package var namespace: String { key.namespace }
    package var name: String { key.name }

    package init(
        namespace: String = "", name: String, uid: ObjectUID = "", resourceVersion: ResourceVersion = "",
        generation: Int64 = 0, labels: LabelSet = [:], annotations: [String: String] = [:],
        created: Timestamp = Timestamp(seconds: 0), deleted: Timestamp? = nil, owner: ControllerReference? = nil
    ) {
        self.key = ObjectKey(namespace: namespace, name: name)
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.generation = generation
        self.labels = labels
        self.annotations = annotations
        self.created = created
        self.deleted = deleted
        self.owner = owner
    }
}
