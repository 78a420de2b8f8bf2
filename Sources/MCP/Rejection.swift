import Base
import HTTPServer

/// A refusal of an HTTP request before any method ran: its status, and the JSON-RPC error in its body.
///
/// There is always a body: without one clients invent an error of their own.
struct Rejection: Error, Hashable {
    var status = 400
    /// Nil when the id could not be read; the body then says `"id": null`, which the official clients require.
    var id: RequestID?
    let error: ProtocolError
    /// The methods that there are, of a 405.
    var allowed = "POST"

    static func malformed(_ detail: String, id: RequestID? = nil) -> Rejection {
        Rejection(id: id, error: .invalidRequest(detail))
    }

    /// A session that has ended, was never opened, or is somebody else's: the client opens another.
    static func unknownSession(_ id: RequestID?) -> Rejection {
        Rejection(status: 404, id: id, error: .invalidRequest("Session not found"))
    }

    /// Backstage's answer to every method but POST. Who is in no session is told the same.
    static let methodNotAllowed = methodNotAllowed(but: "POST")

    static func methodNotAllowed(but allowed: String) -> Rejection {
        let error = ProtocolError(code: .methodNotAllowed, message: "Method not allowed.")
        return Rejection(status: 405, error: error, allowed: allowed)
    }

    var response: HTTPServerResponse {
        var response = HTTPServerResponse.json(status, body)
        if status == 405 { response.headers.set("Allow", allowed) }
        return response
    }

    /// The JSON-RPC error response.
    var body: JSONValue {
        ["jsonrpc": "2.0", "id": id?.json ?? .null, "error": error.json]
    }
}
