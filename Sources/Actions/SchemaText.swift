internal import Base

/// Short forms for writing JSON Schemas in the source.
enum Schema {
    /// An object that holds these properties and no others.
    static func object(
        _ properties: JSONObject, required: [String] = [], description: String? = nil
    ) -> JSONValue {
        var schema: JSONObject = ["type": "object"]
        if let description { schema["description"] = .string(description) }
        schema["properties"] = .object(properties)
        if !required.isEmpty { schema["required"] = .array(required.map(JSONValue.string)) }
        schema["additionalProperties"] = false
        return .object(schema)
    }

    /// An output object all of whose properties are always there.
    static func complete(_ properties: JSONObject, description: String? = nil) -> JSONValue {
        object(properties, required: properties.keys, description: description)
    }

    static func string(_ description: String) -> JSONValue {
        ["type": "string", "minLength": 1, "description": .string(description)]
    }

    /// A text that may be empty.
    static func text(_ description: String) -> JSONValue { ["type": "string", "description": .string(description)] }

    static func choice(_ values: [String], _ description: String) -> JSONValue {
        ["type": "string", "enum": .array(values.map(JSONValue.string)), "description": .string(description)]
    }

    static func integer(_ range: ClosedRange<Int64>, _ description: String) -> JSONValue {
        [
            "type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound),
            "description": .string(description),
        ]
    }

    static func number(_ description: String) -> JSONValue { ["type": "number", "description": .string(description)] }
    static func count(_ description: String) -> JSONValue {
        ["type": "integer", "minimum": 0, "description": .string(description)]
    }
    static func flag(_ description: String) -> JSONValue { ["type": "boolean", "description": .string(description)] }
    static func list(_ items: JSONValue, _ description: String) -> JSONValue {
        ["type": "array", "items": items, "description": .string(description)]
    }

    /// A value that may be null.
    static func orNull(_ schema: JSONValue) -> JSONValue { ["anyOf": [schema, ["type": "null"]]] }

    /// Any object.
    static func anyObject(_ description: String) -> JSONValue {
        ["type": "object", "description": .string(description)]
    }
}
