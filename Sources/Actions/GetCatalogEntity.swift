internal import Base
internal import Catalog
internal import Store

/// One entity by its name, as far as that is enough to tell it from others.
struct GetCatalogEntity: Action {
    let store: Store

    struct Input: Sendable {
        let kind: String?
        let namespace: String?
        let name: String
    }

    static let definition = ActionDefinition(
        plugin: "catalog", name: "get-catalog-entity", title: "Get a catalog entity",
        description: """
            Gets one entity of the software catalog: a service (Component), API, Resource, System, Domain, Group or User, \
            with its owner, annotations, relations to other entities, and processing status. Name alone is enough when it \
            is unique; otherwise give kind and namespace as well. Use catalog query when you do not know the name.
            """,
        attributes: .readOnly, permissions: [.readEntities],
        input: Schema.object(
            [
                "kind": Schema.string("Kind, such as Component; any letter case."),
                "namespace": Schema.string("Namespace; most entities are in default."),
                "name": Schema.string("The entity's name; any letter case."),
            ], required: ["name"]),
        output: EntityOutput.schema, aliases: ["get"])

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        Input(
            kind: arguments["kind"]?.stringValue, namespace: arguments["namespace"]?.stringValue,
            name: arguments["name"]?.stringValue ?? "")
    }

    // Inlined, it makes the optimizer of Swift 6.3 crash.
    @inline(never)
    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let entity = try await entity(input)
        return EntityAnswer.fitted(try JSONValue(parsing: entity.document))
    }

    func atHand(_ input: Input, for caller: Caller) -> KeptAnswer? {
        guard let ref = Self.ref(input), let entity = store.catalog.keptEntity(ref: ref) else { return nil }
        return KeptAnswer(name: ref, source: entity.document) {
            (try? JSONValue(parsing: entity.document)).map(EntityAnswer.fitted)
        }
    }

    /// The ref of an entity that is named in full; nil when something is left open.
    private static func ref(_ input: Input) -> String? {
        guard let kind = input.kind, let namespace = input.namespace else { return nil }
        return EntityRef(kind: kind, namespace: namespace, name: input.name).canonical
    }

    /// The one entity that is named.
    ///
    /// - Throws: `ActionError` when there is none, or when there are several.
    func entity(_ input: Input) async throws -> StoredEntity {
        if let ref = Self.ref(input), let entity = try await store.catalog.entity(ref: ref) { return entity }
        var conditions: [EntityFilter] = [.match(key: "metadata.name", values: [input.name])]
        if let kind = input.kind { conditions.append(.match(key: "kind", values: [kind])) }
        if let namespace = input.namespace { conditions.append(.match(key: "metadata.namespace", values: [namespace])) }
        var query = EntityQuery()
        query.filter = .allOf(conditions)
        query.limit = 10
        let page = try await store.catalog.query(query)
        guard let entity = page.items.first else {
            let candidates = try await store.catalog.candidates(name: input.name, limit: 5)
            let hint = candidates.isEmpty ? "" : "; similar: \(candidates.joined(separator: ", "))"
            throw ActionError(.input, "No entity found with name \"\(input.name)\"\(hint)")
        }
        guard page.totalItems == 1 else {
            let refs = page.items.map(\.ref).joined(separator: ", ")
            throw ActionError(
                .conflict, "Multiple entities found with name \"\(input.name)\": \(refs); give kind and namespace")
        }
        return entity
    }
}

/// The shape of an entity in answers.
enum EntityOutput {
    static let schema: JSONValue = [
        "type": "object",
        "description": "The entity in Backstage's format.",
        "properties": [
            "apiVersion": ["type": "string"], "kind": ["type": "string"],
            "metadata": Schema.anyObject("Name, namespace, annotations, labels, tags and links."),
            "spec": Schema.anyObject("What the kind says of itself, such as type, lifecycle and owner."),
            "relations": Schema.list(
                Schema.anyObject("type and targetRef"), "Ties to other entities, from both ends."),
            "status": Schema.anyObject("Problems that the catalog met with this entity."),
            "note": AnswerSize.noteSchema,
        ],
        "required": ["apiVersion", "kind", "metadata"],
    ]
}
