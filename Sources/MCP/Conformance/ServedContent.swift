import Base
import HTTPServer

/// What a server serves: its provider's, and beside it the fixtures when there are any.
struct ServedContent<Provider: ToolProvider>: ToolProvider {
    let provider: Provider
    let fixtures: ConformanceFixtures?

    func subject(of principal: Provider.Principal) -> String { provider.subject(of: principal) }
    func holder(of principal: Provider.Principal) -> String { provider.holder(of: principal) }
    func expiry(of principal: Provider.Principal) -> Int64? { provider.expiry(of: principal) }

    func tools(for principal: Provider.Principal) async -> [Tool] {
        let tools = await provider.tools(for: principal)
        return fixtures.map { tools + $0.listedTools } ?? tools
    }

    func call(_ name: String, arguments: JSONObject, for principal: Provider.Principal) async throws -> ToolResult {
        try await provider.call(name, arguments: arguments, for: principal)
    }

    func tool(named name: String, for principal: Provider.Principal) async -> Tool? {
        guard fixtures != nil else { return await provider.tool(named: name, for: principal) }
        return await tools(for: principal).tool(named: name)
    }

    func toolAtHand(named name: String, for principal: Provider.Principal) -> Tool? {
        fixtures == nil ? provider.toolAtHand(named: name, for: principal) : nil
    }

    func callAtHand(_ name: String, arguments: JSONObject, for principal: Provider.Principal) -> ToolAnswerAtHand? {
        fixtures == nil ? provider.callAtHand(name, arguments: arguments, for: principal) : nil
    }

    var converses: Bool { fixtures != nil || provider.converses }

    func call(
        _ name: String, arguments: JSONObject, for principal: Provider.Principal, in context: ToolContext
    ) async throws -> ToolResult {
        if let fixtures, ConformanceFixtures.owns(tool: name) {
            return try await fixtures.call(name, arguments, context)
        }
        return try await provider.call(name, arguments: arguments, for: principal, in: context)
    }

    var offer: MCPOffer {
        fixtures == nil ? provider.offer : [.resources, .prompts, .completions, .changes]
    }

    func resources(for principal: Provider.Principal, after cursor: String?) async throws -> MCPPage {
        guard fixtures != nil, cursor == nil else { return try await provider.resources(for: principal, after: cursor) }
        let page =
            provider.offer.contains(.resources)
            ? try await provider.resources(for: principal, after: nil) : MCPPage(items: [])
        return MCPPage(items: ConformanceFixtures.resources + page.items, next: page.next)
    }

    func resourceTemplates(for principal: Provider.Principal) async throws -> [JSONValue] {
        let templates = try await provider.resourceTemplates(for: principal)
        return fixtures == nil ? templates : ConformanceFixtures.templates + templates
    }

    func resource(_ uri: String, for principal: Provider.Principal) async throws -> [JSONValue] {
        if let fixtures, ConformanceFixtures.owns(resource: uri) { return try fixtures.resource(uri) }
        return try await provider.resource(uri, for: principal)
    }

    func prompts(for principal: Provider.Principal) async throws -> [JSONValue] {
        let prompts = try await provider.prompts(for: principal)
        return fixtures.map { $0.prompts + prompts } ?? prompts
    }

    func prompt(
        _ name: String, arguments: [String: String], for principal: Provider.Principal
    ) async throws -> JSONObject { try await provider.prompt(name, arguments: arguments, for: principal) }

    func prompt(
        _ name: String, arguments: [String: String], for principal: Provider.Principal, in context: ToolContext
    ) async throws -> JSONObject {
        if let fixtures, ConformanceFixtures.owns(prompt: name) { return try fixtures.prompt(name, arguments, context) }
        return try await provider.prompt(name, arguments: arguments, for: principal, in: context)
    }

    func complete(
        _ question: CompletionQuestion, for principal: Provider.Principal
    ) async throws -> CompletionAnswer {
        if let fixtures {
            switch question.subject {
            case .prompt(let name) where ConformanceFixtures.owns(prompt: name): return fixtures.complete(question)
            case .resource(let uri) where ConformanceFixtures.owns(resource: uri): return fixtures.complete(question)
            case .prompt, .resource: break
            }
        }
        return try await provider.complete(question, for: principal)
    }

    func mayHear(_ uri: String?, for principal: Provider.Principal) -> Bool {
        if fixtures != nil, uri.map(ConformanceFixtures.owns(resource:)) ?? true { return true }
        return provider.mayHear(uri, for: principal)
    }

    func changes() -> AsyncStream<MCPChange> {
        guard let fixtures else { return provider.changes() }
        let (both, door) = AsyncStream.makeStream(of: MCPChange.self, bufferingPolicy: .bufferingNewest(256))
        let readers = [provider.changes(), fixtures.announcements.stream()].map { changes in
            Task { for await change in changes { door.yield(change) } }
        }
        door.onTermination = { _ in for reader in readers { reader.cancel() } }
        return both
    }

    func observe(_ event: MCPEvent, of request: HTTPServerRequest, by principal: Provider.Principal) {
        provider.observe(event, of: request, by: principal)
    }
}
