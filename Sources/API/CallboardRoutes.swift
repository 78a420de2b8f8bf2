internal import Actions
internal import Base
internal import Catalog
internal import HTTPServer
internal import Store

/// Callboard's own API under `/api/callboard`. What an action answers is asked of that action, with the query's
/// parameters as arguments.
struct CallboardRoutes {
    let store: Store
    let registry: ActionRegistry

    var routes: [Route] {
        [
            Route("/api/callboard/entities/:kind/:namespace/:name") { try await overview($0) },
            Route("/api/callboard/entities/:kind/:namespace/:name/workloads") { request in
                try await invoke("callboard:get-entity-workloads", request, ["entityRef": ref(request)])
            },
            Route("/api/callboard/entities/:kind/:namespace/:name/costs") { request in
                try await invoke("callboard:get-entity-cost", request, ["entityRef": ref(request)])
            },
            Route("/api/callboard/clusters") { try await invoke("callboard:list-clusters", $0, [:]) },
            Route("/api/callboard/orphans") { try await invoke("callboard:list-orphan-workloads", $0, [:]) },
            Route("/api/callboard/sources") { try await sources($0) },
        ]
    }

    private func ref(_ request: RouteRequest) -> JSONValue {
        .string(
            EntityRef(kind: request["kind"], namespace: request["namespace"], name: request["name"]).canonical)
    }

    /// The entity with what runs for it and what it costs, in one answer.
    private func overview(_ request: RouteRequest) async throws -> HTTPServerResponse {
        try request.caller.check(.readEntities)
        let arguments: JSONObject = ["entityRef": ref(request)]
        let workloads = try await registry.invoke("callboard:get-entity-workloads", arguments, for: request.caller)
        let cost = try await registry.invoke(
            "callboard:get-entity-cost", self.arguments(request, "callboard:get-entity-cost", arguments),
            for: request.caller)
        let canonical = workloads["entityRef"]?.stringValue ?? ""
        guard let entity = try await store.catalog.entity(ref: canonical) else {
            throw ActionError(.notFound, "No entity \(canonical)")
        }
        return .json(
            200, ["entity": try JSONValue(parsing: entity.document), "workloads": workloads, "cost": cost])
    }

    private func invoke(_ id: String, _ request: RouteRequest, _ fixed: JSONObject) async throws -> HTTPServerResponse {
        .json(200, try await registry.invoke(id, arguments(request, id, fixed), for: request.caller))
    }

    /// The query's parameters as the action's schema types them. Unknown ones are left to the action to refuse.
    private func arguments(_ request: RouteRequest, _ id: String, _ fixed: JSONObject) -> JSONObject {
        let properties = registry[id]?.definition.input["properties"]
        var arguments = JSONObject()
        for (name, text) in request.http.query {
            let isInteger = properties?[name]?["type"]?.stringValue == "integer"
            arguments[name] = isInteger ? Int64(text).map(JSONValue.int) ?? .string(text) : .string(text)
        }
        for (name, value) in fixed { arguments[name] = value }
        return arguments
    }

    private func sources(_ request: RouteRequest) async throws -> HTTPServerResponse {
        try request.caller.check(.readSources)
        let sources = try await store.catalog.sources()
        let canonical = try await store.catalog.canonicalStates()
        return .json(200, ["sources": .array(sources.map { Self.source($0, canonical["\($0.type):\($0.target)"]) })])
    }

    private static func source(_ source: SourceView, _ canonical: CanonicalState?) -> JSONValue {
        func time(_ time: Timestamp?) -> JSONValue { time.map { .string($0.rfc3339) } ?? .null }
        let isFailing = source.error != nil
        let state = isFailing ? "failing" : source.problems.isEmpty ? "ok" : "problems"
        var shown: JSONObject = [
            "type": .string(source.type), "target": .string(source.target),
            "state": .string(source.lastAttemptAt == nil ? "pending" : state),
            "error": source.error.map(JSONValue.string) ?? .null, "lastAttemptAt": time(source.lastAttemptAt),
            "lastSuccessAt": time(source.lastSuccessAt), "locations": .int(source.locations),
            "entities": .int(source.entities), "problems": .array(source.problems.map(problem)),
        ]
        if let canonical {
            shown["canonical"] = [
                "state": .string(canonical.state), "reason": canonical.reason.map(JSONValue.string) ?? .null,
                "since": time(canonical.since), "contentHash": canonical.contentHash.map(JSONValue.string) ?? .null,
                "appliedAt": time(canonical.appliedAt), "warnings": canonical.warnings, "lastRun": canonical.lastRun,
            ]
        }
        return .object(shown)
    }

    private static func problem(_ problem: ProblemView) -> JSONValue {
        [
            "location": .string(problem.location), "code": .string(problem.code),
            "line": problem.line.map(JSONValue.int) ?? .null, "column": problem.column.map(JSONValue.int) ?? .null,
            "entityRef": problem.entityRef.map(JSONValue.string) ?? .null, "message": .string(problem.message),
        ]
    }
}
