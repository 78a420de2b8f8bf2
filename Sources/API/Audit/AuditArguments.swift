internal import Base

/// Arguments as the audit may show them: what may be a secret is masked, what is long is cut.
enum AuditArguments {
    private static let maximumText = 500
    private static let maximumElements = 50
    private static let maximumDepth = 8
    /// In any letter case, anywhere in a member's name.
    private static let secretNames = [
        "password", "passwd", "secret", "token", "authorization", "credential", "apikey", "api_key", "api-key",
        "privatekey", "private_key", "cookie",
    ]

    /// The arguments without secrets; of those that are long only what they begin with.
    static func shown(_ arguments: JSONObject) -> JSONValue { shown(.object(arguments), depth: 0) }

    private static func shown(_ value: JSONValue, depth: Int) -> JSONValue {
        switch value {
        case .string(let text): return .string(Self.text(text, maximumText))
        case .array(let elements):
            guard depth < maximumDepth else { return "…" }
            let kept = elements.prefix(maximumElements).map { shown($0, depth: depth + 1) }
            return .array(kept + (kept.count < elements.count ? ["…"] : []))
        case .object(let members):
            guard depth < maximumDepth else { return "…" }
            return .object(
                JSONObject(
                    members.prefix(maximumElements).map { name, value in
                        (text(name, 100), isSecret(name) ? "***" : shown(value, depth: depth + 1))
                    }))
        default: return value
        }
    }

    private static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return secretNames.contains { name.contains($0) }
    }

    /// A text of whoever asks: bounded, and without U+0000, which PostgreSQL cannot store.
    static func text(_ text: String, _ maximum: Int) -> String {
        let clean = text.utf8.contains(0) ? text.replacing("\u{0}", with: "\u{FFFD}") : text
        return clean.utf8.count <= maximum ? clean : clean.prefix(maximum) + "…"
    }
}
