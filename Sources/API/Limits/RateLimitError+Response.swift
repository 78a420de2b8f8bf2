internal import Actions
internal import Base
internal import HTTPServer
internal import MCP

extension RateLimitError {
    private static let message = "Too many requests, please try again later"

    /// Backstage's body; at an MCP endpoint an error of JSON-RPC, which its clients read from any answer of 4xx.
    func response(to request: HTTPServerRequest) -> HTTPServerResponse {
        let isMCP = request.path.hasPrefix("/api/mcp-actions/")
        var response = HTTPServerResponse.json(429, isMCP ? protocolBody : body)
        response.headers.set("Retry-After", String(seconds))
        response.headers.set("RateLimit-Limit", String(rule.limit))
        response.headers.set("RateLimit-Remaining", "0")
        response.headers.set("RateLimit-Reset", String(seconds))
        return response
    }

    private var body: JSONValue {
        [
            "error": ["name": "Error", "message": .string(Self.message)],
            "response": ["statusCode": 429],
        ]
    }

    /// The code is one of ours, outside of what JSON-RPC and MCP keep for themselves.
    private var protocolBody: JSONValue {
        [
            "jsonrpc": "2.0", "id": nil,
            "error": [
                "code": 429, "message": .string(Self.message), "data": ["retryAfterSeconds": .int(seconds)],
            ],
        ]
    }

    /// What a model reads when it calls tools too often.
    var toolFailure: ToolFailure {
        ToolFailure(
            name: "TooManyRequestsError",
            message: "At most \(rule.limit) calls of tools in \(rule.window) are allowed; try again in \(seconds) s")
    }
}
