internal import Actions
internal import Base
internal import Catalog
internal import HTTPServer
internal import Store

/// Listings of entities: the old one, and `/entities/by-query` in both methods.
struct EntityListRoutes {
    let catalog: CatalogRoutes

    /// What `/entities/by-query` gives when no limit is asked for, as Backstage's code has it.
    private static let defaultLimit = 200

    var routes: [Route] {
        [
            Route("/api/catalog/entities") { try await list($0) },
            Route("/api/catalog/entities/by-query") { request in
                let fields = try FieldProjection.parsing(request.http.queryValues("fields"))
                return try await answer(Self.query(request), fields, request)
            },
            Route("/api/catalog/entities/by-query", methods: ["POST"]) { request in
                let body = try RequestBody(
                    request,
                    keys: ["cursor", "limit", "offset", "orderBy", "fullTextFilter", "fields", "totalItems", "query"])
                let fields = try FieldProjection.parsing(body.texts("fields") ?? [])
                return try await answer(Self.query(body), fields, request)
            },
        ]
    }

    /// The old list: a bare array, with a `Link` header where more follows.
    private func list(_ request: RouteRequest) async throws -> HTTPServerResponse {
        let fields = try FieldProjection.parsing(request.http.queryValues("fields"))
        var query = EntityQuery()
        query.filter = try EntityFilter.parsing(request.http.queryValues("filter"))
        query.order = try request.http.queryValues("order").map { try OrderField(entities: $0) }
        query.offset = try request.integer("offset", atLeast: 0) ?? 0
        query.limit = try request.integer("limit", atLeast: .min)
        if let limit = query.limit, limit <= 0 {
            throw ActionError(.input, "Invalid limit, must be greater than zero")
        }
        if let after = request.http.queryValue("after") {
            let place = try ListPosition(decoding: after)
            query.offset = place.offset
            query.limit = query.limit ?? place.limit
        }
        guard let limit = query.limit.map({ min($0, CatalogRoutes.maximumLimit) }) else {
            let stream = EntityStream(
                catalog.access(request), fields, sendingTime: catalog.configuration.sendingTime)
            return try await stream.response(query, isHead: request.http.method == "HEAD")
        }
        query.limit = limit
        let (items, hasMore) = try await page(query, limit, catalog.access(request))
        var response = HTTPServerResponse.array(try EntityDocuments.bytes(items, fields))
        if hasMore {
            let next = ListPosition(limit: limit, offset: query.offset + limit)
            response.headers.set("Link", "<\(next.link(from: request.http))>; rel=\"next\"")
        }
        return response
    }

    private func page(
        _ query: EntityQuery, _ limit: Int, _ access: CatalogAccess
    ) async throws -> (items: [StoredEntity], hasMore: Bool) {
        guard !query.order.isEmpty else {
            let page = try await access.query(query)
            return (page.items, query.offset + page.items.count < page.totalItems)
        }
        var query = query
        // One more than is shown tells whether there is a next page.
        query.limit = limit + 1
        let refs = try await access.orderedRefs(query)
        let items = try await access.entities(refs: Array(refs.prefix(limit)), filter: nil)
        return (items.compactMap(\.self), refs.count > limit)
    }

    private func answer(
        _ query: EntityQuery, _ fields: FieldProjection?, _ request: RouteRequest
    ) async throws -> HTTPServerResponse {
        let page = try await catalog.access(request).query(query)
        var pageInfo = JSONObject()
        pageInfo["nextCursor"] = page.next.map { .string($0.encoded) }
        pageInfo["prevCursor"] = page.previous.map { .string($0.encoded) }
        var body = Array(#"{"items":"#.utf8)
        body += EntityDocuments.joined(try EntityDocuments.bytes(page.items, fields))
        body += Array(#","totalItems":\#(page.totalItems),"pageInfo":"#.utf8)
        body += JSONValue.object(pageInfo).serialized()
        body.append(UInt8(ascii: "}"))
        return .json(bytes: body)
    }

    /// With a cursor, which knows what is listed, filter, order and text are not read, as in Backstage.
    private static func query(_ request: RouteRequest) throws -> EntityQuery {
        var query = EntityQuery()
        query.limit = min(try request.integer("limit", atLeast: 0) ?? defaultLimit, CatalogRoutes.maximumLimit)
        query.countsTotal = try counts(request.http.queryValue("totalItems"), at: "query")
        query.offset = try request.integer("offset", atLeast: 0) ?? 0
        if let cursor = request.http.queryValue("cursor") {
            query.cursor = try self.cursor(cursor)
            return query
        }
        query.filter = try EntityFilter.parsing(request.http.queryValues("filter"))
        query.order = try request.http.queryValues("orderField").map { try OrderField(byQuery: $0) }
        query.fullText = try request.http.queryValue("fullTextFilterTerm").map { term in
            let fields = request.http.queryValues("fullTextFilterFields").flatMap {
                $0.split(separator: ",").map(String.init)
            }
            return try storable(FullTextFilter(term: term, fields: fields.isEmpty ? nil : fields), at: "query")
        }
        return query
    }

    /// What stands beside a cursor does not count, but the body's form is checked as a whole, as in Backstage.
    private static func query(_ body: RequestBody) throws -> EntityQuery {
        var query = EntityQuery()
        query.limit = min(try body.integer("limit", atLeast: 0) ?? defaultLimit, CatalogRoutes.maximumLimit)
        query.countsTotal = try counts(body.text("totalItems"), at: "body")
        query.filter = try body["query"].map { try EntityPredicate.filter($0) }
        query.offset = try body.integer("offset", atLeast: 0) ?? 0
        query.order = try order(body)
        query.fullText = try fullText(body)
        query.cursor = try body.text("cursor").map(cursor)
        return query
    }

    private static func cursor(_ text: String) throws -> QueryCursor {
        guard !text.isEmpty else { throw ActionError(.input, "Cursor cannot be empty") }
        return try QueryCursor(decoding: text)
    }

    private static func counts(_ text: String?, at place: String) throws(ActionError) -> Bool {
        switch text {
        case nil, "include": return true
        case "exclude": return false
        default:
            throw ActionError(
                .input, "request/\(place)/totalItems must be equal to one of the allowed values: include, exclude")
        }
    }

    private static func order(_ body: RequestBody) throws(ActionError) -> [OrderField] {
        var order: [OrderField] = []
        for (index, entry) in (try body.list("orderBy") ?? []).enumerated() {
            try body.check(entry.objectValue ?? [:], at: "orderBy/\(index)", keys: ["field", "order"])
            guard let field = entry["field"]?.stringValue, !field.isEmpty, !field.utf8.contains(0) else {
                throw body.complaint("must be {field, order} with the name of a field", at: "orderBy/\(index)")
            }
            guard let direction = OrderField.Direction(rawValue: entry["order"].map { $0.stringValue ?? "" } ?? "asc")
            else { throw ActionError(.input, "Invalid order field order, must be asc or desc") }
            order.append(OrderField(field: field, direction: direction))
        }
        return order
    }

    private static func fullText(_ body: RequestBody) throws(ActionError) -> FullTextFilter? {
        guard let filter = try body.object("fullTextFilter") else { return nil }
        try body.check(filter, at: "fullTextFilter", keys: ["term", "fields"])
        let fields = filter["fields"]?.arrayValue?.compactMap(\.stringValue)
        guard filter["term"] == nil || filter["term"]?.stringValue != nil,
            fields?.count == filter["fields"]?.arrayValue?.count, (fields == nil) == (filter["fields"] == nil)
        else { throw body.complaint("must be {term: string, fields: [string]}", at: "fullTextFilter") }
        return try storable(
            FullTextFilter(term: filter["term"]?.stringValue ?? "", fields: fields.flatMap { $0.isEmpty ? nil : $0 }),
            at: "body")
    }

    /// The filter, which the database has to take.
    private static func storable(_ filter: FullTextFilter, at place: String) throws(ActionError) -> FullTextFilter {
        guard !([filter.term] + (filter.fields ?? [])).contains(where: { $0.utf8.contains(0) }) else {
            throw ActionError(.input, "request/\(place): the full text filter has the character U+0000")
        }
        return filter
    }
}
