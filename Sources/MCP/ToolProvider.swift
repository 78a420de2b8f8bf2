package import Base
package import HTTPServer

/// Whoever has tools to offer. The server asks it for every request: it keeps nothing between them.
package protocol ToolProvider: Sendable {
    /// Who is calling, as the room in front of the endpoint established it.
    associatedtype Principal: Sendable

    /// The name of a principal, the same in each of its requests and at every replica, and nobody else's: limits are by it.
    func subject(of principal: Principal) -> String

    /// Whose sessions of HTTP+SSE are: the subject with what it may, because what comes to another replica runs as who opened
    /// the stream.
    func holder(of principal: Principal) -> String

    /// When what the principal came in with stops being good, in seconds since 1970; nil: never. Its streams end then.
    func expiry(of principal: Principal) -> Int64?

    /// The tools that this principal may see. Keep checked tools and filter them; building one compiles its schemas.
    func tools(for principal: Principal) async -> [Tool]

    /// The tool of ``tools(for:)`` that a call means: by its name, else by an alias that no other of them has.
    func tool(named name: String, for principal: Principal) async -> Tool?

    /// The same where that is known without waiting; nil: it is to be asked for.
    func toolAtHand(named name: String, for principal: Principal) -> Tool?

    /// What `call` would answer, when that is at hand without waiting for anything; nil: `call` is to be asked, which tells
    /// also what is wrong. Must not do anything yet.
    func callAtHand(_ name: String, arguments: JSONObject, for principal: Principal) -> ToolAnswerAtHand?

    /// Calls a tool of ``tools(for:)`` with arguments that its input schema accepts.
    ///
    /// Throw ``ToolFailure`` for what the caller should read; any other error is logged and answered as internal. The
    /// task is cancelled at the deadline and when the client goes away.
    func call(_ name: String, arguments: JSONObject, for principal: Principal) async throws -> ToolResult

    /// Whether any tool or prompt makes use of the context that it is called in.
    var converses: Bool { get }

    /// The same for a provider that converses: with what the tool may say to the client and ask of it.
    ///
    /// - Throws: also ``InputRequired`` and ``MissingCapability``.
    func call(
        _ name: String, arguments: JSONObject, for principal: Principal, in context: ToolContext
    ) async throws -> ToolResult

    /// What there is besides tools. The methods below are asked only for what this names.
    var offer: MCPOffer { get }

    /// A page of resources, each in the form of `resources/list`.
    ///
    /// - Throws: `MCPContentError.badCursor`.
    func resources(for principal: Principal, after cursor: String?) async throws -> MCPPage

    /// The templates, each in the form of `resources/templates/list`.
    func resourceTemplates(for principal: Principal) async throws -> [JSONValue]

    /// The contents of a resource, at least one.
    ///
    /// - Throws: `MCPContentError.noResource`, also for what the principal may not see.
    func resource(_ uri: String, for principal: Principal) async throws -> [JSONValue]

    /// The prompts, each in the form of `prompts/list`.
    func prompts(for principal: Principal) async throws -> [JSONValue]

    /// The result of `prompts/get`: `messages`, perhaps a `description`.
    ///
    /// - Throws: `MCPContentError.noPrompt`, `.badArgument`.
    func prompt(_ name: String, arguments: [String: String], for principal: Principal) async throws -> JSONObject

    /// The same for a provider that converses.
    ///
    /// - Throws: also ``InputRequired``.
    func prompt(
        _ name: String, arguments: [String: String], for principal: Principal, in context: ToolContext
    ) async throws -> JSONObject

    /// What an argument of a prompt or of a template can be.
    ///
    /// - Throws: `MCPContentError.noPrompt`, `.noResource`, `.badArgument`.
    func complete(_ question: CompletionQuestion, for principal: Principal) async throws -> CompletionAnswer

    /// Whether the principal may read the resource of this URI if there is one, and so may hear of it; nil: the list.
    func mayHear(_ uri: String?, for principal: Principal) -> Bool

    /// What changes from now on, until the task that reads ends. Each reader has its own stream, which is bounded.
    func changes() -> AsyncStream<MCPChange>

    /// Is told of everything that the audit wants to know. Must not wait.
    func observe(_ event: MCPEvent, of request: HTTPServerRequest, by principal: Principal)
}

/// What a tool answers.
package struct ToolResult: Sendable, Hashable {
    /// For programs; must conform to the tool's output schema if it has one.
    package var structured: JSONValue?
    /// For models; nil means the compact JSON of ``structured``.
    package var text: String?
    /// Blocks of content after the text, as 2026-07-28 writes them: images, audio, resources and links to them. Without a text
    /// and a structure they are all there is.
    package var blocks: [JSONValue] = []
    /// The tool could not do what was asked; the text says why and what to do next. Structure is not sent then.
    package var isError: Bool

    /// An answer; give one of structure and text at least.
    package init(
        structured: JSONValue? = nil, text: String? = nil, blocks: [JSONValue] = [], isError: Bool = false
    ) {
        self.structured = structured
        self.text = text
        self.blocks = blocks
        self.isError = isError
    }
}

/// A failure that the caller of a tool should read: it becomes an answer with `isError` and the text `name: message`.
package struct ToolFailure: Error, Hashable, CustomStringConvertible {
    /// One of Backstage's error names (`InputError`, `NotFoundError`, `NotAllowedError`, `ConflictError`, …).
    package let name: String
    /// What was attempted, on what, and what to do next.
    package let message: String

    /// A failure with an error name and its message.
    package init(name: String, message: String) {
        self.name = name
        self.message = message
    }

    package var description: String { "\(name): \(message)" }
}
