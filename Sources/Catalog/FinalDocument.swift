package import Base

/// An entity as it is served: its definition with what the catalog knows besides.
package struct FinalDocument: Sendable, Hashable {
    /// The whole document, keys in the author's order, ours behind them.
    package let json: JSONObject
    /// SHA-256 of the document before `metadata.etag` is set: equal documents have equal hashes.
    package let contentHash: String

    /// The document as it is sent.
    package var bytes: [UInt8] { JSONValue.object(json).serialized() }

    /// Puts an entity's document together.
    ///
    /// - Parameters:
    ///   - uid: becomes `metadata.uid`.
    ///   - location: where the definition was read, `<type>:<target>`.
    ///   - origin: the registered location that led there.
    ///   - isOrphan: no location gives the entity any more.
    ///   - relations: those whose source is another entity are left out.
    ///   - status: follows the author's own items; without any there is no `status`.
    package init(
        of entity: Entity, uid: String, location: String, origin: String, isOrphan: Bool = false,
        relations: some Sequence<Relation>, status: [StatusItem] = []
    ) {
        var document = entity.definition
        var metadata = entity.metadata
        metadata["uid"] = .string(uid)
        var annotations = Self.annotations(metadata, location: location, origin: origin)
        if isOrphan { annotations["backstage.io/orphan"] = "true" }
        metadata["annotations"] = .object(annotations)
        document["metadata"] = .object(metadata)
        document["relations"] = Self.relations(relations, of: entity.ref)
        if !status.isEmpty { document["status"] = Self.status(document["status"], adding: status) }

        contentHash = sha256Hex(JSONValue.object(document).serialized(sortedKeys: true))
        if metadata["etag"] == nil {
            metadata["etag"] = .string(contentHash)
            document["metadata"] = .object(metadata)
        }
        json = document
    }

    private static func annotations(_ metadata: JSONObject, location: String, origin: String) -> JSONObject {
        var annotations = metadata["annotations"]?.objectValue ?? [:]
        annotations["backstage.io/managed-by-location"] = .string(LocationRef.shown(location))
        annotations["backstage.io/managed-by-origin-location"] = .string(LocationRef.shown(origin))
        for name in ["backstage.io/view-url", "backstage.io/edit-url"] {
            guard let url = annotations[name]?.stringValue, isJavaScriptURL(url) else { continue }
            annotations[name] = "https://backstage.io/annotation-rejected-for-security-reasons"
        }
        return annotations
    }

    private static func relations(_ relations: some Sequence<Relation>, of ref: EntityRef) -> JSONValue {
        let own = Set(relations.lazy.filter { $0.source == ref }).sorted()
        return .array(own.map { ["type": .string($0.type), "targetRef": .string($0.target.canonical)] })
    }

    private static func status(_ authored: JSONValue?, adding items: [StatusItem]) -> JSONValue {
        var status = authored?.objectValue ?? [:]
        status["items"] = .array((status["items"]?.arrayValue ?? []) + items.map(\.json))
        return .object(status)
    }
}
