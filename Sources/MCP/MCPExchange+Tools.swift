import Base

extension MCPExchange {
    /// All tools on one page: many hosts read only the first. So there is no cursor that we could have given.
    func listTools(_ params: JSONObject) async throws(ProtocolError) -> JSONObject {
        if let cursor = params["cursor"], !cursor.isNull {
            throw .invalidParams("this cursor is not one of ours; the list has one page")
        }
        let tools = await server.provider.tools(for: principal).sorted { $0.name < $1.name }
        return cacheable(["tools": .array(tools.map(\.listing))])
    }

    func callTool(_ params: JSONObject) async throws(ProtocolError) -> JSONObject {
        guard let name = params["name"]?.stringValue else { throw .invalidParams("name must be a string") }
        let arguments = try readArguments(params)
        guard let tool = await server.provider.tools(for: principal).tool(named: name) else {
            return try unknownTool(name)
        }
        if version.isModern {
            for header in tool.parameterHeaders { try header.check(headers, against: arguments) }
        }
        let faults = tool.inputSchema.validate(.object(arguments))
        guard faults.isEmpty else {
            return failure("InputError", "invalid arguments of \(tool.name): \(faults.joined(separator: "\n"))")
        }
        return try await run(tool, arguments)
    }

    private func readArguments(_ params: JSONObject) throws(ProtocolError) -> JSONObject {
        guard let value = params["arguments"], !value.isNull else { return [:] }
        guard let arguments = value.objectValue else { throw .invalidParams("arguments must be an object") }
        return arguments
    }

    /// The specification has an error for this, and clients of 2026-07-28 get it. To older clients the official SDKs'
    /// servers and Backstage give an answer with `isError`, which reaches the model where an error ends the turn.
    private func unknownTool(_ name: String) throws(ProtocolError) -> JSONObject {
        guard !version.isModern else {
            throw .invalidParams("unknown tool \"\(name)\"", data: ["name": .string(name)])
        }
        return failure("NotFoundError", "Action \"\(name)\" not found")
    }

    private func run(_ tool: Tool, _ arguments: JSONObject) async throws(ProtocolError) -> JSONObject {
        let (provider, principal) = (server.provider, principal)
        do {
            let result = try await withDeadline(configuration.callDeadline, clock: server.clock) {
                try await provider.call(tool.name, arguments: arguments, for: principal)
            }
            return answer(result, of: tool)
        } catch let failed as ToolFailure {
            return failure(failed.name, failed.message)
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
        let faults = result.isError ? [] : tool.outputSchema.map { $0.validate(result.structured ?? .null) } ?? []
        guard faults.isEmpty else {
            report("a tool's answer does not conform to its schema", tool, faults.joined(separator: "; "))
            return failure("InternalError", "\(tool.name) gave an answer that does not conform to its schema")
        }
        let text = result.text ?? result.structured?.text() ?? ""
        let size = max(text.utf8.count, result.text == nil ? 0 : result.structured?.serialized().count ?? 0)
        guard size <= configuration.maximumAnswerBytes else { return tooLarge(size, tool) }
        return content(text, structured: result.structured, isError: result.isError)
    }

    private func tooLarge(_ size: Int, _ tool: Tool) -> JSONObject {
        failure(
            "InputError",
            "the answer of \(tool.name) has \(size) bytes, more than the \(configuration.maximumAnswerBytes) that are "
                + "sent; narrow it with a filter, fewer fields or a smaller limit")
    }

    private func failure(_ name: String, _ message: String) -> JSONObject {
        content("\(name): \(message)", structured: nil, isError: true)
    }

    private func content(_ text: String, structured: JSONValue?, isError: Bool) -> JSONObject {
        var result: JSONObject = ["content": [["type": "text", "text": .string(text)]]]
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
            event, ["tool": .string(tool.name), "detail": .string(detail), "request": .string(id)])
    }
}
