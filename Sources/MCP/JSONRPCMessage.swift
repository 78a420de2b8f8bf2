import Base

/// One JSON-RPC 2.0 message from a client, told apart by the members that are present.
enum JSONRPCMessage: Hashable {
    case request(JSONRPCRequest)
    case notification(method: String, params: JSONObject)
    /// An answer to a request of ours.
    case response(JSONRPCResponse)

    /// Reads a message. Throws a rejection with status 400 and -32600 that echoes the id if there is a usable one.
    init(_ value: JSONValue) throws(Rejection) {
        guard let object = value.objectValue else { throw .malformed("expected an object, found \(value.typeName)") }
        let id = object["id"].flatMap(RequestID.init)
        guard object["jsonrpc"] == "2.0" else { throw .malformed("jsonrpc must be \"2.0\"", id: id) }
        guard let methodValue = object["method"] else {
            guard object["result"] != nil || object["error"] != nil else {
                throw .malformed("neither method nor result nor error", id: id)
            }
            self = .response(JSONRPCResponse(id: id, outcome: Self.outcome(of: object)))
            return
        }
        guard let method = methodValue.stringValue else { throw .malformed("method must be a string", id: id) }
        let params = try Self.params(of: object, id: id)
        if let id {
            self = .request(JSONRPCRequest(id: id, method: method, params: params))
        } else if object["id"] == nil {
            self = .notification(method: method, params: params)
        } else {
            throw .malformed("id must be an integer or a string of at most 256 bytes")
        }
    }

    private static func outcome(of object: JSONObject) -> JSONRPCResponse.Outcome {
        if let result = object["result"]?.objectValue { return .result(result) }
        return .error(object["error"]?["message"]?.stringValue ?? "an error without a message")
    }

    private static func params(of object: JSONObject, id: RequestID?) throws(Rejection) -> JSONObject {
        guard let params = object["params"], !params.isNull else { return JSONObject() }
        guard let object = params.objectValue else { throw .malformed("params must be an object", id: id) }
        return object
    }
}

/// A message that wants an answer.
struct JSONRPCRequest: Hashable {
    let id: RequestID
    let method: String
    /// Empty when the message had none.
    let params: JSONObject
}

/// The answer of a client to a request of ours.
struct JSONRPCResponse: Hashable {
    enum Outcome: Hashable {
        case result(JSONObject)
        /// With its message.
        case error(String)
    }

    /// Nil when it cannot be read; nothing was asked under such an id.
    let id: RequestID?
    let outcome: Outcome

    /// As it goes to another replica.
    func json(_ id: String) -> JSONValue {
        switch outcome {
        case .result(let result): ["jsonrpc": "2.0", "id": .string(id), "result": .object(result)]
        case .error(let message):
            ["jsonrpc": "2.0", "id": .string(id), "error": ["code": -32_603, "message": .string(message)]]
        }
    }
}

/// The id of a request, echoed with its exact type and digits.
enum RequestID: Hashable {
    case string(String)
    case integer(Int64)
    /// Above `Int64.max`.
    case unsigned(UInt64)

    /// Ids are kept as long as what they name; real ones are numbers and UUIDs.
    private static let maximumBytes = 256

    /// Nil for anything but a string that is not too long, or an integer.
    init?(_ value: JSONValue) {
        switch value {
        case .string(let text) where text.utf8.count <= Self.maximumBytes: self = .string(text)
        case .int(let number): self = .integer(number)
        case .uint(let number): self = .unsigned(number)
        default: return nil
        }
    }

    var json: JSONValue {
        switch self {
        case .string(let text): .string(text)
        case .integer(let number): .int(number)
        case .unsigned(let number): .uint(number)
        }
    }
}
