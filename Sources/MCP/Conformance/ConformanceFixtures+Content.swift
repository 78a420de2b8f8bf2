import Base
import Synchronization

/// The resources, prompts and completions of the suite.
extension ConformanceFixtures {
    static let resources: [JSONValue] = [
        ["uri": "test://static-text", "name": "static-text", "mimeType": "text/plain"],
        ["uri": "test://static-binary", "name": "static-binary", "mimeType": "image/png"],
        ["uri": "test://watched-resource", "name": "watched-resource", "mimeType": "text/plain"],
    ]

    static let templates: [JSONValue] = [
        ["uriTemplate": "test://template/{id}/data", "name": "template", "mimeType": "application/json"]
    ]

    static func owns(resource uri: String) -> Bool { uri.hasPrefix("test://") }

    func resource(_ uri: String) throws -> [JSONValue] {
        switch uri {
        case "test://static-text", "test://watched-resource":
            return [["uri": .string(uri), "mimeType": "text/plain", "text": "A text that stays the same."]]
        case "test://static-binary":
            return [["uri": .string(uri), "mimeType": "image/png", "blob": .string(Self.image)]]
        default:
            guard uri.hasPrefix("test://template/"), uri.hasSuffix("/data") else {
                throw MCPContentError.noResource(uri)
            }
            let id = String(uri.dropFirst("test://template/".count).dropLast("/data".count))
            let text = JSONValue.object(["id": .string(id), "data": .string("Data of \(id)")]).text()
            return [["uri": .string(uri), "mimeType": "application/json", "text": .string(text)]]
        }
    }

    static func owns(prompt name: String) -> Bool { name.hasPrefix("test_") }

    var prompts: [JSONValue] {
        var all: [JSONValue] = [
            Self.prompt("test_simple_prompt"), Self.prompt("test_prompt_with_arguments", ["arg1", "arg2"]),
            Self.prompt("test_prompt_with_embedded_resource", ["resourceUri"]),
            Self.prompt("test_prompt_with_image"), Self.prompt("test_input_required_result_prompt"),
        ]
        if extras.withLock({ $0.prompt }) { all.append(Self.prompt("test_dynamic_prompt")) }
        return all
    }

    private static func prompt(_ name: String, _ arguments: [String] = []) -> JSONValue {
        [
            "name": .string(name), "description": "A prompt for tests.",
            "arguments": .array(
                arguments.map { ["name": .string($0), "description": "Any text.", "required": true] }),
        ]
    }

    func prompt(_ name: String, _ arguments: [String: String], _ context: ToolContext) throws -> JSONObject {
        func argument(_ name: String) throws -> String {
            guard let value = arguments[name] else { throw MCPContentError.badArgument("\(name) is missing") }
            return value
        }
        switch name {
        case "test_simple_prompt", "test_dynamic_prompt": return Self.messages(ContentBlocks.text("A simple prompt."))
        case "test_prompt_with_arguments":
            return Self.messages(
                ContentBlocks.text("Arguments: '\(try argument("arg1"))' and '\(try argument("arg2"))'"))
        case "test_prompt_with_embedded_resource":
            let resource: JSONValue = [
                "uri": .string(try argument("resourceUri")), "mimeType": "text/plain", "text": "An embedded text.",
            ]
            return Self.messages(["type": "resource", "resource": resource])
        case "test_prompt_with_image":
            return Self.messages(["type": "image", "data": .string(Self.image), "mimeType": "image/png"])
        case "test_input_required_result_prompt" where context.asksInRounds:
            return Self.messages(ContentBlocks.text(try promptThatAsks(context)))
        default: throw MCPContentError.noPrompt(name)
        }
    }

    private static func messages(_ block: JSONValue) -> JSONObject {
        ["messages": [["role": "user", "content": block]]]
    }

    func complete(_ question: CompletionQuestion) -> CompletionAnswer {
        let values = ["paris", "park", "party"].filter { $0.hasPrefix(question.value) }
        return CompletionAnswer(values: values, total: values.count)
    }
}
