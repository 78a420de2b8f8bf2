internal import Base

/// Makes texts fit for the names of entities. What is too long keeps its beginning and gets a hash of the whole, so that two
/// long names that begin alike stay two.
package enum IngestedName {
    private static let maximumLength = 63
    private static let hashLength = 8

    /// A `metadata.name`.
    package static func name(_ text: String) -> String {
        fit(text, FieldFormat.entityName) { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    /// A `metadata.namespace`.
    package static func namespace(_ text: String) -> String {
        fit(text.lowercased(), FieldFormat.namespace) { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    /// A tag of parts that stand around colons; nil when a part has nothing that a tag may hold.
    package static func tag(_ parts: String...) -> String? {
        let words = parts.map { part in
            part.lowercased().utf8.split { !isAlphanumeric($0) && !"+#".utf8.contains($0) }
                .map { String(decoding: Array($0), as: UTF8.self) }.joined(separator: "-")
        }
        guard words.allSatisfy({ !$0.isEmpty }) else { return nil }
        return String(words.joined(separator: ":").prefix(maximumLength)).trimming("-")
    }

    private static func fit(_ text: String, _ format: FieldFormat, _ isAllowed: (UInt8) -> Bool) -> String {
        if format.accepts(text) { return text }
        let words = text.utf8.split(whereSeparator: { !isAllowed($0) }).map {
            String(decoding: Array($0), as: UTF8.self)
        }
        let clean = words.joined(separator: "-").trimming("-_.")
        if clean.utf8.count <= maximumLength, format.accepts(clean) { return clean }
        let hash = String(sha256Hex(Array(text.utf8)).prefix(hashLength))
        let start = String(clean.prefix(maximumLength - hashLength - 1)).trimming("-_.")
        return start.isEmpty ? "x-" + hash : start + "-" + hash
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isAlpha(byte) || isDigit(byte) }
}

extension String {
    fileprivate func trimming(_ characters: String) -> String {
        guard let first = firstIndex(where: { !characters.contains($0) }),
            let last = lastIndex(where: { !characters.contains($0) })
        else { return "" }
        return String(self[first...last])
    }
}
