package import Base

/// One row of the search index: a dotted path into an entity and a value that is found there.
package struct SearchRow: Sendable, Hashable {
    /// Lower case, such as `metadata.tags`.
    package let key: String
    /// Lower case; nil when the value is null or too long to be searched, so that only its existence counts.
    package let value: String?
    /// As the author wrote it, for facets; nil when `value` is.
    package let originalValue: String?
}

/// The search index of an entity's final document: what filters, facets and sorting look at.
package enum SearchTokens {
    /// Longer keys are left out, longer values count as null. In UTF-16 units, lower case, as in the compatible systems.
    package static let maximumLength = 200

    /// The rows of a document, in document order, no two with the same key and value.
    package static func rows(of document: JSONObject) -> [SearchRow] {
        var walk = SearchWalk()
        walk.visit(.object(document), path: "")
        walk.addIdentity(document)
        return walk.rows
    }

    /// The tokens of rows without repetition: what `EntityFilter` is matched with in memory.
    package static func tokens(of rows: [SearchRow]) -> [String] {
        var seen: Set<String> = []
        return rows.flatMap { row in [exists(row.key)] + (row.value.map { [equals(row.key, $0)] } ?? []) }
            .filter { seen.insert($0).inserted }
    }

    /// The token of an entity that has `key`, whatever its value: the key in lower case.
    package static func exists(_ key: String) -> String { escaped(key.lowercased()) }

    /// The token of an entity that has `value` at `key`: `key=value` in lower case.
    package static func equals(_ key: String, _ value: String) -> String {
        "\(escaped(key.lowercased()))=\(value.lowercased())"
    }

    /// A key may hold `=` itself, and the first `=` of a token must be the one that ends the key.
    private static func escaped(_ key: String) -> String {
        guard key.utf8.contains(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "%") }) else { return key }
        var result = ""
        for scalar in key.unicodeScalars {
            switch scalar {
            case "%": result += "%25"
            case "=": result += "%3D"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// The generic walk over a document that yields its rows (Backstage's `buildEntitySearch`).
private struct SearchWalk {
    /// Left out because they say nothing to search for, or because they get rows of their own.
    private static let skipped: Set<String> = [
        "attachments", "relations", "status", "metadata.name", "metadata.namespace", "metadata.uid", "metadata.etag",
    ]

    private(set) var rows: [SearchRow] = []
    private var seen: Set<Identity> = []

    private struct Identity: Hashable {
        let key: String
        let value: String?
    }

    mutating func visit(_ value: JSONValue, path: String) {
        // What lies deeper has a longer path still.
        guard !Self.skipped.contains(path), !isTooLong(path) else { return }
        switch value {
        case .object(let object):
            for (key, value) in object { visit(value, path: path.isEmpty ? key : "\(path).\(key)") }
        case .array(let elements):
            for element in elements {
                visit(element, path: path)
                if let text = element.stringValue, !isTooLong(text) { add("\(path).\(text)", "true") }
            }
        default: add(path, text(of: value))
        }
    }

    mutating func addIdentity(_ document: JSONObject) {
        let metadata = document["metadata"]
        for field in ["name", "namespace", "uid"] { add("metadata.\(field)", metadata?[field].flatMap(text)) }
        if metadata?["namespace"]?.stringValue == nil { add("metadata.namespace", EntityRef.defaultNamespace) }
        for relation in document["relations"]?.arrayValue ?? [] {
            guard let type = relation["type"]?.stringValue, let target = relation["targetRef"]?.stringValue else {
                continue
            }
            add("relations.\(type)", target)
        }
    }

    private mutating func add(_ path: String, _ original: String?) {
        let key = path.lowercased()
        guard !isTooLong(key) else { return }
        let lower = original.map { $0.lowercased() }.flatMap { isTooLong($0) ? nil : $0 }
        guard seen.insert(Identity(key: key, value: lower)).inserted else { return }
        rows.append(SearchRow(key: key, value: lower, originalValue: lower == nil ? nil : original))
    }

    private func isTooLong(_ text: String) -> Bool {
        // A UTF-16 unit takes at least one byte and at most three, which spares counting in most cases.
        let bytes = text.utf8.count
        return bytes > SearchTokens.maximumLength
            && (bytes > 3 * SearchTokens.maximumLength || text.utf16.count > SearchTokens.maximumLength)
    }

    /// A scalar as JavaScript's `String()` writes it; nil for null.
    private func text(of value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .double(let number): Int64(exactly: number).map { String($0) } ?? number.description
        case .null: nil
        default: value.text()
        }
    }
}
