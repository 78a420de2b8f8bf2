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

    static func malformed(_ detail: String, id: RequestID? = nil) -> Rejection {
        Rejection(id: id, error: .invalidRequest(detail))
    }

    /// Backstage's answer to every method but POST.
    static let methodNotAllowed = Rejection(
        status: 405, error: ProtocolError(code: .methodNotAllowed, message: "Method not allowed."))

    var response: HTTPServerResponse {
        var response = HTTPServerResponse.json(status, body)
        if status == 405 { response.headers.set("Allow", "POST") }
        return response
    }

    /// The JSON-RPC error response.
    var body: JSONValue {
        ["jsonrpc": "2.0", "id": id?.json ?? .null, "error": error.json]
    }
}
