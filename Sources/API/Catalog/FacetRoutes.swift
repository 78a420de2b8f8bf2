internal import Actions
internal import Base
internal import Catalog
internal import HTTPServer
internal import Store

/// Which values fields have among entities, with how many have each.
struct FacetRoutes {
    let catalog: CatalogRoutes

    /// Each facet is a look at all entities that match.
    private static let maximumFacets = 20

    var routes: [Route] {
        [
            Route("/api/catalog/entity-facets") { request in
                let filter = try EntityFilter.parsing(request.http.queryValues("filter"))
                return try await answer(request.http.queryValues("facet"), filter, request)
            },
            Route("/api/catalog/entity-facets", methods: ["POST"]) { request in
                let body = try RequestBody(request, keys: ["facets", "query"])
                let filter = try body["query"].map { try EntityPredicate.filter($0) }
                return try await answer(body.texts("facets") ?? [], filter, request)
            },
        ]
    }

    private func answer(
        _ asked: [String], _ filter: EntityFilter?, _ request: RouteRequest
    ) async throws -> HTTPServerResponse {
        let names = asked.filter { !$0.isEmpty }
        guard !names.isEmpty else { throw ActionError(.input, "Missing facet parameter") }
        guard names.count <= Self.maximumFacets else {
            throw ActionError(.input, "Too many facets, expected at most \(Self.maximumFacets)")
        }
        let facets = try await catalog.access(request).facets(names, filter: filter)
        let values = names.map { name in
            let values = (facets[name.lowercased()] ?? []).map {
                ["value": .string($0.value), "count": .int($0.count)] as JSONValue
            }
            return (name, JSONValue.array(values))
        }
        return .json(200, ["facets": .object(JSONObject(values))])
    }
}
