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
        ] + CostRoutes(registry: registry).routes + SourceRoutes(store: store).routes
            + NotificationRoutes(store: store).routes
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

    private func arguments(_ request: RouteRequest, _ id: String, _ fixed: JSONObject) -> JSONObject {
        ActionArguments(of: registry[id]).reading(request.http.query).merging(fixed)
    }
}
