/// A configured pattern of URLs: `*` stands for any characters within the piece of the URL in which it is written, so that
/// `https://*.example.com/x` does not lead to `https://evil.example/.example.com/x`.
package struct URLPattern: Sendable, Hashable {
    private let pieces: URLPieces
    /// Whether it stands for one URL alone.
    let isExact: Bool

    /// Nil for what is no pattern: one without scheme, with `*` in the scheme, or with a user or fragment.
    package init?(_ text: String) {
        guard let pieces = URLPieces(text) else { return nil }
        self.pieces = pieces
        isExact = !text.contains("*")
    }

    /// At a loopback address every port is meant, because programs listen where there is room (RFC 8252 §7.3). Of a scheme
    /// that is no web's, a pattern without path is for all paths.
    func matches(_ text: String) -> Bool {
        guard let url = URLPieces(text), url.scheme == pieces.scheme else { return false }
        let isWeb = ["http", "https"].contains(url.scheme)
        return Self.matches(url.host.lowercased(), pieces.host.lowercased())
            && (url.isLoopback || Self.matches(url.port ?? "", pieces.port ?? ""))
            && (!isWeb && pieces.path.isEmpty || Self.matches(Self.path(url), Self.path(pieces)))
            && (!isWeb || Self.matches(url.query ?? "", pieces.query ?? ""))
    }

    private static func path(_ pieces: URLPieces) -> String { pieces.path.isEmpty ? "/" : pieces.path }

    /// The usual matching with one place to go back to, so that no pattern takes long.
    private static func matches(_ text: String, _ pattern: String) -> Bool {
        let (text, pattern) = (Array(text.utf8), Array(pattern.utf8))
        var (t, p) = (0, 0)
        var star: (pattern: Int, text: Int)?
        while t < text.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                star = (p, t)
                p += 1
            } else if p < pattern.count, pattern[p] == text[t] {
                (t, p) = (t + 1, p + 1)
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                (p, t) = (last.pattern + 1, last.text + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
