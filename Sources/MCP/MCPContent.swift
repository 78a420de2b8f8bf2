package import Base
package import HTTPServer

/// What a server has besides tools; says which of the protocol's capabilities it declares.
package struct MCPOffer: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let resources = MCPOffer(rawValue: 1)
    package static let prompts = MCPOffer(rawValue: 2)
    package static let completions = MCPOffer(rawValue: 4)
    /// Changes are told to those who listen: of the lists, and of resources that somebody subscribed to.
    package static let changes = MCPOffer(rawValue: 8)
}

/// One page of a list.
package struct MCPPage: Sendable {
    /// The items as they are sent, without the page's envelope.
    package var items: [JSONValue]
    /// Where the next page begins; nil after the last.
    package var next: String?

    /// A page.
    package init(items: [JSONValue], next: String? = nil) {
        self.items = items
        self.next = next
    }
}

/// What a completion is asked for.
package struct CompletionQuestion: Sendable, Hashable {
    /// What has the argument.
    package enum Subject: Sendable, Hashable {
        /// A prompt by its name.
        case prompt(String)
        /// A resource template by its URI template.
        case resource(String)
    }

    package var subject: Subject
    /// The argument that is being typed, and what of it is there.
    package var argument: String
    package var value: String
    /// The arguments that are settled (since 2025-06-18).
    package var settled: [String: String]

    /// A question.
    package init(subject: Subject, argument: String, value: String, settled: [String: String] = [:]) {
        self.subject = subject
        self.argument = argument
        self.value = value
        self.settled = settled
    }
}

/// What can be typed there, the best first.
package struct CompletionAnswer: Sendable, Hashable {
    /// At most 100.
    package var values: [String]
    /// How many there are; nil when nobody counted.
    package var total: Int?

    /// An answer.
    package init(values: [String], total: Int? = nil) {
        self.values = values
        self.total = total
    }
}

/// Something that listeners are told. None says anything that not every principal may know.
package enum MCPChange: Sendable, Hashable {
    case tools, prompts, resources
    /// The resource of this URI has another content, or is gone.
    case resource(String)
    /// Any resource may have another content, or be gone: which ones is not known.
    case anyResource
}

/// What was asked for is not there, or the question is wrong. Becomes the error -32602, for a resource of the older
/// revisions -32002.
package enum MCPContentError: Error, Sendable, Hashable {
    case noResource(String)
    case noPrompt(String)
    case badCursor
    /// The text says which argument, and what was expected.
    case badArgument(String)
    /// May not be seen, in the words for the caller.
    case refused(String)
}

extension ToolProvider {
    package func holder(of principal: Principal) -> String { subject(of: principal) }
    package func expiry(of principal: Principal) -> Int64? { nil }
    package var converses: Bool { false }
    package func mayHear(_ uri: String?, for principal: Principal) -> Bool { true }
    package func tool(named name: String, for principal: Principal) async -> Tool? {
        await tools(for: principal).tool(named: name)
    }
    package func toolAtHand(named name: String, for principal: Principal) -> Tool? { nil }
    package func callAtHand(
        _ name: String, arguments: JSONObject, for principal: Principal
    ) -> ToolAnswerAtHand? { nil }
    package func call(
        _ name: String, arguments: JSONObject, for principal: Principal, in context: ToolContext
    ) async throws -> ToolResult { try await call(name, arguments: arguments, for: principal) }
    package func prompt(
        _ name: String, arguments: [String: String], for principal: Principal, in context: ToolContext
    ) async throws -> JSONObject { try await prompt(name, arguments: arguments, for: principal) }
    /// Nothing but tools, unless a provider says otherwise.
    package var offer: MCPOffer { [] }
    package func resources(for principal: Principal, after cursor: String?) async throws -> MCPPage {
        MCPPage(items: [])
    }
    package func resourceTemplates(for principal: Principal) async throws -> [JSONValue] { [] }
    package func resource(_ uri: String, for principal: Principal) async throws -> [JSONValue] {
        throw MCPContentError.noResource(uri)
    }
    package func prompts(for principal: Principal) async throws -> [JSONValue] { [] }
    package func prompt(
        _ name: String, arguments: [String: String], for principal: Principal
    ) async throws -> JSONObject { throw MCPContentError.noPrompt(name) }
    package func complete(
        _ question: CompletionQuestion, for principal: Principal
    ) async throws -> CompletionAnswer { CompletionAnswer(values: [], total: 0) }
    package func changes() -> AsyncStream<MCPChange> { AsyncStream { $0.finish() } }
    package func observe(_ event: MCPEvent, of request: HTTPServerRequest, by principal: Principal) {}
}
