import Base

/// The checks that come before the body is looked at.
extension MCPRouter {
    func checkOrigin(_ headers: HTTPHeaders) throws(Rejection) {
        if let objection = origins.objection(to: headers) {
            throw Rejection(status: 403, error: .invalidRequest(objection))
        }
    }

    func checkPost(_ headers: HTTPHeaders) throws(Rejection) {
        guard AcceptedMedia(headers).takes("application/json") else {
            throw Rejection(status: 406, error: .invalidRequest("Accept must allow application/json"))
        }
        guard headers.all("Content-Type").map(AcceptedMedia.type) == ["application/json"] else {
            throw Rejection(status: 415, error: .invalidRequest("Content-Type must be application/json"))
        }
    }
}

/// What a client can read, as its header `Accept` says.
struct AcceptedMedia {
    private let ranges: [String]

    init(_ headers: HTTPHeaders) {
        ranges = headers.all("Accept").flatMap { $0.split(separator: ",") }.map(String.init)
    }

    /// The specification wants both media types named, but old and simple clients send one, `*/*`, or nothing: only a
    /// client that could not read our answer is refused.
    func takes(_ type: String) -> Bool { ranges.isEmpty || names(type) }

    /// Like ``takes(_:)``, but a client that says nothing is not taken for one that reads streams.
    func names(_ type: String) -> Bool {
        let family = type.prefix { $0 != "/" } + "/*"
        return ranges.contains { [type, String(family), "*/*"].contains(Self.type(of: $0)) && !isRefused($0) }
    }

    /// A media type without its parameters.
    static func type(of value: String) -> String {
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
