internal import Actions
internal import Base
internal import Catalog
internal import HTTPServer
internal import Store

/// Entities by their names: one, several, where one comes from; reading one again, and removing one.
struct EntityRoutes {
    let catalog: CatalogRoutes

    private static let refsPreface =
        "Malformed request body (did you remember to specify an application/json content type?), "

    var routes: [Route] {
        [
            Route("/api/catalog/entities/by-uid/:uid") { request in
                guard let entity = try await catalog.access(request).entity(uid: request["uid"]) else {
                    throw ActionError(.notFound, "No entity with uid \(request["uid"])")
                }
                return .document(entity, to: request.http)
            },
            Route("/api/catalog/entities/by-uid/:uid", methods: ["DELETE"]) { request in
                try await catalog.access(request).remove(uid: request["uid"])
                return .empty(204)
            },
            Route(
                "/api/catalog/entities/by-name/:kind/:namespace/:name",
                immediate: { request in
                    try catalog.access(request).keptEntity(ref: request.entityRef.canonical)
                        .map { entity in { .document(entity, to: request.http) } }
                }
            ) { request in
                guard let entity = try await catalog.access(request).entity(ref: request.entityRef.canonical) else {
                    throw ActionError(
                        .notFound,
                        "No entity named '\(request["name"])' found, with kind '\(request["kind"])' "
                            + "in namespace '\(request["namespace"])'")
                }
                return .document(entity, to: request.http)
            },
            Route("/api/catalog/entities/by-name/:kind/:namespace/:name/ancestry") { try await ancestry($0) },
            Route("/api/catalog/entities/by-refs", methods: ["POST"]) { try await byRefs($0) },
            Route("/api/catalog/refresh", methods: ["POST"]) { try await refresh($0) },
        ]
    }

    private func ancestry(_ request: RouteRequest) async throws -> HTTPServerResponse {
        let ref = request.entityRef.canonical
        guard let items = try await catalog.access(request).ancestry(of: ref) else {
            throw ActionError(.notFound, "No such entity \(ref)")
        }
        let list = try items.map { item -> JSONValue in
            [
                "entity": try JSONValue(parsing: item.entity.document),
                "parentEntityRefs": .array(item.parents.map(JSONValue.string)),
            ]
        }
        return .json(200, ["rootEntityRef": .string(ref), "items": .array(list)])
    }

    private func byRefs(_ request: RouteRequest) async throws -> HTTPServerResponse {
        let body = try RequestBody(request, keys: ["entityRefs", "fields", "query"], preface: Self.refsPreface)
        guard let texts = try body.texts("entityRefs") else {
            throw body.complaint("must have required property 'entityRefs'")
        }
        guard texts.count <= CatalogRoutes.maximumLimit else {
            throw body.complaint("must NOT have more than \(CatalogRoutes.maximumLimit) items", at: "entityRefs")
        }
        let fields = try FieldProjection.parsing(request.http.queryValues("fields") + (body.texts("fields") ?? []))
        let filter = try EntityFilter.both(
            EntityFilter.parsing(request.http.queryValues("filter")),
            body["query"].map { try EntityPredicate.filter($0) })
        let refs = texts.map { (try? EntityRef(parsing: $0))?.canonical }
        let entities = try await catalog.access(request).entities(refs: refs, filter: filter)
        let items = try entities.map { try $0.map { try EntityDocuments.bytes($0, fields) } ?? Array("null".utf8) }
        return .json(bytes: Array(#"{"items":"#.utf8) + EntityDocuments.joined(items) + [UInt8(ascii: "}")])
    }

    /// Answers at once; the effect shows when the place has been read. The token that old clients send along is not used.
    private func refresh(_ request: RouteRequest) async throws -> HTTPServerResponse {
        let body = try RequestBody(
            request, keys: ["entityRef", "authorizationToken"], preface: "Malformed request: ")
        _ = try body.text("authorizationToken")
        let ref = try EntityRef(parsing: body.requiredText("entityRef"))
        try await catalog.access(request).refresh(ref)
        return .empty(200)
    }
}

extension RouteRequest {
    /// The entity that `kind`, `namespace` and `name` of the path name.
    var entityRef: EntityRef { EntityRef(kind: self["kind"], namespace: self["namespace"], name: self["name"]) }
}

extension EntityFilter {
    /// What both let pass; nil for everything.
    static func both(_ one: EntityFilter?, _ other: EntityFilter?) -> EntityFilter? {
        guard let one, let other else { return one ?? other }
        return .allOf([one, other])
    }
}
