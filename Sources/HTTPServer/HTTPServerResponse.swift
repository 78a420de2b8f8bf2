package import Base

/// What a handler answers.
package struct HTTPServerResponse: Sendable {
    /// 200 to 599; the server answers 500 in place of another.
    package var status: Int
    /// `Content-Length`, `Transfer-Encoding` and `Date` are the server's and are left out when given.
    package var headers: HTTPHeaders
    /// Left out for HEAD, 204 and 304.
    package var body: Body

    /// A body at once or in pieces.
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Called once, after the header is on its way, in a task that is cancelled for the same reasons as the handler's;
        /// not called for HEAD and for statuses without a body. Its return is the end of the body; when it throws, the
        /// connection is cut so that the client sees an incomplete body.
        case stream(Producer)
    }

    /// Writes a body.
    package typealias Producer = @Sendable (HTTPBodyWriter) async throws -> Void

    /// By default without header fields and body.
    package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A JSON document.
    package static func json(_ status: Int = 200, _ value: JSONValue) -> Self {
        Self(
            status: status, headers: ["Content-Type": "application/json; charset=utf-8"],
            body: .bytes(value.serialized()))
    }
}

/// The errors that the server itself answers, in the shape of Backstage's error bodies.
struct Refusal: Error {
    let status: Int
    let name: String
    let message: String
    /// The connection cannot go on, because the rest of the request is not read.
    var closesConnection = false

    static let malformedPath = Refusal(
        status: 400, name: "InputError", message: "The path has a malformed percent-encoding")
    static func bodyTooLarge(limit: Int) -> Refusal {
        Refusal(
            status: 413, name: "PayloadTooLargeError", message: "The body is longer than \(limit) bytes",
            closesConnection: true)
    }
    static func headersTooLarge(limit: Int) -> Refusal {
        Refusal(
            status: 431, name: "RequestHeaderFieldsTooLargeError", message: "The header is longer than \(limit) bytes",
            closesConnection: true)
    }
    static let stopping = Refusal(
        status: 503, name: "ServiceUnavailableError", message: "The server is stopping", closesConnection: true)
    static let timedOut = Refusal(
        status: 503, name: "ServiceUnavailableError", message: "The request took too long")
    static func invalidStatus(_ status: Int) -> Refusal {
        Refusal(status: 500, name: "Error", message: "The handler answered the invalid status \(status)")
    }

    /// The query is left out: it may hold what somebody put there by mistake, such as a token.
    func response(method: String, target: String) -> HTTPServerResponse {
        let path = String(decoding: target.utf8.prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self)
        var response = HTTPServerResponse.json(
            status,
            [
                "error": ["name": .string(name), "message": .string(message)],
                "request": ["method": .string(method), "url": .string(path)],
                "response": ["statusCode": .int(Int64(status))],
            ])
        if closesConnection { response.headers.set("Connection", "close") }
        return response
    }
}
