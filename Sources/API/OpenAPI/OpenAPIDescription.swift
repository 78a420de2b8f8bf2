internal import Actions
internal import Base

/// A description of routes by OpenAPI 3.1, put together from texts, one for each family of routes.
///
/// Two words in the texts are ours and do not come out: `x-every-operation` and `x-every-guarded-operation` hold
/// responses that operations have unless they say otherwise, and `x-output-of: <action>` stands for what an action's
/// definition says of its answer.
struct OpenAPIDescription {
    /// The description as it is sent.
    let json: JSONValue

    /// - Throws: `OpenAPIDescriptionError` when the texts do not go together.
    init(_ texts: [[UInt8]], registry: ActionRegistry) throws {
        var whole = JSONObject()
        for text in texts { whole = try Self.merging(whole, try Self.object(text), at: []) }
        let common = whole["x-every-operation"]?.objectValue ?? [:]
        let guarded = whole["x-every-guarded-operation"]?.objectValue ?? [:]
        whole["x-every-operation"] = nil
        whole["x-every-guarded-operation"] = nil
        whole["paths"] = whole["paths"].map { paths in
            Self.mapOperations(paths) { operation in
                let isOpen = operation["security"]?.arrayValue?.isEmpty == true
                return Self.adding(isOpen ? [common] : [common, guarded], to: operation)
            }
        }
        json = try Self.withOutputs(.object(whole), registry)
    }

    private static func object(_ text: [UInt8]) throws -> JSONObject {
        let documents = YAML.documents(text)
        guard documents.count == 1, let object = try documents[0].get().json.objectValue else {
            throw OpenAPIDescriptionError(description: "expected one mapping in each text")
        }
        return object
    }

    /// Both together. Lists are joined; two values for one thing are a mistake.
    private static func merging(_ one: JSONObject, _ other: JSONObject, at path: [String]) throws -> JSONObject {
        var merged = one
        for (key, value) in other {
            switch (merged[key], value) {
            case (nil, _): merged[key] = value
            case (.object(let old)?, .object(let new)):
                merged[key] = .object(try merging(old, new, at: path + [key]))
            case (.array(let old)?, .array(let new)): merged[key] = .array(old + new)
            default:
                let place = (path + [key]).joined(separator: "/")
                throw OpenAPIDescriptionError(description: "\(place) is described twice")
            }
        }
        return merged
    }

    /// The methods of OpenAPI's Path Item Object.
    static let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]

    private static func mapOperations(_ paths: JSONValue, _ change: (JSONObject) -> JSONObject) -> JSONValue {
        var paths = paths.objectValue ?? [:]
        for (path, item) in paths {
            guard var item = item.objectValue else { continue }
            for method in methods {
                item[method] = item[method]?.objectValue.map { .object(change($0)) }
            }
            paths[path] = .object(item)
        }
        return .object(paths)
    }

    private static func adding(_ responses: [JSONObject], to operation: JSONObject) -> JSONObject {
        var all = operation["responses"]?.objectValue ?? [:]
        for (status, response) in responses.joined() where all[status] == nil { all[status] = response }
        var operation = operation
        operation["responses"] = .object(JSONObject(all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
        return operation
    }

    private static func withOutputs(_ json: JSONValue, _ registry: ActionRegistry) throws -> JSONValue {
        switch json {
        case .array(let elements): return .array(try elements.map { try withOutputs($0, registry) })
        case .object(let object):
            if let id = object["x-output-of"]?.stringValue {
                guard let action = registry[id] else {
                    throw OpenAPIDescriptionError(description: "there is no action \(id)")
                }
                return action.definition.output
            }
            return .object(JSONObject(try object.map { ($0.key, try withOutputs($0.value, registry)) }))
        default: return json
        }
    }
}

/// The texts of a description do not go together: a mistake of whoever wrote them.
struct OpenAPIDescriptionError: Error, CustomStringConvertible {
    let description: String
}
