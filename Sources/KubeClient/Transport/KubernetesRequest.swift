internal import Base

/// A request to the API server.
package struct KubernetesRequest: Sendable, CustomStringConvertible {
    package static let json = "application/json"
    package static let protobuf = "application/vnd.kubernetes.protobuf"

    package var method: String
    /// Such as `/api/v1/namespaces`, already percent-encoded.
    package var path: String
    package var query: [(name: String, value: String)]
    package var body: [UInt8]?
    /// Of the body.
    package var contentType = json
    package var accept = json
    /// Whether the answer may come compressed, where the configuration allows it and the way is worth it.
    package var acceptsCompression = false
    package var maximumBodyBytes = 16 << 20
    /// Of each attempt, until the last byte; nil: none, for streams. The server ends its own requests after 60 s.
    package var totalTimeout: Duration? = .seconds(70)
    /// Whether it is sent again when the server asks for that or the connection broke (`RepeatPolicy`). New credentials
    /// are tried in any case.
    package var isRepeated = true
    /// Fails the request when no byte has come for that long; nil: never.
    package var idleTimeout: Duration?
    /// How long bytes of a stream may wait for further ones; see `HTTPRequest.gatherTime`.
    package var gatherTime: Duration?

    package init(
        _ method: String, _ path: String, query: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        contentType: String = json, accept: String = json
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.contentType = contentType
        self.accept = accept
    }

    /// Method and path, without the query.
    package var description: String { "\(method) \(path)" }

    /// Path and query.
    var target: String {
        guard !query.isEmpty else { return path }
        let pairs = query.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }
        return path + "?" + pairs.joined(separator: "&")
    }
}
