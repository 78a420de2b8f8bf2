package import Base

/// What an action tells a client of its effects; Backstage's attributes.
package struct ActionAttributes: Sendable, Hashable {
    package var isReadOnly = false
    package var isDestructive = true
    package var isIdempotent = false

    /// Changes nothing, however often it is called.
    package static let readOnly = ActionAttributes(isReadOnly: true, isDestructive: false, isIdempotent: true)
}

/// All that there is to say about an action before it runs; could be printed as its documentation.
package struct ActionDefinition: Sendable {
    /// Which plugin offers it: the part before the colon of its id.
    package let plugin: String
    package let name: String
    package let title: String
    /// Written for a model that chooses among tools.
    package let description: String
    package let attributes: ActionAttributes
    /// All of these are needed.
    package let permissions: [Permission]
    package let input: JSONValue
    package let output: JSONValue
    /// Other names that calls may use within the plugin; they are not listed.
    package var aliases: [String] = []
    /// The output's list that `nextCursor` goes on with, where cursors are those of ``OffsetCursor``; nil: there is none.
    var pagedList: String?

    /// `plugin:name`
    package var id: String { "\(plugin):\(name)" }
    /// `plugin:alias`
    package var aliasIDs: [String] { aliases.map { "\(plugin):\($0)" } }
}

/// Something that agents and people can do: one definition behind every face that offers it.
package protocol Action: Sendable {
    /// The arguments after their check.
    associatedtype Input: Sendable

    static var definition: ActionDefinition { get }

    /// Reads arguments that conform to the input schema.
    ///
    /// - Throws: `ActionError` of kind `input` that names the argument and what was expected.
    static func input(_ arguments: JSONObject) throws(ActionError) -> Input

    /// Does it. The permission has been checked.
    func run(_ input: Input, for caller: Caller) async throws -> JSONValue

    /// What `run` would answer, when that is at hand without waiting for anything; nil: `run` is to be asked. The
    /// permission has been checked.
    func atHand(_ input: Input, for caller: Caller) -> KeptAnswer?
}

/// An answer that only has to be written. Two of an action with the same name and the same source are the same, so that
/// who has one written need not ask for the other.
package struct KeptAnswer: Sendable {
    package let name: String
    package let source: [UInt8]
    /// Makes it of the source; nil: the action is to be asked.
    package let value: @Sendable () -> JSONValue?
}

extension Action {
    /// Most have to ask.
    func atHand(_ input: Input, for caller: Caller) -> KeptAnswer? { nil }
}

/// An action with its schemas made ready.
package struct RegisteredAction: Sendable {
    package let definition: ActionDefinition
    private let inputSchema: JSONSchema
    private let body: @Sendable (JSONObject, Caller) async throws -> JSONValue
    private let kept: @Sendable (JSONObject, Caller) -> KeptAnswer?

    /// - Throws: when a schema of the definition is no schema; that is a mistake in the action.
    init<Body: Action>(_ action: Body) throws {
        definition = Body.definition
        inputSchema = try JSONSchema(definition.input)
        body = { arguments, caller in try await action.run(Body.input(arguments), for: caller) }
        kept = { arguments, caller in (try? Body.input(arguments)).flatMap { action.atHand($0, for: caller) } }
    }

    /// Checks permission and arguments, then runs.
    ///
    /// - Throws: `ActionError`, or what the action met.
    package func invoke(_ arguments: JSONObject, for caller: Caller) async throws -> JSONValue {
        for permission in definition.permissions { try caller.check(permission) }
        let problems = problems(of: arguments)
        guard problems.isEmpty else { throw ActionError(.input, problems.joined(separator: "; ")) }
        return try await body(arguments, caller)
    }

    /// The same with arguments that the input schema accepts.
    ///
    /// - Throws: `ActionError`, or what the action met.
    package func invoke(accepted arguments: JSONObject, for caller: Caller) async throws -> JSONValue {
        for permission in definition.permissions { try caller.check(permission) }
        return try await body(arguments, caller)
    }

    /// An answer to these arguments, no longer than agents' clients keep.
    package func fitted(_ answer: JSONValue, to arguments: JSONObject) -> JSONValue {
        let offset = arguments["cursor"]?.stringValue.flatMap { Int($0) }
        return AnswerSize.fitted(answer, pagedList: definition.pagedList, offset: offset ?? 0)
    }

    /// What the input schema has against arguments.
    package func problems(of arguments: JSONObject) -> [String] { inputSchema.validate(.object(arguments)) }

    /// What `invoke(accepted:for:)` would answer, when that is at hand without waiting for anything; nil, and for whatever is
    /// wrong: that is to be asked.
    package func atHand(accepted arguments: JSONObject, for caller: Caller) -> KeptAnswer? {
        guard definition.permissions.allSatisfy(caller.may) else { return nil }
        return kept(arguments, caller)
    }
}
