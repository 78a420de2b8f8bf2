package import Base

extension ObjectMeta {
    /// Reads the `metadata` of an object in JSON.
    ///
    /// - Parameter object: the whole object.
    /// - Throws: `ObjectMetaError` when it has no name: such an object cannot be told from others.
    package init(from object: JSONValue, in context: inout DecodingContext) throws {
        let metadata = object["metadata"]
        guard let name = metadata?["name"]?.stringValue, !name.isEmpty else { throw ObjectMetaError() }
        self.init(
            namespace: context.string(metadata?["namespace"]?.stringValue ?? ""), name: name,
            uid: ObjectUID(metadata?["uid"]?.stringValue ?? ""),
            resourceVersion: ResourceVersion(metadata?["resourceVersion"]?.stringValue ?? ""),
            generation: metadata?["generation"]?.intValue ?? 0,
            labels: Self.labels(from: metadata?["labels"], in: &context),
            created: Self.time(metadata?["creationTimestamp"]) ?? Timestamp(seconds: 0),
            deleted: Self.time(metadata?["deletionTimestamp"]),
            owner: Self.owner(metadata?["ownerReferences"], in: &context))
        readAnnotations(metadata?["annotations"], in: &context)
    }

    /// Reads a map of labels, such as that of a pod template; what is no text is passed over.
    package static func labels(from labels: JSONValue?, in context: inout DecodingContext) -> LabelSet {
        var pairs: [(key: String, value: String)] = []
        for (key, value) in labels?.objectValue ?? [:] {
            guard let text = value.stringValue else { continue }
            pairs.append((context.string(key), context.string(text)))
        }
        return context.labels(pairs)
    }

    private mutating func readAnnotations(_ annotations: JSONValue?, in context: inout DecodingContext) {
        for (key, value) in annotations?.objectValue ?? [:] where context.annotations.keeps(key) {
            if let text = value.stringValue { self.annotations[context.string(key)] = text }
        }
    }

    private static func time(_ value: JSONValue?) -> Timestamp? {
        value?.stringValue.flatMap { Timestamp(rfc3339: $0) }
    }

    private static func owner(_ references: JSONValue?, in context: inout DecodingContext) -> ControllerReference? {
        guard let owner = references?.arrayValue?.first(where: { $0["controller"]?.boolValue == true }) else {
            return nil
        }
        let apiVersion = owner["apiVersion"]?.stringValue ?? ""
        let group = apiVersion.utf8.contains(UInt8(ascii: "/")) ? String(apiVersion.prefix { $0 != "/" }) : ""
        return context.owner(
            ControllerReference(
                group: group, kind: context.string(owner["kind"]?.stringValue ?? ""),
                name: context.string(owner["name"]?.stringValue ?? ""),
                uid: ObjectUID(owner["uid"]?.stringValue ?? "")))
    }
}

/// An object has no name.
package struct ObjectMetaError: Error, CustomStringConvertible {
    package var description: String { "an object without metadata.name" }
}
