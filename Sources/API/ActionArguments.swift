internal import Actions
internal import Base

/// The parameters of a query as an action's schema types them. What is unknown or of another form is left to the action to
/// refuse.
struct ActionArguments {
    private let properties: JSONValue?

    init(of action: RegisteredAction?) { properties = action?.definition.input["properties"] }

    func reading(_ query: [(name: String, value: String)]) -> JSONObject {
        var arguments = JSONObject()
        for (name, text) in query {
            let type = properties?[name]?["type"]?.stringValue
            arguments[name] = type == "array" ? list(text, after: arguments[name]) : value(text, type)
        }
        return arguments
    }

    private func value(_ text: String, _ type: String?) -> JSONValue {
        switch (type, text) {
        case ("integer", _): return Int64(text).map(JSONValue.int) ?? .string(text)
        case ("number", _): return number(text) ?? .string(text)
        case ("boolean", "true"): return true
        case ("boolean", "false"): return false
        default: return .string(text)
        }
    }

    /// As JSON writes numbers.
    private func number(_ text: String) -> JSONValue? {
        guard let value = try? JSONValue(parsing: text), value.doubleValue != nil else { return nil }
        return value
    }

    /// Separated by commas, or repeated.
    private func list(_ text: String, after earlier: JSONValue?) -> JSONValue {
        .array((earlier?.arrayValue ?? []) + text.split(separator: ",").map { .string(String($0)) })
    }
}
