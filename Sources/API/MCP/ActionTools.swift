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
    private let tools: [Offered]
    private let byName: [String: Offered]
    private let byAlias: [String: [Offered]]
    private let feed: ContentChanges?
    private let oversight: Oversight

    private struct Offered: Sendable {
        let tool: Tool
        let action: RegisteredAction

        func isFor(_ caller: Caller) -> Bool { action.definition.permissions.allSatisfy(caller.may) }
    }

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
        let named = Dictionary(
            actions.compactMap { action in names[action.definition.id].map { ($0, action) } },
            uniquingKeysWith: { first, _ in first })
        tools = Tool.usable(actions.map { Self.tool($0.definition, names) }, logger: logger).compactMap { tool in
            named[tool.name].map { Offered(tool: tool, action: $0) }
        }
        byName = Dictionary(tools.map { ($0.tool.name, $0) }, uniquingKeysWith: { first, _ in first })
        byAlias = Dictionary(
            tools.flatMap { offered in offered.tool.aliases.map { ($0, [offered]) } }, uniquingKeysWith: +)
    }

    func subject(of principal: Caller) -> String { principal.subject }
    func holder(of principal: Caller) -> String { principal.holder }
    func expiry(of principal: Caller) -> Int64? { principal.expires.map { $0.microseconds / 1_000_000 } }

    func tools(for principal: Caller) async -> [Tool] {
        tools.filter { $0.isFor(principal) }.map(\.tool)
    }

    func tool(named name: String, for principal: Caller) async -> Tool? { toolAtHand(named: name, for: principal) }

    func toolAtHand(named name: String, for principal: Caller) -> Tool? {
        if let offered = byName[name], offered.isFor(principal) { return offered.tool }
        let others = (byAlias[name] ?? []).filter { $0.isFor(principal) }
        return others.count == 1 ? others[0].tool : nil
    }

    /// The action of a tool, whoever may use it; nil: there is none, or several have the name.
    func action(named name: String) -> ActionDefinition? {
        if let offered = byName[name] { return offered.action.definition }
        let others = byAlias[name] ?? []
        return others.count == 1 ? others[0].action.definition : nil
    }

    func call(_ name: String, arguments: JSONObject, for principal: Caller) async throws -> ToolResult {
        guard let action = byName[name]?.action else {
            throw ToolFailure(name: "NotFoundError", message: "Action \"\(name)\" not found")
        }
        do {
            try oversight.limits.takeTool(principal)
            let answer = try await action.invoke(accepted: arguments, for: principal)
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

    func callAtHand(_ name: String, arguments: JSONObject, for principal: Caller) -> ToolAnswerAtHand? {
        guard let action = byName[name]?.action, let answer = action.atHand(accepted: arguments, for: principal)
        else { return nil }
        return ToolAnswerAtHand(name: answer.name, source: answer.source) { [oversight] () throws(ToolFailure) in
            do throws(RateLimitError) { try oversight.limits.takeTool(principal) } catch { throw error.toolFailure }
        } result: {
            answer.value().map { ToolResult(structured: action.fitted($0, to: arguments)) }
        }
    }

    func observe(_ event: MCPEvent, of request: HTTPServerRequest, by principal: Caller) {
        guard let audit = oversight.audit else { return }
        let attributes = event.tool.flatMap { byName[$0]?.action.definition.attributes }
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
