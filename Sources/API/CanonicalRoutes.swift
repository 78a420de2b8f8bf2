internal import Actions
internal import Base
internal import Catalog
internal import HTTPServer
internal import Store

/// Canonical files: what they would change, and having that done.
struct CanonicalRoutes {
    let store: Store
    let registry: ActionRegistry
    let files: [CanonicalSettings]

    private static let action = "callboard:plan-canonical"

    var routes: [Route] {
        [
            Route("/api/callboard/canonical/:name/plan") { request in
                try await plan(request, ["name": .string(request["name"])])
            },
            Route("/api/callboard/canonical/:name/plan", methods: ["POST"]) { request in
                let body = try RequestBody(request, keys: ["document"])
                let document = try body.requiredText("document")
                return try await plan(request, ["name": .string(request["name"]), "document": .string(document)])
            },
            Route("/api/callboard/canonical/:name/apply", methods: ["POST"]) { try await apply($0) },
        ]
    }

    private func plan(_ request: RouteRequest, _ arguments: JSONObject) async throws -> HTTPServerResponse {
        var arguments = arguments
        arguments["limit"] = try request.integer("limit", atLeast: 1).map { .int(Int64($0)) }
        return .json(200, try await registry.invoke(Self.action, arguments, for: request.caller))
    }

    /// Has the leader read the file again, or apply what it refused because it removes too much. What is forced is a content,
    /// not the file: another one that comes in between is judged by itself.
    private func apply(_ request: RouteRequest) async throws -> HTTPServerResponse {
        try request.caller.check(.applySources)
        let settings = try CanonicalFiles(files).settings(of: request["name"])
        let body = try RequestBody(request, keys: ["force", "contentHash"])
        let wanted = try body.text("contentHash")
        let isForced = try body.flag("force") ?? false
        let read = try await store.catalog.canonicalStates()[settings.location]?.contentHash
        if let wanted, wanted != read {
            throw ActionError(
                .conflict, "What was read of \(settings.location) is another content by now; look at the plan again")
        }
        let subject = request.caller.subject
        if isForced {
            guard let read else {
                throw ActionError(.notFound, "Nothing of \(settings.location) has been read yet; see the sources")
            }
            try await store.catalog.requestForce(of: settings.location, contentHash: read, by: subject)
        } else {
            try await store.catalog.requestRefresh(of: [settings.location], by: subject)
        }
        return .json(202, ["name": .string(settings.name), "contentHash": read.map(JSONValue.string) ?? .null])
    }
}
