internal import Base

/// The target of a request line, taken apart (RFC 9112 §3.2).
package struct RequestTarget: Sendable {
    /// As sent.
    package let text: String
    /// As sent, percent-encoding included.
    package let path: String
    /// Percent-decoded; a slash at the end adds none.
    package let pathSegments: [String]
    /// Decoded as forms are (`+` is a space); what cannot be decoded stays as sent.
    package let query: [(name: String, value: String)]

    /// Nil when a segment of the path has a malformed percent-encoding, or decodes to bytes that are not UTF-8 or hold
    /// NUL.
    package init?(_ text: String) {
        self.text = text
        let origin = Self.originForm(text[...])
        let parts = origin.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts.first ?? "")
        query = parts.count > 1 ? Self.parameters(parts[1]) : []

        var segments = path.split(separator: "/", omittingEmptySubsequences: false)
        if path.hasPrefix("/") { segments.removeFirst() }
        if segments.last == "" { segments.removeLast() }
        var decoded: [String] = []
        for segment in segments {
            guard let bytes = percentDecoded(segment.utf8), !bytes.contains(0),
                let text = String(validating: bytes, as: UTF8.self)
            else { return nil }
            decoded.append(text)
        }
        pathSegments = decoded
    }

    /// Path and query of an absolute-form target (`http://host/path`), which clients send to proxies.
    private static func originForm(_ text: Substring) -> Substring {
        guard !text.hasPrefix("/"), let separator = text.firstRange(of: "://") else { return text }
        let rest = text[separator.upperBound...]
        return rest.firstIndex { $0 == "/" || $0 == "?" }.map { rest[$0...] } ?? "/"
    }

    private static func parameters(_ query: Substring) -> [(name: String, value: String)] {
        query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (formDecoded(parts[0]), parts.count > 1 ? formDecoded(parts[1]) : "")
        }
    }

    private static func formDecoded(_ text: Substring) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "%") }) else {
            return String(text)
        }
        let spaced = text.utf8.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
        return String(decoding: percentDecoded(spaced) ?? spaced, as: UTF8.self)
    }
}
