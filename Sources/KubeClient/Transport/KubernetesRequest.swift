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

/// Encodes every byte but the unreserved ones of RFC 3986 §2.3, so that the text may stand anywhere in a URL.
func percentEncoded(_ text: String) -> String {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: encoded.append(byte)
        default:
            encoded.append(UInt8(ascii: "%"))
            encoded += [byte >> 4, byte & 0xF].map { $0 < 10 ? 0x30 + $0 : 0x41 + $0 - 10 }
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}
