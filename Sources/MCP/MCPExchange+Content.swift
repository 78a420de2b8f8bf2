import Base
import HTTPServer

/// Resources, prompts and completion: what the provider says, in the words of the revision.
extension MCPExchange {
    func listResources(_ params: JSONObject) async throws(ProtocolError) -> JSONObject {
        let cursor = try cursor(params)
        let page = try await content { try await $0.resources(for: principal, after: cursor) }
        var result: JSONObject = ["resources": .array(page.items)]
        result["nextCursor"] = page.next.map(JSONValue.string)
        return cacheable(result)
    }

    func listTemplates(_ params: JSONObject) async throws(ProtocolError) -> JSONObject {
        try refuseCursor(params)
        let templates = try await content { try await $0.resourceTemplates(for: principal) }
        return cacheable(["resourceTemplates": .array(templates)])
    }

    func readResource(_ params: JSONObject) async throws(ProtocolError) -> JSONObject {
        guard let uri = params["uri"]?.stringValue else { throw .invalidParams("uri must be a string") }
        let contents = try await observed(uri) { () async throws(ProtocolError) in
            try await content { try await $0.resource(uri, for: principal) }
        }
        return cacheable(["contents": .array(contents)])
    }

    func listPrompts(_ params: JSONObject) async throws(ProtocolError) -> JSONObject {
        try refuseCursor(params)
        return cacheable(["prompts": .array(try await content { try await $0.prompts(for: principal) })])
    }

    func getPrompt(_ request: JSONRPCRequest) async throws(ProtocolError) -> JSONObject {
        guard let name = request.params["name"]?.stringValue else { throw .invalidParams("name must be a string") }
        let arguments = try strings(request.params["arguments"], "arguments")
        let context = try context(of: request)
        let outcome = try await observed(name) { () async throws(ProtocolError) in
            try await contentOrInput { try await $0.prompt(name, arguments: arguments, for: principal, in: context) }
        }
        switch outcome {
        case .success(let result): return prompt(result)
        case .failure(let needed): return try inputRequired(needed, request)
        }
    }

    private func prompt(_ result: JSONObject) -> JSONObject {
        var result = result
        result["messages"] = result["messages"].map { ContentBlocks.written(messages: $0, for: version) }
        return result
    }

    func complete(_ params: JSONObject) async throws(ProtocolError) -> JSONObject {
        let question = try question(params)
        let answer = try await observed(question.subject.name) { () async throws(ProtocolError) in
            try await content { try await $0.complete(question, for: principal) }
        }
        let values = answer.values.prefix(100)
        var completion: JSONObject = ["values": .array(values.map(JSONValue.string))]
        completion["total"] = answer.total.map { .int(Int64($0)) }
        completion["hasMore"] = .bool(answer.values.count > values.count || answer.total ?? 0 > values.count)
        return ["completion": .object(completion)]
    }

    private func question(_ params: JSONObject) throws(ProtocolError) -> CompletionQuestion {
        guard let argument = params["argument"]?["name"]?.stringValue,
            let value = params["argument"]?["value"]?.stringValue
        else { throw .invalidParams("argument must have a name and a value, both strings") }
        return CompletionQuestion(
            subject: try subject(params["ref"]), argument: argument, value: value,
            settled: try strings(params["context"]?["arguments"], "context.arguments"))
    }

    private func subject(_ ref: JSONValue?) throws(ProtocolError) -> CompletionQuestion.Subject {
        switch (ref?["type"], ref?["name"]?.stringValue, ref?["uri"]?.stringValue) {
        case ("ref/prompt", let name?, _): return .prompt(name)
        case ("ref/resource", _, let uri?): return .resource(uri)
        default: throw .invalidParams("ref must be a ref/prompt with a name or a ref/resource with a uri")
        }
    }

    private func strings(_ value: JSONValue?, _ name: String) throws(ProtocolError) -> [String: String] {
        guard let value, !value.isNull else { return [:] }
        guard let object = value.objectValue else { throw .invalidParams("\(name) must be an object of strings") }
        var strings: [String: String] = [:]
        for (key, value) in object {
            guard let text = value.stringValue else { throw .invalidParams("\(name).\(key) must be a string") }
            strings[key] = text
        }
        return strings
    }
}

// MARK: - Cursors and errors

extension MCPExchange {
    /// Nil at the beginning; an empty string is a cursor like any other.
    private func cursor(_ params: JSONObject) throws(ProtocolError) -> String? {
        guard let cursor = params["cursor"], !cursor.isNull else { return nil }
        guard let text = cursor.stringValue else { throw .invalidParams("cursor must be a string") }
        return text
    }

    /// For lists of one page, for which no cursor was ever given.
    func refuseCursor(_ params: JSONObject) throws(ProtocolError) {
        guard try cursor(params) == nil else {
            throw .invalidParams("this cursor is not one of ours; the list has one page")
        }
    }

    /// Tells the audit how it ended.
    ///
    /// - Parameter name: what was asked for.
    private func observed<Value: Sendable>(
        _ name: String, _ ask: () async throws(ProtocolError) -> Value
    ) async throws(ProtocolError) -> Value {
        let started = ContinuousClock.now
        func tell(_ error: String?) {
            let name = String(name.unicodeScalars.prefix(300))
            let duration = ContinuousClock.now - started
            observe(MCPEvent(.toolExecution, version: version, tool: name, error: error, duration: duration))
        }
        do throws(ProtocolError) {
            let value = try await ask()
            tell(nil)
            return value
        } catch {
            tell(error.code == .invalidParams ? "InputError: \(error.message)" : error.message)
            throw error
        }
    }

    private func content<Value: Sendable>(
        _ ask: @escaping @Sendable (ServedContent<Provider>) async throws -> Value
    ) async throws(ProtocolError) -> Value {
        guard case .success(let value) = try await contentOrInput(ask) else { throw .internalError }
        return value
    }

    private func contentOrInput<Value: Sendable>(
        _ ask: @escaping @Sendable (ServedContent<Provider>) async throws -> Value
    ) async throws(ProtocolError) -> Result<Value, InputRequired> {
        let provider = server.provider
        do {
            return .success(
                try await withDeadline(configuration.callDeadline, clock: server.clock) { try await ask(provider) })
        } catch let error as InputRequired {
            return .failure(error)
        } catch let error as MCPContentError {
            throw meaning(of: error)
        } catch let error as MissingCapability {
            throw .missing(error)
        } catch let error as ToolFailure {
            throw ProtocolError(code: .internalError, message: error.description)
        } catch is CancellationError {
            throw .internalError
        } catch {
            server.logger.error("content failed", ["detail": .string("\(error)"), "request": .string(http.id)])
            throw .internalError
        }
    }

    func meaning(of error: MCPContentError) -> ProtocolError {
        switch error {
        case .noResource(let uri):
            ProtocolError(
                code: version.isModern ? .invalidParams : .resourceNotFound, message: "Resource not found",
                data: ["uri": .string(uri)])
        case .noPrompt(let name): .invalidParams("unknown prompt \"\(name)\"", data: ["name": .string(name)])
        case .badCursor: .invalidParams("this cursor is not one of ours")
        case .badArgument(let detail), .refused(let detail): .invalidParams(detail)
        }
    }
}

extension CompletionQuestion.Subject {
    fileprivate var name: String {
        switch self {
        case .prompt(let name), .resource(let name): name
        }
    }
}
