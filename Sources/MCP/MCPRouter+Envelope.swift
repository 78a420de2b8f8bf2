import Base

/// The checks that come before the body is looked at.
extension MCPRouter {
    func checkEnvelope(method: String, headers: HTTPHeaders) throws(Rejection) {
        if let objection = origins.objection(to: headers) {
            throw Rejection(status: 403, error: .invalidRequest(objection))
        }
        // Sessions and their streams are what GET and DELETE are for in the older revisions; there are none here, and
        // 2026-07-28 has neither method.
        guard method == "POST" else { throw .methodNotAllowed }
        guard acceptsJSON(headers.all("Accept")) else {
            throw Rejection(status: 406, error: .invalidRequest("Accept must allow application/json"))
        }
        guard headers.all("Content-Type").map(mediaType) == ["application/json"] else {
            throw Rejection(status: 415, error: .invalidRequest("Content-Type must be application/json"))
        }
    }

    /// The specification wants both media types named, but old and simple clients send one, `*/*`, or nothing: only a
    /// client that could not read our answer is refused.
    private func acceptsJSON(_ headers: [String]) -> Bool {
        let ranges = headers.flatMap { $0.split(separator: ",") }.map(String.init)
        return ranges.isEmpty
            || ranges.contains {
                ["application/json", "application/*", "*/*"].contains(mediaType($0)) && !isRefused($0)
            }
    }

    private func mediaType(_ value: String) -> String {
        HeaderValue.trimmed(String(value.prefix { $0 != ";" })).lowercased()
    }

    /// A range with the weight 0 names what is not acceptable (RFC 9110, 12.4.2).
    private func isRefused(_ range: String) -> Bool {
        range.split(separator: ";").dropFirst().contains { parameter in
            let text = parameter.filter { $0 != " " && $0 != "\t" }.lowercased()
            return text.hasPrefix("q=") && Double(text.dropFirst(2)) == 0
        }
    }
}
