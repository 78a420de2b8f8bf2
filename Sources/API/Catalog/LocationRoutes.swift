internal import Actions
internal import Base
internal import Catalog
internal import HTTPServer
internal import Store

/// The places that people register over the API, each of which stands in the catalog as a Location entity.
struct LocationRoutes {
    let catalog: CatalogRoutes

    /// What `/locations/by-query` gives when no limit is asked for, as in Backstage.
    private static let defaultLimit = 1_000
    /// Backstage's default for what may be registered.
    private static let allowedTypes = ["url"]

    var routes: [Route] {
        [
            Route("/api/catalog/locations") { request in
                let locations = try await catalog.access(request).locations()
                return .json(200, .array(locations.map { ["data": $0.json] }))
            },
            Route("/api/catalog/locations", methods: ["POST"]) { try await register($0) },
            Route("/api/catalog/locations/by-query", methods: ["POST"]) { try await query($0) },
            Route("/api/catalog/locations/by-entity/:kind/:namespace/:name") { request in
                .json(200, try await catalog.access(request).location(ofEntity: request.entityRef).json)
            },
            Route("/api/catalog/locations/:id") { request in
                .json(200, try await catalog.access(request).location(id: request["id"]).json)
            },
            Route("/api/catalog/locations/:id", methods: ["PUT"]) { request in
                let access = catalog.access(request)
                try access.checkRegistration(isDryRun: false)
                let location = try await access.replace(location: request["id"], by: try Self.ref(request))
                return .json(200, location.json)
            },
            Route("/api/catalog/locations/:id", methods: ["DELETE"]) { request in
                try await catalog.access(request).unregister(location: request["id"])
                return .empty(204)
            },
        ]
    }

    private func register(_ request: RouteRequest) async throws -> HTTPServerResponse {
        let access = catalog.access(request)
        let isDryRun = try request.flag("dryRun")
        try access.checkRegistration(isDryRun: isDryRun)
        let ref = try Self.ref(request)
        let refreshes = try Self.refreshesOnConflict(request.http.queryValue("onConflict"))
        if isDryRun {
            let exists = try await access.isRegistered(ref)
            let tree = LocationTree(readURL: catalog.configuration.readURL, rules: catalog.configuration.rules)
            let entities = try await tree.entities(from: ref)
            return .json(
                201,
                [
                    "exists": .bool(exists),
                    "location": [
                        "type": .string(ref.type), "target": .string(ref.target), "id": .string(ref.description),
                    ],
                    "entities": .array(entities.map(JSONValue.object)),
                ])
        }
        switch try await access.register(ref, refreshing: refreshes) {
        case .registered(let location): return .json(201, ["location": location.json, "entities": []])
        case .existing(let location):
            return .json(201, ["location": location.json, "entities": [], "exists": true])
        }
    }

    private static func refreshesOnConflict(_ text: String?) throws(ActionError) -> Bool {
        switch text {
        case nil, "reject": return false
        case "refresh": return true
        default:
            throw ActionError(
                .input, "request/query/onConflict must be equal to one of the allowed values: refresh, reject")
        }
    }

    private func query(_ request: RouteRequest) async throws -> HTTPServerResponse {
        let body = try RequestBody(request, keys: ["cursor", "limit", "query"])
        let cursor = try body.text("cursor").map { text in
            guard !text.isEmpty else { throw ActionError(.input, "Cursor cannot be empty") }
            return try LocationCursor(decoding: text)
        }
        let limit = min(try Self.limit(body) ?? cursor?.limit ?? Self.defaultLimit, CatalogRoutes.maximumLimit)
        // Beside a cursor the body's own is read for its mistakes alone.
        let asked = try body["query"].map { try EntityPredicate.filter($0).bounded }
        let query = cursor == nil ? body["query"] : cursor?.query
        let filter = try cursor == nil ? asked : cursor?.query.map { try EntityPredicate.filter($0).bounded }
        let page = try await catalog.access(request).locations(matching: filter, after: cursor?.afterID, limit: limit)
        var pageInfo = JSONObject()
        if page.hasMore, let last = page.items.last {
            pageInfo["nextCursor"] = .string(LocationCursor(limit: limit, afterID: last.id, query: query).encoded)
        }
        return .json(
            200,
            [
                "items": .array(page.items.map(\.json)), "totalItems": .int(Int64(page.totalItems)),
                "pageInfo": .object(pageInfo),
            ])
    }

    private static func limit(_ body: RequestBody) throws(ActionError) -> Int? {
        guard let json = body["limit"] else { return nil }
        guard let limit = json.intValue.flatMap({ Int(exactly: $0) }), limit >= 1 else {
            throw ActionError(.input, "Limit must be a positive integer >= 1")
        }
        return limit
    }

    /// The place in a body `{type, target, presence?}`. Presence is read and has no effect, as in Backstage.
    private static func ref(_ request: RouteRequest) throws -> LocationRef {
        let body = try RequestBody(request, keys: ["type", "target", "presence"], preface: "Malformed request: ")
        let (type, target) = (try body.requiredText("type"), try body.requiredText("target"))
        try body.checkPresence(body["presence"], at: "presence")
        guard allowedTypes.contains(type) else {
            let types = JSONValue.array(allowedTypes.map(JSONValue.string)).text()
            throw ActionError(.input, "Registered locations must be of an allowed type \(types)")
        }
        let ref = try LocationRef(parsing: "\(type):\(target)")
        guard ref.isRegistrable else {
            throw body.complaint(
                "must be an absolute URL without spaces, user and password, of at most "
                    + "\(LocationRef.maximumTargetBytes) bytes",
                at: "target")
        }
        return ref
    }
}

extension RegisteredLocation {
    fileprivate var json: JSONValue {
        [
            "id": .string(id), "type": .string(ref.type), "target": .string(ref.target),
            "entityRef": .string(ref.entityRef.canonical),
        ]
    }
}

extension RouteRequest {
    /// A flag of the query; false when it is not there. Reads the words that Backstage reads.
    ///
    /// - Throws: `ActionError` for any other word.
    fileprivate func flag(_ name: String) throws(ActionError) -> Bool {
        guard let text = http.queryValue(name)?.lowercased() else { return false }
        if ["true", "t", "yes", "y", "on", "1"].contains(text) { return true }
        if ["false", "f", "no", "n", "off", "0"].contains(text) { return false }
        throw ActionError(.input, "request/query/\(name) must be boolean")
    }
}
