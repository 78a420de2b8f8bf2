internal import Actions
internal import Base
internal import Catalog
internal import HTTPServer
internal import Store

/// Backstage's catalog REST API under `/api/catalog`, as far as it reads.
struct CatalogRoutes {
    let store: Store

    /// What `/entities/by-query` gives when no limit is asked for, as Backstage's code has it.
    private static let defaultLimit = 200
    /// Each facet may have to look at every entity that matches.
    private static let maximumFacets = 20
    /// No page is longer, whatever is asked for.
    private static let maximumLimit = 10_000

    var routes: [Route] {
        [
            Route("/api/catalog/entities") { try await list($0) },
            Route("/api/catalog/entities/by-query") { try await query($0) },
            Route("/api/catalog/entities/by-uid/:uid") { request in
                try request.caller.check(.readEntities)
                guard let entity = try await store.catalog.entity(uid: request["uid"]) else {
                    throw ActionError(.notFound, "No entity with uid \(request["uid"])")
                }
                return .document(entity, to: request.http)
            },
            Route("/api/catalog/entities/by-name/:kind/:namespace/:name") { try await byName($0) },
            Route("/api/catalog/entity-facets") { try await facets($0) },
        ]
    }

    private func byName(_ request: RouteRequest) async throws -> HTTPServerResponse {
        try request.caller.check(.readEntities)
        let ref = EntityRef(kind: request["kind"], namespace: request["namespace"], name: request["name"])
        guard let entity = try await store.catalog.entity(ref: ref.canonical) else {
            throw ActionError(
                .notFound,
                "No entity named '\(request["name"])' found, with kind '\(request["kind"])' "
                    + "in namespace '\(request["namespace"])'")
        }
        return .document(entity, to: request.http)
    }

    /// The old list: a bare array, with a `Link` header where more follows.
    private func list(_ request: RouteRequest) async throws -> HTTPServerResponse {
        try request.caller.check(.readEntities)
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
        query.limit = query.limit.map { min($0, Self.maximumLimit) }
        let page = try await store.catalog.query(query)
        var response = HTTPServerResponse.array(try Self.items(page, fields))
        if let limit = query.limit, query.offset + page.items.count < page.totalItems {
            let next = ListPosition(limit: limit, offset: query.offset + limit)
            response.headers.set("Link", "<\(next.link(from: request.http))>; rel=\"next\"")
        }
        return response
    }

    private func query(_ request: RouteRequest) async throws -> HTTPServerResponse {
        try request.caller.check(.readEntities)
        let fields = try FieldProjection.parsing(request.http.queryValues("fields"))
        let page = try await store.catalog.query(try Self.query(request))
        var pageInfo = JSONObject()
        pageInfo["nextCursor"] = page.next.map { .string($0.encoded) }
        pageInfo["prevCursor"] = page.previous.map { .string($0.encoded) }
        var body = Array(#"{"items":"#.utf8)
        body += Self.joined(try Self.items(page, fields))
        body += Array(#","totalItems":\#(page.totalItems),"pageInfo":"#.utf8)
        body += JSONValue.object(pageInfo).serialized()
        body.append(UInt8(ascii: "}"))
        return .json(bytes: body)
    }

    private static func query(_ request: RouteRequest) throws -> EntityQuery {
        var query = EntityQuery()
        query.limit = min(try request.integer("limit", atLeast: 0) ?? defaultLimit, maximumLimit)
        if let cursor = request.http.queryValue("cursor") {
            guard !cursor.isEmpty else { throw ActionError(.input, "Cursor cannot be empty") }
            query.cursor = try QueryCursor(decoding: cursor)
            return query
        }
        query.filter = try EntityFilter.parsing(request.http.queryValues("filter"))
        query.offset = try request.integer("offset", atLeast: 0) ?? 0
        query.order = try request.http.queryValues("orderField").map { try OrderField(byQuery: $0) }
        query.fullText = request.http.queryValue("fullTextFilterTerm").map { term in
            let fields = request.http.queryValues("fullTextFilterFields").flatMap {
                $0.split(separator: ",").map(String.init)
            }
            return FullTextFilter(term: term, fields: fields.isEmpty ? nil : fields)
        }
        return query
    }

    private func facets(_ request: RouteRequest) async throws -> HTTPServerResponse {
        try request.caller.check(.readEntities)
        let names = request.http.queryValues("facet").filter { !$0.isEmpty }
        guard !names.isEmpty else { throw ActionError(.input, "Missing facet parameter") }
        guard names.count <= Self.maximumFacets else {
            throw ActionError(.input, "Too many facets, expected at most \(Self.maximumFacets)")
        }
        let filter = try EntityFilter.parsing(request.http.queryValues("filter"))
        let facets = try await store.catalog.facets(names, filter: filter)
        let values = names.map { name in
            let values = (facets[name.lowercased()] ?? []).map {
                ["value": .string($0.value), "count": .int($0.count)] as JSONValue
            }
            return (name, JSONValue.array(values))
        }
        return .json(200, ["facets": .object(JSONObject(values))])
    }

    /// Documents as stored, or their fields asked for.
    private static func items(_ page: EntityPage, _ fields: FieldProjection?) throws -> [[UInt8]] {
        guard let fields else { return page.items.map(\.document) }
        return try page.items.map { entity in
            guard let document = try JSONValue(parsing: entity.document).objectValue else { return entity.document }
            return JSONValue.object(fields.apply(to: document)).serialized()
        }
    }

    fileprivate static func joined(_ items: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(items.reduce(2) { $0 + $1.count + 1 })
        bytes.append(UInt8(ascii: "["))
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += item
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }
}

/// A place in the old list: base64 of `{limit, offset}`, as Backstage's `after` parameter.
private struct ListPosition {
    let limit: Int
    let offset: Int

    init(limit: Int, offset: Int) {
        self.limit = limit
        self.offset = offset
    }

    init(decoding text: String) throws(ActionError) {
        guard let bytes = Base64.decode(text, strict: false), let json = try? JSONValue(parsing: bytes),
            let limit = json["limit"]?.intValue, let offset = json["offset"]?.intValue, limit > 0, offset >= 0,
            limit <= 1_000_000, offset <= 1_000_000_000
        else { throw ActionError(.input, "Malformed cursor, could not be parsed") }
        self.init(limit: Int(limit), offset: Int(offset))
    }

    /// The request's own path and query with this place instead of its own.
    func link(from request: HTTPServerRequest) -> String {
        let json: JSONValue = ["limit": .int(Int64(limit)), "offset": .int(Int64(offset))]
        let kept = request.target.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
        let others = kept.split(separator: "&").filter { !$0.hasPrefix("after=") && !$0.hasPrefix("offset=") }
        let after = "after=" + Base64.encode(json.serialized()).percentEncodedBase64
        return request.path + "?" + (others.map(String.init) + [after]).joined(separator: "&")
    }
}

extension String {
    /// The three characters of base64 that mean something else in a query.
    fileprivate var percentEncodedBase64: String {
        reduce(into: "") { text, character in
            switch character {
            case "+": text += "%2B"
            case "/": text += "%2F"
            case "=": text += "%3D"
            default: text.append(character)
            }
        }
    }
}

extension HTTPServerResponse {
    fileprivate static func array(_ items: [[UInt8]]) -> HTTPServerResponse {
        .json(bytes: CatalogRoutes.joined(items))
    }

    static func json(bytes: [UInt8]) -> HTTPServerResponse {
        HTTPServerResponse(
            status: 200, headers: ["Content-Type": "application/json; charset=utf-8"], body: .bytes(bytes))
    }

    /// An entity's document as stored, with its etag; 304 when the client has it already.
    fileprivate static func document(_ entity: StoredEntity, to request: HTTPServerRequest) -> HTTPServerResponse {
        let etag = "\"\(entity.etag)\""
        // RFC 9110 §13.1.2 compares weakly: a proxy that compresses makes our tag a weak one.
        let known: [String] = request.headers.all("If-None-Match").flatMap { field in
            field.filter { $0 != " " }.split(separator: ",").map(String.init)
        }
        if known.contains(where: { ["*", etag, "W/" + etag].contains($0) }) {
            return HTTPServerResponse(status: 304, headers: ["ETag": etag], body: .bytes([]))
        }
        var response = json(bytes: entity.document)
        response.headers.set("ETag", etag)
        return response
    }
}
