extension JSONValue {
    /// The value as YAML in block style, which reads back as the same value; ends with a line break. Members keep their order.
    package var yaml: String {
        var lines: [String] = []
        write(indent: "", lead: "", to: &lines)
        return lines.joined(separator: "\n") + "\n"
    }

    /// - Parameters:
    ///   - indent: of lines that follow the first.
    ///   - lead: what the first line begins with, such as `name: ` or `- `.
    private func write(indent: String, lead: String, to lines: inout [String]) {
        switch self {
        case .object(let members) where !members.isEmpty: Self.write(members, indent, lead, to: &lines)
        case .array(let elements) where !elements.isEmpty: Self.write(elements, indent, lead, to: &lines)
        default: lines.append(lead + scalarText)
        }
    }

    private static func write(_ members: JSONObject, _ indent: String, _ lead: String, to lines: inout [String]) {
        // What follows a key stands below it; what follows a dash stands beside it.
        var first = lead.hasSuffix("- ") ? lead : indent
        if !lead.isEmpty, first == indent { lines.append(lead.dropLastSpace) }
        for (key, value) in members {
            let below = value.isBlock ? indent + "  " : indent
            value.write(indent: below, lead: "\(first)\(JSONValue.string(key).scalarText): ", to: &lines)
            first = indent
        }
    }

    private static func write(_ elements: [JSONValue], _ indent: String, _ lead: String, to lines: inout [String]) {
        var first = lead.hasSuffix("- ") ? lead : indent
        if !lead.isEmpty, first == indent { lines.append(lead.dropLastSpace) }
        for element in elements {
            element.write(indent: indent + "  ", lead: "\(first)- ", to: &lines)
            first = indent
        }
    }

    private var isBlock: Bool {
        switch self {
        case .object(let members): !members.isEmpty
        case .array(let elements): !elements.isEmpty
        default: false
        }
    }

    /// Plain where that reads back as the same string, else as JSON, which is YAML too.
    private var scalarText: String {
        guard case .string(let text) = self, Self.isPlain(text) else { return self.text().printable }
        return text
    }

    /// Careful rather than complete: what begins with a letter, holds nothing that has a meaning, and is no word of the core
    /// schema.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, isLetter(first), text.unicodeScalars.allSatisfy(isHarmless),
            text.unicodeScalars.last != " ", case .string = YAMLScalar.resolve(text)
        else { return false }
        // Words that older readers take for booleans.
        return !["yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && scalar.properties.isAlphabetic
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        isLetter(scalar) || ("0"..."9").contains(scalar) || " ._-/+".unicodeScalars.contains(scalar)
    }
}

extension String {
    /// A JSON string without the characters that JSON may hold and YAML may not (YAML 1.2, rule c-printable).
    fileprivate var printable: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            let isForbidden =
                (0x7F...0x9F).contains(scalar.value) && scalar.value != 0x85
                || scalar.value >= 0xFFFE && scalar.value <= 0xFFFF || scalar.value == 0xFEFF
            guard isForbidden else { return text.unicodeScalars.append(scalar) }
            let digits = String(scalar.value, radix: 16)
            text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }

    fileprivate var dropLastSpace: String { hasSuffix(" ") ? String(dropLast()) : self }
}
