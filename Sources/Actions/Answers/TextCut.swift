internal import Base

/// Shortens long texts and lists within a value, wherever they are.
enum TextCut {
    /// Characters of a text and items of a list that stay, tried one after the other.
    private static let steps = [(6_000, 200), (1_500, 50), (300, 10), (100, 3)]

    /// The value with as little cut as brings it to the size, if that does.
    ///
    /// - Parameter cuts: gets what was cut, by its path.
    static func shortened(_ value: JSONValue, toBytes bytes: Int, _ cuts: inout [String]) -> JSONValue {
        var shortened = value
        for (characters, items) in steps {
            var made: [String] = []
            shortened = cut(value, at: "", characters, items, &made)
            guard shortened.serialized().count > bytes else {
                cuts += made
                return shortened
            }
        }
        cuts.append("long texts and lists")
        return shortened
    }

    private static func cut(
        _ value: JSONValue, at path: String, _ characters: Int, _ items: Int, _ cuts: inout [String]
    ) -> JSONValue {
        switch value {
        case .string(let text):
            let scalars = text.unicodeScalars
            guard text.utf8.count > characters, scalars.count > characters else { return value }
            cuts.append("\(path) had \(scalars.count) characters")
            return .string(String(String.UnicodeScalarView(scalars.prefix(characters))) + "…")
        case .array(let elements):
            if elements.count > items { cuts.append("\(path) had \(elements.count) items") }
            return .array(elements.prefix(items).map { cut($0, at: path + "[]", characters, items, &cuts) })
        case .object(let members):
            var object = JSONObject()
            for (name, member) in members {
                object[name] = cut(member, at: path.isEmpty ? name : "\(path).\(name)", characters, items, &cuts)
            }
            return .object(object)
        default: return value
        }
    }
}
