internal import Base

/// Where a browser is sent with an answer.
package struct RedirectURI: Sendable, Hashable {
    package let text: String
    let pieces: URLPieces

    /// More are no address of an application.
    private static let maximumLength = 1_000

    /// - Throws: ``OAuthError`` `invalid_redirect_uri` for what nobody may be sent to: plain HTTP elsewhere than on the machine
    ///   itself, and schemes that run or read something in the browser.
    init(_ text: String) throws(OAuthError) {
        guard text.utf8.count <= Self.maximumLength, let pieces = URLPieces(text) else {
            throw OAuthError(
                .invalidRedirectURI, "expected an absolute URI of at most 1000 characters, without fragment and user")
        }
        guard pieces.scheme != "http" || pieces.isLoopback else {
            throw OAuthError(.invalidRedirectURI, "http is for localhost, 127.0.0.1 and [::1] alone; expected https")
        }
        guard !Self.forbiddenSchemes.contains(pieces.scheme) else {
            throw OAuthError(.invalidRedirectURI, "nobody is sent to the scheme \(pieces.scheme)")
        }
        guard pieces.port.map({ UInt16($0) != nil }) ?? true else {
            throw OAuthError(.invalidRedirectURI, "expected a port from 0 to 65535")
        }
        self.text = text
        self.pieces = pieces
    }

    private static let forbiddenSchemes: Set<String> = [
        "javascript", "data", "file", "vbscript", "about", "blob", "view-source", "ws", "wss", "ftp",
    ]

    /// Whether it leads to the person's own machine.
    package var isLoopback: Bool { pieces.isLoopback }

    /// What tells a person where they are sent: the host, or the scheme of an application.
    package var destination: String {
        guard ["http", "https"].contains(pieces.scheme) else { return "\(pieces.scheme): (an application)" }
        return pieces.port.map { "\(pieces.host):\($0)" } ?? pieces.host
    }

    /// Whether it is the one that a client has registered: the same text, but for the port of a loopback address, because
    /// programs listen where there is room (RFC 8252 §7.3).
    func isSame(as registered: RedirectURI) -> Bool {
        if text == registered.text { return true }
        guard isLoopback, registered.isLoopback else { return false }
        return pieces.host == registered.pieces.host && pieces.path == registered.pieces.path
            && pieces.query == registered.pieces.query
    }

    /// With parameters behind those that it has, which stay as they are.
    func adding(_ parameters: [(String, String)]) -> String {
        let query = parameters.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&")
        guard let own = pieces.query else { return "\(text)?\(query)" }
        return own.isEmpty || own.hasSuffix("&") ? text + query : "\(text)&\(query)"
    }
}
