import Base
import HTTPServer

/// One request while it is being answered: who asks, at which revision, in which session. Holds the methods.
struct MCPExchange<Provider: ToolProvider>: Sendable {
    let server: MCPServer<Provider>
    let version: ProtocolVersion
    let principal: Provider.Principal
    /// What it came with, and for the log.
    let http: HTTPServerRequest
    /// Nil at 2026-07-28, and for clients that keep none.
    var session: MCPSession?
    /// What was noted of the session.
    var note = SessionNote()
    /// What a client of an older revision said that it can be asked; the others say it in each request.
    var client: ClientCapabilities = []
    /// Sends something before the result; nil when nothing can be.
    var emit: (@Sendable (JSONValue) -> Void)?

    /// Ends the stream before the result, for which the client comes back; nil when it cannot.
    var pause: (@Sendable () -> Void)?

    var configuration: MCPConfiguration { server.configuration }

    func reply(to request: JSONRPCRequest) async -> MCPReply {
        do throws(ProtocolError) {
            let result = try await run(request)
            return MCPReply(
                status: 200, body: ["jsonrpc": "2.0", "id": request.id.json, "result": .object(completed(result))])
        } catch {
            // Up to 2025-11-25 an error of a request travels on 200, whatever it is.
            let status = version.isModern ? error.modernStatus : 200
            return MCPReply(status: status, body: Rejection(id: request.id, error: error).body)
        }
    }

    /// Answers the requests of a batch side by side, so that one call's deadline bounds all; in their order.
    func replies(to elements: [MCPRouter.BatchElement]) async -> [JSONValue] {
        await withTaskGroup(of: (Int, JSONValue?).self) { group in
            for (position, element) in elements.enumerated() {
                group.addTask {
                    switch element {
                    case .rejected(let rejection): (position, rejection.body)
                    case .request(let request): (position, await reply(to: request).body)
                    // A plain nil would be JSON's null.
                    case .told: (position, Optional.none)
                    }
                }
            }
            var replies: [Int: JSONValue] = [:]
            for await (position, reply) in group { replies[position] = reply }
            return elements.indices.compactMap { replies[$0] }
        }
    }

    private func run(_ request: JSONRPCRequest) async throws(ProtocolError) -> JSONObject {
        if !version.isModern, let result = try await runLegacy(request) { return result }
        let offer = server.provider.offer
        switch request.method {
        case "server/discover" where version.isModern: return discover()
        case "tools/list": return try await listTools(request.params)
        case "tools/call": return try await callTool(request)
        case "resources/list" where offer.contains(.resources): return try await listResources(request.params)
        case "resources/templates/list" where offer.contains(.resources): return try await listTemplates(request.params)
        case "resources/read" where offer.contains(.resources): return try await readResource(request.params)
        case "prompts/list" where offer.contains(.prompts): return try await listPrompts(request.params)
        case "prompts/get" where offer.contains(.prompts): return try await getPrompt(request)
        case "completion/complete" where offer.contains(.completions): return try await complete(request.params)
        default: throw .methodNotFound(request.method)
        }
    }

    func completed(_ result: JSONObject) -> JSONObject {
        guard version.isModern else { return result }
        var result = result
        if result["resultType"] == nil { result["resultType"] = "complete" }
        result["_meta"] = .object([MetadataKey.serverInfo: serverInfo])
        return result
    }

    func observe(_ event: MCPEvent) { server.provider.observe(event, of: http, by: principal) }
}

// MARK: - Who we are

extension MCPExchange {
    /// What is declared must be served, and nothing else is.
    private var capabilities: JSONValue {
        let offer = server.provider.offer
        let listChanged: JSONObject = offer.contains(.changes) ? ["listChanged": true] : [:]
        var all: JSONObject = ["tools": .object(listChanged)]
        if offer.contains(.resources) {
            all["resources"] = .object(offer.contains(.changes) ? listChanged.merging(["subscribe": true]) : [:])
        }
        if offer.contains(.prompts) { all["prompts"] = .object(listChanged) }
        if offer.contains(.completions), version != .v2024_11_05 { all["completions"] = [:] }
        if !version.isModern || server.provider.converses { all["logging"] = [:] }
        return .object(all)
    }

    private var serverInfo: JSONValue {
        var info: JSONObject = ["name": .string(configuration.name), "version": .string(configuration.version)]
        info["description"] = configuration.description.map(JSONValue.string)
        return .object(info)
    }

    private func discover() -> JSONObject {
        var result: JSONObject = [
            "supportedVersions": .array(ProtocolVersion.modern.map { .string($0.rawValue) }),
            "capabilities": capabilities,
        ]
        result["instructions"] = configuration.instructions.map(JSONValue.string)
        observe(MCPEvent(.connection, version: version))
        return cacheable(result)
    }

    /// The exchange's version is the one that was agreed on.
    func initialize() -> JSONObject {
        var result: JSONObject = [
            "protocolVersion": .string(version.rawValue), "capabilities": capabilities, "serverInfo": serverInfo,
        ]
        result["instructions"] = configuration.instructions.map(JSONValue.string)
        observe(MCPEvent(.connection, version: version))
        return result
    }

    func cacheable(_ result: JSONObject) -> JSONObject {
        guard version.isModern else { return result }
        var result = result
        result["ttlMs"] = .int(Int64(configuration.listLifetime / .milliseconds(1)))
        result["cacheScope"] = "private"
        return result
    }
}

extension ProtocolVersion {
    /// Agrees to any revision that has the handshake; to others answers the newest that has. Never the modern one: clients
    /// refuse it there.
    static func agreed(on params: JSONObject) -> ProtocolVersion {
        let requested = params["protocolVersion"]?.stringValue.flatMap(ProtocolVersion.init)
        return requested.flatMap { $0.isModern ? nil : $0 } ?? .newestLegacy
    }
}
