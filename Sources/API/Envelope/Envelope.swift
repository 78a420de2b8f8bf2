internal import Base
internal import HTTPServer
package import MCP

/// What holds for every request and every answer, whatever the route: under which names we answer, which pages may ask, and
/// what browsers are told.
package struct Envelope: Sendable {
    private let origins: OriginPolicy
    private let cors: CORSPolicy

    package init(origins: OriginPolicy = OriginPolicy(), cors: CORSPolicy = CORSPolicy()) {
        self.origins = origins
        self.cors = cors
    }

    /// The answer when the request goes no further: it may not come, or it only asks whether it may. Before anybody is
    /// authenticated, since browsers send no credentials when they ask.
    func answer(to request: HTTPServerRequest, _ reach: Route.Reach) -> HTTPServerResponse? {
        if let objection = objection(to: request, reach) {
            return ErrorResponse(status: 403, name: "NotAllowedError", message: objection).response(to: request)
        }
        guard request.method == "OPTIONS", request.headers["Origin"] != nil,
            request.headers["Access-Control-Request-Method"] != nil, reach != .everyName
        else { return nil }
        return cors.preflight(request, isOpen: reach == .everyPage)
    }

    /// The answer as it goes out.
    func finish(_ response: HTTPServerResponse, to request: HTTPServerRequest, _ reach: Route.Reach)
        -> HTTPServerResponse
    {
        var response = response
        response.headers.set("X-Content-Type-Options", "nosniff")
        // A page of ours in a frame of somebody else's could be clicked without being seen.
        if response.headers["Content-Type"]?.hasPrefix("text/html") == true,
            response.headers["Content-Security-Policy"] == nil
        {
            response.headers.add("Content-Security-Policy", "frame-ancestors 'none'")
        }
        switch (reach, request.headers["Origin"]) {
        case (.everyPage, _): cors.dress(&response.headers, origin: nil)
        case (.listed, let origin?) where origins.objection(to: request.headers) == nil:
            cors.dress(&response.headers, origin: origin)
        default: break
        }
        return response
    }

    private func objection(to request: HTTPServerRequest, _ reach: Route.Reach) -> String? {
        switch reach {
        case .everyName: nil
        case .listed: origins.objection(to: request.headers)
        case .everyPage: origins.objection(toHostIn: request.headers)
        }
    }
}
