import Base

extension ConformanceFixtures {
    static func tool(_ name: String, _ description: String, _ properties: JSONObject = [:]) -> ToolDefinition {
        var schema: JSONObject = ["type": "object", "properties": .object(properties)]
        schema["additionalProperties"] = false
        return ToolDefinition(
            name: name, title: name, description: description, inputSchema: .object(schema),
            annotations: ToolAnnotations(readOnly: true))
    }

    static let definitions: [ToolDefinition] =
        [
            tool("test_simple_text", "Answers a text."),
            tool("test_image_content", "Answers an image."),
            tool("test_audio_content", "Answers audio."),
            tool("test_embedded_resource", "Answers an embedded resource."),
            tool("test_multiple_content_types", "Answers a text, an image and a resource."),
            tool("test_error_handling", "Answers an error."),
            tool("test_tool_with_progress", "Tells its progress."),
            tool("test_tool_with_logging", "Logs three messages."),
            tool("test_logging_tool", "Logs, when the request wants messages."),
            tool("test_reconnection", "Ends its stream before it answers."),
            tool("test_sampling", "Has the client's model answer.", ["prompt": ["type": "string"]]),
            tool("test_elicitation", "Asks the person.", ["message": ["type": "string"]]),
            tool("test_elicitation_sep1034_defaults", "Asks the person, with defaults."),
            tool("test_elicitation_sep1330_enums", "Asks the person to choose."),
            tool("test_missing_capability", "Needs a client with sampling."),
            tool("test_streaming_elicitation", "Asks within its answer."),
            tool("test_trigger_tool_change", "Changes the list of tools."),
            tool("test_trigger_prompt_change", "Changes the list of prompts."),
            tool(
                "test_header", "Has a parameter that a header repeats.",
                ["region": ["type": "string", "x-mcp-header": "Region"]]),
            ToolDefinition(
                name: "json_schema_2020_12_tool", title: "json_schema_2020_12_tool",
                description: "Lists a schema with more of JSON Schema 2020-12 than other tools use.",
                inputSchema: wideSchema, checkedSchema: ["type": "object"],
                annotations: ToolAnnotations(readOnly: true)),
        ] + rounds.map { tool("test_input_required_result_\($0)", "Asks in rounds: \($0).") }

    static let rounds = [
        "elicitation", "sampling", "list_roots", "request_state", "multiple_inputs", "multi_round", "tampered_state",
        "capabilities",
    ]

    private static let wideSchema: JSONValue = [
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": [
            "address": [
                "$anchor": "address", "type": "object",
                "properties": ["street": ["type": "string"], "city": ["type": "string"]],
            ]
        ],
        "properties": [
            "name": ["type": "string"], "address": ["$ref": "#/$defs/address"],
            "contactMethod": ["type": "string", "enum": ["phone", "email"]],
            "phone": ["type": "string"], "email": ["type": "string"],
        ],
        "allOf": [["anyOf": [["required": ["phone"]], ["required": ["email"]]]]],
        "if": ["properties": ["contactMethod": ["const": "phone"]], "required": ["contactMethod"]],
        "then": ["required": ["phone"]],
        "else": ["required": ["email"]],
        "additionalProperties": false,
    ]
}
