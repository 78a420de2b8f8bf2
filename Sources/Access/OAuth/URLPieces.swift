internal import Base

/// A URL taken apart strictly, each piece as it is written: what two programs could read in two ways is no URL here.
struct URLPieces: Sendable, Hashable {
    /// In lower case.
    let scheme: String
    /// Empty when there is no authority, as in `com.example.app:/callback`.
    let host: String
    let port: String?
    let path: String
    /// Without the `?`; nil when there is none.
    let query: String?

    /// Nil for what is not absolute, has a fragment, a user, or characters that URLs do not have.
    init?(_ text: String) {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !#""<>\^`{|}#"#.utf8.contains($0) }),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        scheme = text[..<colon].lowercased()
        guard scheme.utf8.first.map(isAlpha) == true,
            scheme.utf8.allSatisfy({ isAlpha($0) || isDigit($0) || "+-.".utf8.contains($0) })
        else { return nil }
        let rest = text[text.index(after: colon)...]
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        query = parts.count > 1 ? String(parts[1]) : nil
        guard parts[0].hasPrefix("//") else {
            guard parts[0].hasPrefix("/") else { return nil }
            (host, port, path) = ("", nil, String(parts[0]))
            return
        }
        let afterSlashes = parts[0].dropFirst(2)
        let slash = afterSlashes.firstIndex(of: "/") ?? afterSlashes.endIndex
        path = String(afterSlashes[slash...])
        guard let (host, port) = Self.authority(afterSlashes[..<slash]) else { return nil }
        (self.host, self.port) = (host, port)
    }

    private static func authority(_ text: Substring) -> (String, String?)? {
        guard !text.isEmpty, !text.contains("@") else { return nil }
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let after = text[text.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") && after.count > 1 else { return nil }
            return (String(text[...end]), after.isEmpty ? nil : String(after.dropFirst()))
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, !parts[0].isEmpty, parts.count == 1 || !parts[1].isEmpty else { return nil }
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
    }

    /// Whether it is plain HTTP to the machine itself (RFC 8252 §7.3).
    var isLoopback: Bool { scheme == "http" && Self.loopbackHosts.contains(host.lowercased()) }

    private static let loopbackHosts: Set<String> = ["127.0.0.1", "[::1]", "localhost"]

    /// Whether the path has a segment that means another one.
    var hasDotSegments: Bool {
        path.split(separator: "/").contains { segment in
            [".", ".."].contains(segment.lowercased().replacing("%2e", with: "."))
        }
    }
}

private func isAlpha(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
