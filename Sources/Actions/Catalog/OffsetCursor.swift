internal import Base

/// The `cursor` argument of actions that count what they have listed: it says how many items to leave out.
enum OffsetCursor {
    /// The input property.
    static let schema = Schema.string("nextCursor of the page before.")
    /// The output property.
    static let nextSchema = Schema.string("Pass it as cursor for more.")

    /// Reads the argument; 0 without one.
    ///
    /// - Throws: `ActionError` of kind `input`.
    static func offset(_ arguments: JSONObject) throws(ActionError) -> Int {
        guard let cursor = arguments["cursor"]?.stringValue else { return 0 }
        guard let value = Int(cursor), (0...1_000_000).contains(value) else {
            throw ActionError(.input, "cursor: expected nextCursor of the page before but found \"\(cursor)\"")
        }
        return value
    }

    /// The cursor of what follows; nil at the end.
    static func next(after shown: Int, of total: Int) -> JSONValue? {
        shown < total ? .string(String(shown)) : nil
    }
}
