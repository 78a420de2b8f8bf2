internal import Actions
internal import Base
package import CostSources
internal import HTTPServer

/// ScaleOps as the API needs it.
package struct ScaleOpsAPIConfiguration: Sendable {
    package let endpoints: ScaleOpsEndpoints
    /// Paths of ScaleOps, beside those that are known, that `POST` only reads from.
    package let reports: [String]
    /// What front ends write before amounts of money; nil: not set.
    package let currencyPrefix: String?
    /// For who asks to take a long answer.
    package var sendingTime: Duration = .seconds(60)

    package init(endpoints: ScaleOpsEndpoints, reports: [String] = [], currencyPrefix: String? = nil) {
        self.endpoints = endpoints
        self.reports = reports
        self.currencyPrefix = currencyPrefix
    }
}

/// `/api/scaleops`, as the ScaleOps plugin of Backstage has it: requests go on to ScaleOps with Callboard's credentials.
struct ScaleOpsRoutes {
    let configuration: ScaleOpsAPIConfiguration
    let logger: Logger

    /// Which of several ScaleOps is meant.
    private static let endpointField = "X-Scaleops-Endpoint"

    var routes: [Route] {
        [
            // It is the plugin that answers here, whatever ScaleOps does; so it needs no credentials either.
            Route("/api/scaleops/health", isOpen: true) { _ in .json(200, ["status": "ok"]) },
            Route("/api/scaleops/endpoints") { request in
                try request.caller.check(.readScaleOps)
                return .json(200, overview)
            },
            Route("/api/scaleops/api/*", methods: ["GET", "POST", "PUT", "PATCH", "DELETE"]) { request in
                try await pass(request)
            },
        ]
    }

    private var overview: JSONValue {
        let items = configuration.endpoints.clients.map { client -> JSONValue in
            let health = client.health
            return [
                "name": .string(client.endpoint.name),
                "dashboardUrl": client.endpoint.dashboardURL().map(JSONValue.string) ?? .null,
                "state": health.map { $0.error == nil ? "ok" : "failing" } ?? "unknown",
                "error": health?.error.map(JSONValue.string) ?? .null,
                "checkedAt": health.map { .string($0.at.rfc3339) } ?? .null,
            ]
        }
        return [
            "items": .array(items), "currencyPrefix": configuration.currencyPrefix.map(JSONValue.string) ?? .null,
        ]
    }

    private func pass(_ request: RouteRequest) async throws -> HTTPServerResponse {
        let http = request.http
        let call = try ScaleOpsCall(
            method: http.method, segments: http.pathSegments.dropFirst(3), hasTrailingSlash: http.path.hasSuffix("/"),
            target: http.target, reports: configuration.reports)
        if call.isRead {
            try request.caller.check(.readScaleOps)
        } else {
            try request.caller.checkNamed(.writeScaleOps)
        }
        let name = http.headers[Self.endpointField]
        guard let client = configuration.endpoints.client(name) else {
            let names = configuration.endpoints.clients.map(\.endpoint.name).joined(separator: ", ")
            throw ActionError(.input, "\(Self.endpointField): expected one of \(names)")
        }
        do {
            let response = try await ScaleOpsPassage.response(
                to: client.open(call.request(http)), isHead: call.method == "HEAD",
                sendingTime: configuration.sendingTime)
            if !call.isRead { log(call, request, response.status) }
            return response
        } catch {
            if !call.isRead { log(call, request, error.status) }
            return ErrorResponse(error).response(to: http)
        }
    }

    /// Who changed what at ScaleOps with Callboard's credentials.
    private func log(_ call: ScaleOpsCall, _ request: RouteRequest, _ status: Int?) {
        logger.info(
            "a write was passed on to ScaleOps",
            [
                "subject": .string(request.caller.subject), "method": .string(call.method), "path": .string(call.path),
                "status": status.map { .int(Int64($0)) } ?? .null, "requestId": .string(request.http.id),
            ])
    }
}
