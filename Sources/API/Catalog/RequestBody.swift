internal import Actions
internal import Base
internal import HTTPServer

/// The JSON object in a request's body. What is wrong with it is told as Backstage's validator does:
/// `request/body/limit must be integer`.
struct RequestBody {
    private let object: JSONObject
    /// What stands ahead of each complaint.
    private let preface: String

    /// - Parameters:
    ///   - keys: what the object may have; anything else is refused, because leaving it out could mean something else.
    ///   - preface: what stands ahead of each complaint.
    /// - Throws: `ActionError` of kind `input`.
    init(_ request: RouteRequest, keys: Set<String>, preface: String = "") throws(ActionError) {
        self.preface = preface
        do {
            guard let object = try JSONValue(parsing: request.http.body).objectValue else {
                throw ActionError(.input, preface + "request/body must be object")
            }
            self.object = object
        } catch let error as ActionError {
            throw error
        } catch {
            throw ActionError(.input, preface + "request/body must be JSON: it is \(error)")
        }
        if let other = object.keys.first(where: { !keys.contains($0) }) {
            throw complaint("must NOT have additional properties: \(other)")
        }
    }

    /// A member as it is; nil when it is not there.
    subscript(key: String) -> JSONValue? { object[key] }

    /// - Throws: `ActionError` when it is there and no string.
    func text(_ key: String) throws(ActionError) -> String? { try read(key, "string", \.stringValue) }

    /// - Throws: `ActionError` when it is not there, or no string.
    func requiredText(_ key: String) throws(ActionError) -> String {
        guard let text = try text(key) else { throw complaint("must have required property '\(key)'") }
        return text
    }

    /// - Throws: `ActionError` when it is there and no object.
    func object(_ key: String) throws(ActionError) -> JSONObject? { try read(key, "object", \.objectValue) }

    /// - Throws: `ActionError` when it is there and neither true nor false.
    func flag(_ key: String) throws(ActionError) -> Bool? { try read(key, "boolean", \.boolValue) }

    /// - Throws: `ActionError` when it is there and no list.
    func list(_ key: String) throws(ActionError) -> [JSONValue]? { try read(key, "array", \.arrayValue) }

    /// - Throws: `ActionError` when it is there and no list of strings.
    func texts(_ key: String) throws(ActionError) -> [String]? {
        guard let list = try list(key) else { return nil }
        var texts: [String] = []
        for (index, element) in list.enumerated() {
            guard let text = element.stringValue else { throw complaint("must be string", at: "\(key)/\(index)") }
            texts.append(text)
        }
        return texts
    }

    /// - Throws: `ActionError` when it is there and no whole number, or less than it may be.
    func integer(_ key: String, atLeast minimum: Int) throws(ActionError) -> Int? {
        guard let value = try read(key, "integer", { $0.intValue.flatMap { Int(exactly: $0) } }) else { return nil }
        guard value >= minimum else { throw complaint("must be >= \(minimum)", at: key) }
        return value
    }

    /// Refuses members of an object within the body that are not among these, as the body's own are.
    ///
    /// - Throws: `ActionError`.
    func check(_ object: JSONObject, at path: String, keys: Set<String>) throws(ActionError) {
        guard let other = object.keys.first(where: { !keys.contains($0) }) else { return }
        throw complaint("must NOT have additional properties: \(other)", at: path)
    }

    /// Refuses what is there and is no presence of a location.
    ///
    /// - Throws: `ActionError`.
    func checkPresence(_ presence: JSONValue?, at path: String) throws(ActionError) {
        guard let presence, !["required", "optional"].contains(presence) else { return }
        throw complaint("must be equal to one of the allowed values: required, optional", at: path)
    }

    /// What is wrong with the body, or with what is at a path in it.
    func complaint(_ what: String, at path: String? = nil) -> ActionError {
        ActionError(.input, "\(preface)request/body\(path.map { "/\($0)" } ?? "") \(what)")
    }

    private func read<Value>(
        _ key: String, _ type: String, _ reading: (JSONValue) -> Value?
    ) throws(ActionError) -> Value? {
        guard let json = object[key] else { return nil }
        guard let value = reading(json) else { throw complaint("must be \(type)", at: key) }
        return value
    }
}
