package import Base

/// What a tool is, as its owner writes it down. ``Tool`` is the form that can be served.
package struct ToolDefinition: Sendable {
    /// 1 to 64 of `A-Z a-z 0-9 _ -`: what the APIs of all models accept.
    package var name: String
    /// Other names that calls may use; they are not listed. A name that two tools share is nobody's.
    package var aliases: [String] = []
    /// For people.
    package var title: String
    /// For models: what it does and when to use it.
    package var description: String
    /// A schema in ``JSONSchema``'s subset whose root is `type: object`.
    package var inputSchema: JSONValue
    /// What arguments are checked against when that is not what is listed; nil: it is.
    package var checkedSchema: JSONValue?
    /// The same for successful answers; nil when they have no structure to rely on.
    package var outputSchema: JSONValue?
    /// What a host may assume before it asks for confirmation.
    package var annotations = ToolAnnotations()

    /// Describes a tool; nothing is checked here.
    package init(
        name: String, aliases: [String] = [], title: String, description: String, inputSchema: JSONValue,
        checkedSchema: JSONValue? = nil, outputSchema: JSONValue? = nil,
        annotations: ToolAnnotations = ToolAnnotations()
    ) {
        self.name = name
        self.aliases = aliases
        self.title = title
        self.description = description
        self.inputSchema = inputSchema
        self.checkedSchema = checkedSchema
        self.outputSchema = outputSchema
        self.annotations = annotations
    }
}

/// Hints about a tool's effects. All are always sent: a host takes a missing one for the worst.
package struct ToolAnnotations: Sendable, Hashable {
    /// Changes nothing.
    package var readOnly: Bool
    /// May remove or overwrite something.
    package var destructive: Bool
    /// Calling it again with the same arguments has no further effect.
    package var idempotent: Bool
    /// Reaches beyond what this server knows, such as the open web.
    package var openWorld: Bool

    /// As Backstage has them: destructive unless read-only, and within a closed world.
    package init(
        readOnly: Bool = false, destructive: Bool? = nil, idempotent: Bool = false, openWorld: Bool = false
    ) {
        self.readOnly = readOnly
        self.destructive = destructive ?? !readOnly
        self.idempotent = idempotent
        self.openWorld = openWorld
    }
}

/// A tool that every client can use: its name and schemas are checked, the schemas compiled.
package struct Tool: Sendable {
    /// The name under which it is listed and under which the provider is called.
    package let name: String
    /// Other names that calls may use.
    package let aliases: Set<String>
    let inputSchema: JSONSchema
    let outputSchema: JSONSchema?
    let parameterHeaders: [ParameterHeader]
    /// The item of `tools/list`, the same in every revision: older clients ignore the members that they do not know.
    let listing: JSONValue

    /// Checks a definition. Throws what is wrong with it.
    package init(_ definition: ToolDefinition) throws(ToolError) {
        guard Self.isUsable(name: definition.name) else {
            throw ToolError(
                code: .badName, tool: definition.name, detail: "expected 1 to 64 of A-Z, a-z, 0-9, _ and -")
        }
        name = definition.name
        aliases = Set(definition.aliases)
        inputSchema = try Self.schema(definition.checkedSchema ?? definition.inputSchema, "inputSchema", of: name)
        outputSchema =
            if let schema = definition.outputSchema { try Self.schema(schema, "outputSchema", of: name) } else { nil }
        do throws(ParameterHeader.Misplaced) {
            parameterHeaders = try ParameterHeader.all(in: definition.inputSchema)
        } catch {
            throw ToolError(code: .badHeaderAnnotation, tool: definition.name, detail: error.detail)
        }
        listing = Self.listing(of: definition)
    }

    private static func isUsable(name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
                default: false
                }
            }
    }

    /// Revisions up to 2025-11-25 demand an object at the root and objects as its properties' schemas.
    private static func schema(
        _ json: JSONValue, _ role: String, of tool: String
    ) throws(ToolError) -> JSONSchema {
        guard json["type"] == "object" else {
            throw ToolError(code: .badSchema, tool: tool, detail: "the root of \(role) must have type object")
        }
        for (name, property) in json["properties"]?.objectValue ?? [:] where property.objectValue == nil {
            throw ToolError(code: .badSchema, tool: tool, detail: "\(role): property \(name) must be an object")
        }
        do throws(JSONSchemaError) {
            return try JSONSchema(json)
        } catch {
            throw ToolError(code: .badSchema, tool: tool, detail: "\(role): \(error)")
        }
    }

    private static func listing(of definition: ToolDefinition) -> JSONValue {
        var item: JSONObject = [
            "name": .string(definition.name), "title": .string(definition.title),
            "description": .string(definition.description), "inputSchema": definition.inputSchema,
        ]
        item["outputSchema"] = definition.outputSchema
        item["annotations"] = [
            "title": .string(definition.title),
            "readOnlyHint": .bool(definition.annotations.readOnly),
            "destructiveHint": .bool(definition.annotations.destructive),
            "idempotentHint": .bool(definition.annotations.idempotent),
            "openWorldHint": .bool(definition.annotations.openWorld),
        ]
        return .object(item)
    }
}

extension Tool {
    /// The tools of the definitions that can be served, by name. One that cannot is left out with a warning, so that it
    /// does not take the others with it; of two with the same name the first is kept.
    package static func usable(_ definitions: [ToolDefinition], logger: Logger) -> [Tool] {
        var tools: [String: Tool] = [:]
        for definition in definitions {
            do throws(ToolError) {
                let tool = try Tool(definition)
                guard tools[tool.name] == nil else {
                    throw ToolError(code: .duplicate, tool: tool.name, detail: "another tool has this name")
                }
                tools[tool.name] = tool
            } catch {
                logger.warning(
                    "tool left out", ["tool": .string(error.tool), "reason": .string(error.detail)])
            }
        }
        return tools.values.sorted { $0.name < $1.name }
    }
}

extension [Tool] {
    /// The tool that a call means: by its name, else by an alias that no other tool has.
    func tool(named name: String) -> Tool? {
        if let tool = first(where: { $0.name == name }) { return tool }
        let others = filter { $0.aliases.contains(name) }
        return others.count == 1 ? others[0] : nil
    }
}

/// A tool that cannot be served: a mistake of whoever defined it.
package struct ToolError: Error, Hashable, CustomStringConvertible {
    /// The kinds of mistake.
    package enum Code: String, Sendable {
        case badName, badSchema, badHeaderAnnotation, duplicate
    }

    /// The kind of mistake.
    package let code: Code
    /// The tool's name as it was given.
    package let tool: String
    /// What was expected.
    package let detail: String

    /// For metrics: one of a fixed set.
    package var label: String { code.rawValue }
    package var description: String { "tool \"\(tool)\": \(detail)" }
}
