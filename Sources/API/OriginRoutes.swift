internal import Actions
internal import Base
internal import Catalog
internal import HTTPServer
internal import Store

/// Where each field of an entity comes from.
struct OriginRoutes {
    let store: Store

    var routes: [Route] {
        [Route("/api/callboard/entities/:kind/:namespace/:name/origins") { try await origins($0) }]
    }

    private func origins(_ request: RouteRequest) async throws -> HTTPServerResponse {
        try request.caller.check(.readEntities)
        let ref = EntityRef(kind: request["kind"], namespace: request["namespace"], name: request["name"]).canonical
        guard let entity = try await store.catalog.layers(of: ref) else {
            throw ActionError(.notFound, "No entity \(ref)")
        }
        let origins = EntityOrigins(
            of: entity.document, definition: entity.definition, location: entity.location)
        let fields = origins.fields.map { field -> JSONValue in
            let location = field.layer == .callboard ? "callboard" : LocationRef.shown(entity.location)
            return [
                "pointer": .string(field.pointer), "layer": .string(field.layer.rawValue),
                "location": .string(location),
            ]
        }
        return .json(200, ["entityRef": .string(ref), "fields": .array(fields)])
    }
}
