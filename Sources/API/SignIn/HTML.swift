/// A piece of HTML. What is put into it with `\(…)` is escaped, unless it is a piece of HTML itself, so a foreign text stays
/// text wherever it stands: between tags, and between the double quotes of an attribute.
struct HTML: Sendable, Hashable, ExpressibleByStringInterpolation {
    let text: String

    init(stringLiteral text: String) { self.text = text }
    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    /// The pieces one after the other.
    init(_ pieces: [HTML]) { text = pieces.map(\.text).joined(separator: "\n") }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

        mutating func appendLiteral(_ literal: String) { text += literal }
        mutating func appendInterpolation(_ piece: HTML) { text += piece.text }
        mutating func appendInterpolation(_ text: String) { self.text += Self.escaped(text) }

        /// Bytes that could end a text or an attribute's value become references. Control characters, and those that turn
        /// the direction of writing around, are left out: they could make a name look like another.
        private static func escaped(_ text: String) -> String {
            var escaped = ""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "&": escaped += "&amp;"
                case "<": escaped += "&lt;"
                case ">": escaped += "&gt;"
                case "\"": escaped += "&quot;"
                case "'": escaped += "&#39;"
                case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}", "\u{200E}", "\u{200F}", "\u{61C}": continue
                case _ where scalar.properties.generalCategory == .control && scalar != "\n": continue
                default: escaped.unicodeScalars.append(scalar)
                }
            }
            return escaped
        }
    }
}
