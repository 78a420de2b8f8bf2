import Base
package import HTTPServer

/// Calls that are answered without waiting for anything, on the thread that read the request.
extension MCPServer {
    /// Longer requests are no quick work.
    private static var maximumBody: Int { 64 << 10 }

    /// Finds the answer of a request that is at hand; nil: ``respond(to:principal:)`` is to be asked, which tells also what is
    /// wrong, and otherwise would answer the same. Nothing happens until what is given is called.
    package func answerAtHand(
        to request: HTTPServerRequest, principal: Provider.Principal
    ) -> (() -> HTTPServerResponse)? {
        guard Self.mayBeAtHand(request), !provider.converses,
            case .request(let message, let version, nil) = router.route(
                method: request.method, headers: request.headers, body: request.body),
            version.isModern, message.method == "tools/call"
        else { return nil }
        return exchange(version, request, principal).answerAtHand(to: message)
    }

    /// What can be told before the body is read. A request of 2026-07-28 says in its headers what it is.
    private static func mayBeAtHand(_ request: HTTPServerRequest) -> Bool {
        request.method == "POST" && request.body.count <= maximumBody
            && request.headers[RoutingHeader.method] == "tools/call"
            && !request.pathSegments.contains { $0 == "sse" }
    }
}

extension MCPExchange {
    fileprivate func answerAtHand(to request: JSONRPCRequest) -> (() -> HTTPServerResponse)? {
        guard request.params["inputResponses"] == nil, request.params["requestState"] == nil,
            let (name, arguments) = try? readCall(request.params),
            let tool = server.provider.toolAtHand(named: name, for: principal),
            (try? checkHeaders(of: tool, arguments)) != nil,
            tool.inputSchema.validate(.object(arguments)).isEmpty
        else { return nil }
        let started = ContinuousClock.now
        guard let answer = server.provider.callAtHand(tool.name, arguments: arguments, for: principal),
            let result = written(answer, of: tool)
        else { return nil }
        return {
            do throws(ToolFailure) {
                try answer.begin()
                observe(tool, arguments, nil, since: started)
                return reply(request.id, result)
            } catch {
                let result = failure(error.name, error.message)
                observe(tool, arguments, Self.text(of: result), since: started)
                return reply(request.id, JSONValue.object(completed(result)).serialized())
            }
        }
    }

    /// The result as it is sent; nil for what is not sent so.
    private func written(_ answer: ToolAnswerAtHand, of tool: Tool) -> [UInt8]? {
        let key = WrittenAnswers.Key(tool: tool.name, version: version, answer: answer.name)
        return server.written.bytes(key, of: answer.source) {
            guard let result = answer.result(), !result.isError, let object = try? written(result, of: tool) else {
                return nil
            }
            return JSONValue.object(completed(object)).serialized()
        }
    }

    /// The bytes of ``MCPReply/body``, of a result that is written.
    private func reply(_ id: RequestID, _ result: [UInt8]) -> HTTPServerResponse {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(result.count + 100)
        bytes += #"{"jsonrpc":"2.0","id":"#.utf8
        bytes += id.json.serialized()
        bytes += #","result":"#.utf8
        bytes += result
        bytes.append(UInt8(ascii: "}"))
        var response = HTTPServerResponse.json(200, .null)
        response.body = .bytes(bytes)
        return response
    }
}
