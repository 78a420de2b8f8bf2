package import Base

/// Keeps what agents are answered to the size that their clients keep.
package enum AnswerSize {
    /// Clients keep about 25,000 tokens, which are about 100,000 bytes. Tools answer twice, as structure and as text, and
    /// some clients keep both; some bytes are for what stands around them.
    package static let maximumBytes = 48_000

    /// The output property that says what was cut.
    package static let noteSchema: JSONValue = [
        "type": "string", "description": "What was cut because the answer would be too long, and how to see it.",
    ]

    /// An output schema that also knows the note.
    package static func noting(_ schema: JSONValue) -> JSONValue {
        guard var object = schema.objectValue, var properties = object["properties"]?.objectValue,
            properties["note"] == nil
        else { return schema }
        properties["note"] = noteSchema
        object["properties"] = .object(properties)
        return .object(object)
    }

    /// How many of the items fit, at least one.
    static func count(of items: [JSONValue], within bytes: Int = maximumBytes) -> Int {
        var rest = bytes
        let fitting = items.prefix { item in
            rest -= item.serialized().count + 1
            return rest >= 0
        }
        return max(fitting.count, min(items.count, 1))
    }

    /// An answer that is short enough: its longest lists lose their ends, then its longest texts. A note says so.
    ///
    /// - Parameters:
    ///   - pagedList: the member that `nextCursor` goes on with, by the number of items to leave out; nil: none.
    ///   - offset: how many items are ahead of this page.
    package static func fitted(_ answer: JSONValue, pagedList: String? = nil, offset: Int = 0) -> JSONValue {
        guard var object = answer.objectValue, answer.serialized().count > maximumBytes else { return answer }
        var cuts: [String] = []
        for (name, items) in longestLists(of: object) {
            let excess = JSONValue.object(object).serialized().count - maximumBytes + reserve
            guard excess > 0 else { break }
            let size = JSONValue.array(items).serialized().count
            let kept = count(of: items, within: max(0, size - excess))
            guard kept < items.count else { continue }
            object[name] = .array(Array(items.prefix(kept)))
            cuts.append("\(name) has \(kept) of the \(items.count) that would stand here")
            if name == pagedList { object["nextCursor"] = .string(String(offset + kept)) }
        }
        var fitted = JSONValue.object(object)
        if fitted.serialized().count > maximumBytes - reserve {
            fitted = TextCut.shortened(fitted, toBytes: maximumBytes - reserve, &cuts)
        }
        return noting(cuts, isPaged: pagedList != nil, fitted)
    }

    /// For the note.
    private static let reserve = 1_500

    private static func longestLists(of object: JSONObject) -> [(name: String, items: [JSONValue])] {
        object.compactMap { name, value in value.arrayValue.map { (name, $0, value.serialized().count) } }
            .sorted { $0.2 > $1.2 }.map { ($0.0, $0.1) }
    }

    private static func noting(_ cuts: [String], isPaged: Bool, _ answer: JSONValue) -> JSONValue {
        guard var object = answer.objectValue, !cuts.isEmpty else { return answer }
        let advice =
            isPaged ? "pass nextCursor as cursor for the rest, or ask for less" : "ask for less to see more of it"
        object["note"] = .string("Cut to what clients keep: \(cuts.prefix(8).joined(separator: "; ")); \(advice).")
        return .object(object)
    }
}
