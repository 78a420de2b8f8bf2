internal import Actions
internal import Base
internal import HTTPServer
internal import MCP
internal import Store

/// Offers actions of the registry as MCP tools, and what they read as resources, prompts and completions.
struct ActionTools: ToolProvider {
    let store: Store
    let registry: ActionRegistry
    /// Of the actions that are offered here.
    let names: ToolNames
    private let tools: [(tool: Tool, action: RegisteredAction)]
    private let byName: [String: RegisteredAction]
    private let feed: ContentChanges?
    private let oversight: Oversight

    /// - Parameters:
    ///   - actions: those that are offered here.
    ///   - isNamespaced: whether plugins are a part of every tool's name.
    ///   - changes: nil: nobody is told of changes.
    init(
        store: Store, registry: ActionRegistry, actions: [RegisteredAction], isNamespaced: Bool,
        changes: ContentChanges?, oversight: Oversight, logger: Logger
    ) {
        self.oversight = oversight
        self.store = store
        self.registry = registry
        feed = changes
        let names = ToolNames(of: actions.map(\.definition), isNamespaced: isNamespaced)
        self.names = names
        let byName = Dictionary(
            actions.compactMap { action in names[action.definition.id].map { ($0, action) } },
            uniquingKeysWith: { first, _ in first })
        self.byName = byName
        tools = Tool.usable(actions.map { Self.tool($0.definition, names) }, logger: logger).compactMap { tool in
            byName[tool.name].map { (tool, $0) }
        }
    }

    func subject(of principal: Caller) -> String { principal.subject }
    func expiry(of principal: Caller) -> Int64? { principal.expires.map { $0.microseconds / 1_000_000 } }

    func tools(for principal: Caller) async -> [Tool] {
        tools.filter { $0.action.definition.permissions.allSatisfy(principal.may) }.map(\.tool)
    }

    func call(_ name: String, arguments: JSONObject, for principal: Caller) async throws -> ToolResult {
        guard let action = byName[name] else {
            throw ToolFailure(name: "NotFoundError", message: "Action \"\(name)\" not found")
        }
        do {
            try oversight.limits.takeTool(principal)
            let answer = try await action.invoke(arguments, for: principal)
            return ToolResult(structured: action.fitted(answer, to: arguments))
        } catch let error as RateLimitError {
            throw error.toolFailure
        } catch let error as ActionError {
            throw ToolFailure(name: error.kind.rawValue, message: error.message)
        } catch let error as StoreError {
            guard let meaning = ActionError(error) else { throw error }
            throw ToolFailure(name: meaning.kind.rawValue, message: meaning.message)
        }
    }

    /// What `call` would answer, when that is at hand without waiting for anything; nil: `call` is to be asked, which tells
    /// also what is wrong.
    func callAtHand(_ name: String, arguments: JSONObject, for principal: Caller) -> ToolResult? {
        guard let action = byName[name], let answer = action.atHand(arguments, for: principal),
            (try? oversight.limits.takeTool(principal)) != nil
        else { return nil }
        return ToolResult(structured: action.fitted(answer, to: arguments))
    }

    func observe(_ event: MCPEvent, of request: HTTPServerRequest, by principal: Caller) {
        guard let audit = oversight.audit else { return }
        let attributes = event.tool.flatMap { byName[$0]?.definition.attributes }
        audit.note(
            AuditEvent(event, of: request, by: principal, attributes, audit.settings, oversight.limits.addresses))
    }

    /// Counts what costs as much as a tool does.
    func takeContent(_ caller: Caller) throws {
        do {
            try oversight.limits.takeTool(caller)
        } catch {
            throw error.toolFailure
        }
    }

    /// Whether an action is offered here, and to this caller.
    func offers(_ id: String, to caller: Caller) -> Bool {
        guard names[id] != nil, let action = registry[id] else { return false }
        return action.definition.permissions.allSatisfy(caller.may)
    }

    /// Resources hold what actions answer; where the action is filtered away, what it reads is too.
    var offer: MCPOffer {
        var offer: MCPOffer = []
        if names["catalog:get-catalog-entity"] != nil { offer.insert(.resources) }
        if ContentPrompt.all.contains(where: { $0.isPossible(names) }) { offer.insert(.prompts) }
        if !offer.isEmpty { offer.insert(.completions) }
        if feed != nil, offer.contains(.resources) { offer.insert(.changes) }
        return offer
    }

    func changes() -> AsyncStream<MCPChange> { feed?.stream() ?? AsyncStream { $0.finish() } }

    private static func tool(_ definition: ActionDefinition, _ names: ToolNames) -> ToolDefinition {
        let name = names[definition.id] ?? ""
        return ToolDefinition(
            name: name, aliases: ToolNames.aliases(of: definition).filter { $0 != name },
            title: definition.title, description: definition.description, inputSchema: definition.input,
            outputSchema: AnswerSize.noting(definition.output),
            annotations: ToolAnnotations(
                readOnly: definition.attributes.isReadOnly, destructive: definition.attributes.isDestructive,
                idempotent: definition.attributes.isIdempotent))
    }
}
