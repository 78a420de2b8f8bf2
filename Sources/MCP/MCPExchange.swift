import Base

/// One HTTP request while it is being answered: who asks, at which revision. Holds the methods.
struct MCPExchange<Provider: ToolProvider>: Sendable {
    struct Reply {
        let status: Int
        let body: JSONValue
    }

    let server: MCPServer<Provider>
    let version: ProtocolVersion
    let headers: HTTPHeaders
    let principal: Provider.Principal
    /// Of the HTTP request, for the log.
    let id: String

    var configuration: MCPConfiguration { server.configuration }

    func reply(to request: JSONRPCRequest) async -> Reply {
        do throws(ProtocolError) {
            let result = try await run(request)
            return Reply(
                status: 200, body: ["jsonrpc": "2.0", "id": request.id.json, "result": .object(completed(result))])
        } catch {
            // Up to 2025-11-25 an error of a request travels on 200, whatever it is.
            let status = version.isModern ? error.modernStatus : 200
            return Reply(status: status, body: Rejection(id: request.id, error: error).body)
        }
    }

    /// Answers the requests of a batch side by side, so that one call's deadline bounds all; in their order.
    func replies(to elements: [MCPRouter.BatchElement]) async -> [JSONValue] {
        await withTaskGroup(of: (Int, JSONValue).self) { group in
            for (position, element) in elements.enumerated() {
                group.addTask {
                    switch element {
                    case .rejected(let rejection): (position, rejection.body)
                    case .request(let request): (position, await reply(to: request).body)
                    }
                }
            }
            var replies = [JSONValue](repeating: .null, count: elements.count)
            for await (position, reply) in group { replies[position] = reply }
            return replies
        }
    }

    private func run(_ request: JSONRPCRequest) async throws(ProtocolError) -> JSONObject {
        switch (request.method, version.isModern) {
        case ("server/discover", true): return discover()
        case ("initialize", false): return initialize(request.params)
        case ("ping", false): return [:]
        case ("tools/list", _): return try await listTools(request.params)
        case ("tools/call", _): return try await callTool(request.params)
        default: throw .methodNotFound(request.method)
        }
    }

    private func completed(_ result: JSONObject) -> JSONObject {
        guard version.isModern else { return result }
        var result = result
        result["resultType"] = "complete"
        result["_meta"] = .object([MetadataKey.serverInfo: serverInfo])
        return result
    }
}

// MARK: - Who we are

extension MCPExchange {
    private var capabilities: JSONValue { ["tools": [:]] }

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
        return cacheable(result)
    }

    /// Agrees to any revision that has this handshake; to others answers the newest that has. Never the modern one:
    /// clients refuse it here.
    private func initialize(_ params: JSONObject) -> JSONObject {
        let requested = params["protocolVersion"]?.stringValue.flatMap(ProtocolVersion.init)
        let agreed = requested.flatMap { $0.isModern ? nil : $0 } ?? .newestLegacy
        var result: JSONObject = [
            "protocolVersion": .string(agreed.rawValue), "capabilities": capabilities, "serverInfo": serverInfo,
        ]
        result["instructions"] = configuration.instructions.map(JSONValue.string)
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
