package import Base

/// What a tool may say to the client that called it, and ask of it, while it works. Tools that do so say it in their
/// definition (``ToolDefinition/converses``); the others are called without.
package struct ToolContext: Sendable {
    /// What the client said that it can be asked.
    package let client: ClientCapabilities
    /// What the client answered to what an earlier round asked (``InputRequired``), by the keys of that round.
    package let answers: [String: JSONObject]
    /// What an earlier round wanted to find again.
    package let state: JSONValue?
    /// Whether the client can be asked only by ending this round with ``InputRequired``.
    package let asksInRounds: Bool

    let progressToken: JSONValue?
    /// Nil: the client wants none.
    let logLevel: LogLevel?
    let emit: @Sendable (JSONValue) -> Void
    let pausing: @Sendable () -> Void
    let asking: @Sendable (_ method: String, _ params: JSONObject) async throws -> JSONObject

    /// Tells how far the work is, to a client that wants to know. Each value is above the one before.
    package func progress(_ progress: Double, of total: Double? = nil, message: String? = nil) {
        guard let progressToken else { return }
        var params: JSONObject = ["progressToken": progressToken, "progress": .number(progress)]
        params["total"] = total.map(JSONValue.number)
        params["message"] = message.map(JSONValue.string)
        emit(.notification("notifications/progress", params))
    }

    /// Tells something that a person may want to read, to a client that wants such messages.
    package func log(_ level: LogLevel, _ text: String) {
        guard let logLevel, level >= logLevel else { return }
        emit(.notification("notifications/message", ["level": .string(level.name), "data": .string(text)]))
    }

    /// Ends the stream of the answer before the answer is there, because it will take long; the client comes back for it. Does
    /// nothing for a client of another revision than 2025-11-25, or one that takes no stream.
    package func pause() { pausing() }

    /// Asks the client, of a revision where a server may do so in the middle of a call, and waits for its answer.
    ///
    /// - Throws: ``MissingCapability``; ``ToolFailure`` when the client answers with an error or can not be asked.
    package func ask(_ method: String, _ params: JSONObject) async throws -> JSONObject {
        guard let needed = ClientCapabilities(needed: method), client.contains(needed) else {
            throw MissingCapability(method: method)
        }
        return try await asking(method, params)
    }
}

/// How much a log message matters, the least first.
package enum LogLevel: Int, CaseIterable, Comparable, Sendable {
    case debug, info, notice, warning, error, critical, alert, emergency

    /// As the protocol writes it.
    package var name: String { "\(self)" }

    /// Nil for what is not a level.
    package init?(name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A tool, or a prompt, cannot go on without answers of the client (2026-07-28): the request ends here, and the client sends
/// it again with them.
package struct InputRequired: Error, Sendable {
    /// What to ask, by a key under which the answer comes: the method and its params.
    package var requests: [(key: String, method: String, params: JSONObject)]
    /// What the next round is to find in ``ToolContext/state``. It is sealed: the client cannot read it, nor use it elsewhere.
    package var state: JSONValue?

    /// Asks for at least one thing, or gives a state.
    package init(_ requests: [(key: String, method: String, params: JSONObject)], state: JSONValue? = nil) {
        self.requests = requests
        self.state = state
    }
}

/// What was asked for is impossible with a client that lacks what this needs.
package struct MissingCapability: Error, Sendable, Hashable {
    /// Such as `sampling`.
    package let name: String

    /// - Parameter name: as a client declares it.
    package init(name: String) { self.name = name }

    init(method: String) { name = String(method.prefix { $0 != "/" }) }
}

extension JSONValue {
    static func notification(_ method: String, _ params: JSONObject) -> JSONValue {
        ["jsonrpc": "2.0", "method": .string(method), "params": .object(params)]
    }

    /// A number without a fraction as an integer.
    fileprivate static func number(_ value: Double) -> JSONValue {
        Int64(exactly: value).map(JSONValue.int) ?? .double(value)
    }
}
