package import Base

/// A `coordination.k8s.io/v1` Lease as the server keeps it.
package struct Lease: Sendable, Hashable {
    package let name: String
    /// The version that an update replaces, and no other.
    package let resourceVersion: ResourceVersion
    package let labels: [String: String]
    package let annotations: [String: String]
    package let record: LeaseRecord
    /// The whole object, so that an update keeps what others wrote into it.
    let document: JSONObject

    /// - Returns: nil when the document is no object with a name and a version.
    package init?(_ document: JSONValue) {
        guard case .object(let object) = document, let metadata = object["metadata"],
            let name = metadata["name"]?.stringValue, let version = metadata["resourceVersion"]?.stringValue
        else { return nil }
        self.name = name
        resourceVersion = ResourceVersion(version)
        labels = Self.texts(metadata["labels"])
        annotations = Self.texts(metadata["annotations"])
        record = LeaseRecord(spec: object["spec"])
        self.document = object
    }

    /// The object with another record.
    func document(with record: LeaseRecord) -> JSONValue {
        var changed = document
        changed["spec"] = .object(record.written(to: document["spec"]?.objectValue ?? [:]))
        return .object(changed)
    }

    /// A new object.
    static func document(
        name: String, labels: [String: String], annotations: [String: String], record: LeaseRecord
    ) -> JSONValue {
        [
            "apiVersion": .string(LeaseCollection.endpoint.groupVersion.description), "kind": "Lease",
            "metadata": [
                "name": .string(name), "labels": object(labels), "annotations": object(annotations),
            ],
            "spec": .object(record.written()),
        ]
    }

    private static func texts(_ json: JSONValue?) -> [String: String] {
        var texts: [String: String] = [:]
        for (key, value) in json?.objectValue ?? [:] { texts[key] = value.stringValue }
        return texts
    }

    private static func object(_ texts: [String: String]) -> JSONValue {
        .object(JSONObject(texts.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
}
