internal import Actions
internal import Base
internal import Catalog
internal import MCP
internal import Store

/// A task that somebody can hand to a model: what to ask of which tools, in which order, and how to answer.
struct ContentPrompt: Sendable {
    struct Argument: Sendable {
        /// What of the catalog it is; decides what can be typed there.
        enum Subject: Sendable, Hashable { case entity, owner, cluster, window }

        let name: String
        let title: String
        let description: String
        let subject: Subject
        var isRequired = false
    }

    let name: String
    let title: String
    let description: String
    let arguments: [Argument]
    /// The actions whose tools it speaks of.
    let actions: [String]
    /// The text, of the arguments and the names of the tools.
    let text: @Sendable (_ arguments: [String: String], _ tool: (String) -> String) -> String

    /// Whether the tools are offered.
    func isPossible(_ names: ToolNames) -> Bool { actions.allSatisfy { names[$0] != nil } }

    var item: JSONValue {
        [
            "name": .string(name), "title": .string(title), "description": .string(description),
            "arguments": .array(
                arguments.map { argument in
                    [
                        "name": .string(argument.name), "title": .string(argument.title),
                        "description": .string(argument.description), "required": .bool(argument.isRequired),
                    ]
                }),
        ]
    }

    /// Longer ones are no names.
    private static let maximumArgument = 300

    /// The arguments that count, once they can stand in a text for a model.
    ///
    /// - Throws: `MCPContentError.badArgument`.
    func checked(_ given: [String: String]) throws(MCPContentError) -> [String: String] {
        for name in given.keys.sorted() where !arguments.contains(where: { $0.name == name }) {
            let known = arguments.map(\.name).joined(separator: ", ")
            throw .badArgument("\(name): the prompt \(self.name) has no such argument; expected \(known)")
        }
        for argument in arguments where argument.isRequired && (given[argument.name] ?? "").isEmpty {
            throw .badArgument("\(argument.name): is missing; expected \(argument.description)")
        }
        for (name, value) in given where !Self.isPlain(value) {
            throw .badArgument("\(name): expected one line of at most \(Self.maximumArgument) characters")
        }
        return given.filter { !$0.value.isEmpty }
    }

    private static func isPlain(_ text: String) -> Bool {
        text.utf8.count <= maximumArgument
            && text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 && $0 != "\"" && $0 != "`" }
            && !text.contains(where: \.isNewline)
    }
}
