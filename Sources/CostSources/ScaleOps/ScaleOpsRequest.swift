internal import Base

/// A request to ScaleOps as a caller describes it; the credentials come to it on its way.
package struct ScaleOpsRequest: Sendable {
    package var method: String
    /// Percent-encoded, beginning with a slash.
    package var path: String
    /// As it stands behind the question mark; nil: none.
    package var query: String?
    /// Which cluster is asked about (`X-Scaleops-Cluster`).
    package var cluster: String?
    package var accept = "application/json"
    package var contentType = "application/json"
    package var body: [UInt8]?
    /// Whether it changes nothing, so that it may be sent again.
    package var isRead: Bool

    package init(
        _ method: String, _ path: String, query: String? = nil, cluster: String? = nil, body: [UInt8]? = nil,
        isRead: Bool = true
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.cluster = cluster
        self.body = body
        self.isRead = isRead
    }

    /// Method and path, which may be shown.
    var shown: String { "\(method) \(path)" }

    /// - Parameter version: of the program.
    func headers(token: Secret?, version: String) -> HTTPHeaders {
        var headers: HTTPHeaders = [
            "Accept": accept, "Accept-Encoding": "gzip", "Content-Type": contentType,
            "User-Agent": "callboard/\(version)",
        ]
        if let cluster { headers.set("X-Scaleops-Cluster", cluster) }
        if let token { headers.set("Authorization", "Bearer \(token.text)") }
        return headers
    }
}
