internal import Actions
internal import Base
internal import HTTPServer

/// Backstage's registry of actions over HTTP: which actions a plugin has, and calling one.
struct ActionRoutes {
    let registry: ActionRegistry
    let configuration: ActionsConfiguration
    let limits: RequestLimits

    var routes: [Route] {
        [
            Route("/api/:plugin/.backstage/actions/v1/actions") { try list($0) },
            Route("/api/:plugin/.backstage/actions/v1/actions/:id/invoke", methods: ["POST"]) { request in
                try await invoke(request, Self.object(request.http.body, "body"))
            },
            Route("/api/:plugin/.backstage/actions/v2/actions/:id/invoke", methods: ["POST"]) { request in
                // Secrets are for actions that ask for some; none of ours does.
                let body = try RequestBody(request, keys: ["input", "secrets"])
                _ = try body.object("secrets")
                return try await invoke(request, try body.object("input") ?? [:])
            },
        ]
    }

    /// Those that the caller may use.
    private func list(_ request: RouteRequest) throws -> HTTPServerResponse {
        let offered = registry.actions.map(\.definition).filter {
            $0.plugin == request["plugin"] && configuration.offers($0)
        }
        guard !offered.isEmpty else { throw ActionError(.notFound, "No actions of a plugin \"\(request["plugin"])\"") }
        let allowed = offered.filter { $0.permissions.allSatisfy(request.caller.may) }
        return .json(200, ["actions": .array(allowed.map(Self.item))])
    }

    private func invoke(_ request: RouteRequest, _ input: JSONObject) async throws -> HTTPServerResponse {
        let id = request["id"]
        guard let action = registry[id], action.definition.plugin == request["plugin"],
            configuration.offers(action.definition)
        else { throw ActionError(.notFound, "Action \"\(id)\" not found") }
        for permission in action.definition.permissions { try request.caller.check(permission) }
        try limits.takeTool(request.caller)
        let problems = action.problems(of: input)
        guard problems.isEmpty else {
            throw ActionError(.input, "Invalid input to action \"\(id)\": \(problems.joined(separator: "; "))")
        }
        return .json(200, ["output": try await action.invoke(input, for: request.caller)])
    }

    private static func object(_ body: [UInt8], _ place: String) throws(ActionError) -> JSONObject {
        guard let object = (try? JSONValue(parsing: body))?.objectValue else {
            throw ActionError(.input, "request/\(place) must be object")
        }
        return object
    }

    private static func item(_ action: ActionDefinition) -> JSONValue {
        [
            "id": .string(action.id), "name": .string(action.name), "title": .string(action.title),
            "description": .string(action.description),
            "attributes": [
                "destructive": .bool(action.attributes.isDestructive),
                "idempotent": .bool(action.attributes.isIdempotent), "readOnly": .bool(action.attributes.isReadOnly),
            ],
            "schema": ["input": action.input, "output": action.output],
        ]
    }
}
