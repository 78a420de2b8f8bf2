import Base
import HTTPServer

extension MCPExchange {
    /// All tools on one page: many hosts read only the first. So there is no cursor that we could have given.
    func listTools(_ params: JSONObject) async throws(ProtocolError) -> JSONObject {
        try refuseCursor(params)
        let tools = await server.provider.tools(for: principal).sorted { $0.name < $1.name }
        observe(MCPEvent(.toolDiscovery, version: version))
        return cacheable(["tools": .array(tools.map(\.listing))])
    }

    func callTool(_ request: JSONRPCRequest) async throws(ProtocolError) -> JSONObject {
        let (name, arguments) = try readCall(request.params)
        guard let tool = await server.provider.tool(named: name, for: principal) else {
            let shown = String(name.unicodeScalars.prefix(100))
            observe(MCPEvent(.toolExecution, version: version, tool: shown, error: "NotFoundError: no such tool"))
            return try unknownTool(name)
        }
        try checkHeaders(of: tool, arguments)
        let faults = tool.inputSchema.validate(.object(arguments))
        let started = ContinuousClock.now
        guard faults.isEmpty else {
            let message = "invalid arguments of \(tool.name): \(faults.joined(separator: "\n"))"
            observe(tool, arguments, "InputError: " + message, since: started)
            return failure("InputError", message)
        }
        let context = try context(of: request)
        do throws(ProtocolError) {
            let result = try await run(tool, arguments, context, request)
            observe(tool, arguments, result["isError"] == true ? Self.text(of: result) : nil, since: started)
            return result
        } catch {
            observe(tool, arguments, error.message, since: started)
            throw error
        }
    }

    func checkHeaders(of tool: Tool, _ arguments: JSONObject) throws(ProtocolError) {
        guard version.isModern else { return }
        for header in tool.parameterHeaders { try header.check(http.headers, against: arguments) }
    }

    func observe(
        _ tool: Tool, _ arguments: JSONObject, _ error: String?, since started: ContinuousClock.Instant
    ) {
        observe(
            MCPEvent(
                .toolExecution, version: version, tool: tool.name, arguments: arguments, error: error,
                duration: ContinuousClock.now - started))
    }

    static func text(of result: JSONObject) -> String {
        result["content"]?[0]?["text"]?.stringValue ?? "the tool failed"
    }

    func readCall(_ params: JSONObject) throws(ProtocolError) -> (name: String, arguments: JSONObject) {
        guard let name = params["name"]?.stringValue else { throw .invalidParams("name must be a string") }
        guard let value = params["arguments"], !value.isNull else { return (name, [:]) }
        guard let arguments = value.objectValue else { throw .invalidParams("arguments must be an object") }
        return (name, arguments)
    }

    /// The specification has an error for this, and clients of 2026-07-28 get it. To older clients the official SDKs'
    /// servers and Backstage give an answer with `isError`, which reaches the model where an error ends the turn.
    private func unknownTool(_ name: String) throws(ProtocolError) -> JSONObject {
        guard !version.isModern else {
            throw .invalidParams("unknown tool \"\(name)\"", data: ["name": .string(name)])
        }
        return failure("NotFoundError", "Action \"\(name)\" not found")
    }

    private func run(
        _ tool: Tool, _ arguments: JSONObject, _ context: ToolContext, _ request: JSONRPCRequest
    ) async throws(ProtocolError) -> JSONObject {
        let (provider, principal) = (server.provider, principal)
        do {
            let result = try await withDeadline(configuration.callDeadline, clock: server.clock) {
                try await provider.call(tool.name, arguments: arguments, for: principal, in: context)
            }
            return answer(result, of: tool)
        } catch let failed as ToolFailure {
            return failure(failed.name, failed.message)
        } catch let needed as InputRequired {
            return try inputRequired(needed, request)
        } catch let missing as MissingCapability {
            throw .missing(missing)
        } catch is DeadlineExceeded {
            let seconds = configuration.callDeadline.components.seconds
            report("a tool was given up", tool, "no answer within \(seconds) s")
            return failure(
                "TimeoutError", "\(tool.name) gave no answer within \(seconds) s; ask for less, or again later")
        } catch is CancellationError {
            // The client has gone; nobody reads this.
            throw .internalError
        } catch {
            report("a tool failed", tool, "\(error)")
            throw .internalError
        }
    }
}

// MARK: - Answers

extension MCPExchange {
    private func answer(_ result: ToolResult, of tool: Tool) -> JSONObject {
        do throws(UnfitAnswer) {
            return try written(result, of: tool)
        } catch {
            switch error {
            case .nonconforming(let faults):
                report("a tool's answer does not conform to its schema", tool, faults.joined(separator: "; "))
                return failure("InternalError", "\(tool.name) gave an answer that does not conform to its schema")
            case .tooLarge(let size): return tooLarge(size, tool)
            }
        }
    }

    func written(_ result: ToolResult, of tool: Tool) throws(UnfitAnswer) -> JSONObject {
        let faults = result.isError ? [] : tool.outputSchema.map { $0.validate(result.structured ?? .null) } ?? []
        guard faults.isEmpty else { throw .nonconforming(faults) }
        let text = result.text ?? result.structured?.text() ?? (result.blocks.isEmpty ? "" : nil)
        let size =
            max(text?.utf8.count ?? 0, result.text == nil ? 0 : result.structured?.serialized().count ?? 0)
            + result.blocks.reduce(0) { $0 + $1.serialized().count }
        guard size <= configuration.maximumAnswerBytes else { throw .tooLarge(size) }
        let blocks = (text.map { [ContentBlocks.text($0)] } ?? []) + ContentBlocks.written(result.blocks, for: version)
        return content(blocks, structured: result.structured, isError: result.isError)
    }

    private func tooLarge(_ size: Int, _ tool: Tool) -> JSONObject {
        failure(
            "InputError",
            "the answer of \(tool.name) has \(size) bytes, more than the \(configuration.maximumAnswerBytes) that are "
                + "sent; narrow it with a filter, fewer fields or a smaller limit")
    }

    func failure(_ name: String, _ message: String) -> JSONObject {
        content([ContentBlocks.text("\(name): \(message)")], structured: nil, isError: true)
    }

    private func content(_ blocks: [JSONValue], structured: JSONValue?, isError: Bool) -> JSONObject {
        var result: JSONObject = ["content": .array(blocks)]
        if isError {
            result["isError"] = true
        } else if version.isModern || structured?.objectValue != nil {
            // Up to 2025-11-25 structure is an object; the text has it in any case.
            result["structuredContent"] = structured
        }
        return result
    }

    private func report(_ event: String, _ tool: Tool, _ detail: String) {
        server.logger.error(
            event, ["tool": .string(tool.name), "detail": .string(detail), "request": .string(http.id)])
    }
}

/// Why what a tool answered is not sent.
enum UnfitAnswer: Error {
    case nonconforming([String])
    /// With its size in bytes.
    case tooLarge(Int)
}
