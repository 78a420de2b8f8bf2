package import Base

/// A request whose body has been received as a whole.
package struct HTTPServerRequest: Sendable {
    /// As sent: methods are case-sensitive.
    package let method: String
    /// Path and query as sent.
    package let target: String
    /// The path as sent, percent-encoding included.
    package let path: String
    /// The path's segments, percent-decoded. A slash at the end adds none; an empty segment within is kept.
    package let pathSegments: [String]
    /// The query's parameters in order, percent-decoded, `+` read as a space. What cannot be decoded stays as sent.
    package let query: [(name: String, value: String)]
    /// In the order sent, duplicates kept.
    package let headers: HTTPHeaders
    /// Empty when there was none.
    package let body: [UInt8]
    /// The client's IP address without a port; empty when it is not known.
    package let remoteAddress: String
    /// The client's `X-Request-Id` when it is 1 to 64 of `A-Za-z0-9._-`, else 16 random bytes in hexadecimal. The
    /// response carries it too.
    package let id: String

    /// Also for tests of handlers.
    package init(
        method: String, target: RequestTarget, headers: HTTPHeaders, body: [UInt8], remoteAddress: String, id: String
    ) {
        self.method = method
        self.target = target.text
        path = target.path
        pathSegments = target.pathSegments
        query = target.query
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
        self.id = id
    }

    /// The first value of a query parameter; empty when it came without one, nil when it did not come.
    package func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// Every value of a query parameter, in order.
    package func queryValues(_ name: String) -> [String] { query.filter { $0.name == name }.map(\.value) }
}
