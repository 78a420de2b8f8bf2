import Base
import Synchronization

extension ConformanceFixtures {
    /// Calls one of the tools.
    func call(_ name: String, _ arguments: JSONObject, _ context: ToolContext) async throws -> ToolResult {
        switch name {
        case "test_image_content": return ToolResult(blocks: [Self.imageBlock])
        case "test_audio_content":
            return ToolResult(blocks: [["type": "audio", "data": .string(Self.audio), "mimeType": "audio/wav"]])
        case "test_embedded_resource": return ToolResult(blocks: [Self.resourceBlock("test://embedded-resource")])
        case "test_multiple_content_types":
            return ToolResult(text: "Several:", blocks: [Self.imageBlock, Self.resourceBlock("test://mixed-content")])
        case "test_error_handling": throw ToolFailure(name: "Error", message: "This tool always fails")
        case "test_tool_with_progress": return try await progress(context)
        case "test_tool_with_logging": return try await log(3, context)
        case "test_logging_tool": return try await log(1, context)
        case "test_reconnection":
            context.pause()
            try await clock.sleep(for: .milliseconds(100))
            return ToolResult(text: "The answer after the pause.")
        case "test_missing_capability":
            guard context.client.contains(.sampling) else { throw MissingCapability(name: "sampling") }
            return ToolResult(text: "The client has sampling.")
        case "test_trigger_tool_change":
            extras.withLock { $0.tool.toggle() }
            announcements.tell(.tools)
            return ToolResult(text: "The tools changed.")
        case "test_trigger_prompt_change":
            extras.withLock { $0.prompt.toggle() }
            announcements.tell(.prompts)
            return ToolResult(text: "The prompts changed.")
        default: return try await converse(name, arguments, context)
        }
    }

    private func converse(
        _ name: String, _ arguments: JSONObject, _ context: ToolContext
    ) async throws -> ToolResult {
        switch name {
        case "test_sampling": return try await sample(arguments, context)
        case "test_elicitation":
            return try await elicit(arguments["message"]?.stringValue ?? "Who?", Self.nameForm, context)
        case "test_elicitation_sep1034_defaults": return try await elicit("Defaults", Self.defaultsForm, context)
        case "test_elicitation_sep1330_enums": return try await elicit("Choices", Self.choicesForm, context)
        case "test_streaming_elicitation":
            guard context.asksInRounds else { return try await elicit("Who?", Self.nameForm, context) }
            return try round("test_input_required_result_elicitation", context)
        default:
            guard name.hasPrefix("test_input_required_result_"), context.asksInRounds else {
                return ToolResult(text: "This is a simple text response for testing.")
            }
            return try round(name, context)
        }
    }

    private func progress(_ context: ToolContext) async throws -> ToolResult {
        for step in [0.0, 50, 100] {
            context.progress(step, of: 100, message: "\(Int(step)) of 100")
            try await clock.sleep(for: .milliseconds(50))
        }
        return ToolResult(text: "Done.")
    }

    private func log(_ count: Int, _ context: ToolContext) async throws -> ToolResult {
        for number in 1...count {
            context.log(.info, "Message \(number)")
            try await clock.sleep(for: .milliseconds(50))
        }
        return ToolResult(text: "Logged.")
    }

    private func sample(_ arguments: JSONObject, _ context: ToolContext) async throws -> ToolResult {
        let answer = try await context.ask(
            "sampling/createMessage", Self.samplingParams(arguments["prompt"]?.stringValue ?? "Hello"))
        return ToolResult(text: "The model says: \(answer["content"]?["text"]?.stringValue ?? "nothing")")
    }

    private func elicit(_ message: String, _ form: JSONValue, _ context: ToolContext) async throws -> ToolResult {
        let answer = try await context.ask(
            "elicitation/create", ["message": .string(message), "requestedSchema": form])
        let content = answer["content"]?.text() ?? "{}"
        return ToolResult(text: "The person answered \(answer["action"]?.stringValue ?? "nothing"): \(content)")
    }

    static func samplingParams(_ prompt: String) -> JSONObject {
        ["messages": [["role": "user", "content": ContentBlocks.text(prompt)]], "maxTokens": 100]
    }

    private static let imageBlock: JSONValue = ["type": "image", "data": .string(image), "mimeType": "image/png"]

    private static func resourceBlock(_ uri: String) -> JSONValue {
        ["type": "resource", "resource": ["uri": .string(uri), "mimeType": "text/plain", "text": "An embedded text."]]
    }
}

// MARK: - Forms

extension ConformanceFixtures {
    static let nameForm = form(["user_name": ["type": "string", "description": "A name"]])

    private static func form(_ properties: JSONObject) -> JSONValue {
        ["type": "object", "properties": .object(properties), "required": []]
    }

    private static let defaultsForm = form([
        "name": ["type": "string", "default": "John Doe"], "age": ["type": "integer", "default": 30],
        "score": ["type": "number", "default": 95.5],
        "status": ["type": "string", "enum": ["active", "inactive", "pending"], "default": "active"],
        "verified": ["type": "boolean", "default": true],
    ])

    private static let titled: JSONValue = [
        ["const": "value1", "title": "First"], ["const": "value2", "title": "Second"],
        ["const": "value3", "title": "Third"],
    ]

    private static let choicesForm = form([
        "untitledSingle": ["type": "string", "enum": ["option1", "option2", "option3"]],
        "titledSingle": ["type": "string", "oneOf": titled],
        "legacyEnum": [
            "type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["One", "Two", "Three"],
        ],
        "untitledMulti": ["type": "array", "items": ["type": "string", "enum": ["option1", "option2", "option3"]]],
        "titledMulti": ["type": "array", "items": ["anyOf": titled]],
    ])
}
