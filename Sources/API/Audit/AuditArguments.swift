internal import Base

/// Arguments as the audit may show them: what may be a secret is masked, what is long is cut.
enum AuditArguments {
    private static let maximumText = 500
    private static let maximumElements = 50
    private static let maximumDepth = 8
    /// Of all arguments as JSON, about: with what else an event says it stays below 16 KiB.
    private static let maximumBytes = 12 << 10
    /// In any letter case, anywhere in a member's name.
    private static let secretNames = [
        "password", "passwd", "secret", "token", "authorization", "credential", "apikey", "api_key", "api-key",
        "privatekey", "private_key", "cookie",
    ]

    /// The arguments without secrets; of those that are long only what they begin with.
    static func shown(_ arguments: JSONObject) -> JSONValue {
        var left = maximumBytes
        return shown(.object(arguments), depth: 0, &left)
    }

    /// - Parameter left: bytes that may still be shown.
    private static func shown(_ value: JSONValue, depth: Int, _ left: inout Int) -> JSONValue {
        switch value {
        case .string(let text): return taking(.string(Self.text(text, maximumText)), &left)
        case .array(let elements):
            guard depth < maximumDepth, left > 0 else { return "…" }
            var kept: [JSONValue] = []
            for element in elements.prefix(maximumElements) where left > 0 {
                kept.append(shown(element, depth: depth + 1, &left))
            }
            return .array(kept + (kept.count < elements.count ? ["…"] : []))
        case .object(let members):
            guard depth < maximumDepth, left > 0 else { return "…" }
            var kept: [(String, JSONValue)] = []
            for (name, value) in members.prefix(maximumElements) where left > 0 {
                let name = text(name, 100)
                left -= JSONValue.string(name).serialized().count
                kept.append((name, isSecret(name) ? "***" : shown(value, depth: depth + 1, &left)))
            }
            return .object(JSONObject(kept))
        default: return taking(value, &left)
        }
    }

    private static func taking(_ value: JSONValue, _ left: inout Int) -> JSONValue {
        left -= value.serialized().count + 4
        return left < 0 ? "…" : value
    }

    private static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return secretNames.contains { name.contains($0) }
    }

    /// A text of whoever asks: bounded, and without U+0000, which PostgreSQL cannot store.
    ///
    /// - Parameter maximum: bytes of UTF-8; a character may be of any number of them.
    static func text(_ text: String, _ maximum: Int) -> String {
        let clean = text.utf8.contains(0) ? text.replacing("\u{0}", with: "\u{FFFD}") : text
        guard clean.utf8.count > maximum else { return clean }
        // The end is moved to the border of a scalar before it.
        return clean[..<clean.utf8.index(clean.startIndex, offsetBy: maximum)] + "…"
    }
}
