internal import Actions
internal import Base
internal import CostSources
internal import HTTPServer

/// A request under `/api/scaleops/api/` as it goes on to ScaleOps. Pure: what may go on at all is decided here.
struct ScaleOpsCall {
    let method: String
    /// Of ScaleOps, beginning with a slash.
    let path: String
    /// As it was sent; nil: none.
    let query: String?
    /// Whether everybody who may read may send it.
    let isRead: Bool

    /// Below these, `GET` and `HEAD` change nothing.
    private static let readable = ["/api/v1/", "/detailedCostReport/"]
    /// These are asked with `POST`, because what they ask for is in the body.
    private static let reports = ["/api/v1/dashboard/byNamespace", "/detailedCostReport/getWorkloads"]

    /// - Parameters:
    ///   - segments: the path's segments below `/api/scaleops/api`, decoded.
    ///   - reports: further paths that `POST` only reads from.
    /// - Throws: `ActionError` when the path cannot be passed on, or must not be by anybody.
    init(
        method: String, segments: ArraySlice<String>, hasTrailingSlash: Bool, target: String, reports: [String] = []
    ) throws(ActionError) {
        guard !segments.isEmpty, segments.allSatisfy(Self.isPlain) else {
            throw ActionError(
                .input,
                "expected a path of ScaleOps behind /api/scaleops/api/, of letters, digits and -._~@: without . and .. as "
                    + "segments")
        }
        // Who could log in, or out, would have or end what Callboard's credentials allow.
        guard segments.first?.lowercased() != "auth" else {
            throw ActionError(.notAllowed, "Callboard logs in to ScaleOps by itself; /auth is not passed on")
        }
        self.method = method
        path = "/" + segments.joined(separator: "/") + (hasTrailingSlash ? "/" : "")
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        query = parts.count > 1 ? String(parts[1]) : nil
        guard query?.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) ?? true else {
            throw ActionError(.input, "expected a query whose other characters are percent-encoded")
        }
        let path = path
        isRead =
            switch method {
            case "GET", "HEAD": Self.readable.contains { path.hasPrefix($0) }
            case "POST": (Self.reports + reports).contains(path)
            default: false
            }
    }

    /// What no server takes for anything else: in particular no encoded slash, and no dots that lead elsewhere.
    private static func isPlain(_ segment: String) -> Bool {
        !segment.isEmpty && segment != "." && segment != ".."
            && segment.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "-._~@:".utf8.contains(byte)
                }
            }
    }

    /// With the header fields that go on.
    func request(_ http: HTTPServerRequest) -> ScaleOpsRequest {
        var request = ScaleOpsRequest(
            method, path, query: query, cluster: http.headers["X-Scaleops-Cluster"],
            body: http.body.isEmpty ? nil : http.body, isRead: isRead)
        request.accept = http.headers["Accept"] ?? "*/*"
        request.contentType = http.headers["Content-Type"] ?? request.contentType
        return request
    }
}
