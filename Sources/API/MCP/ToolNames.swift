internal import Actions

/// Under which names actions are tools.
struct ToolNames: Sendable {
    private let listed: [String: String]

    /// - Parameter isNamespaced: whether the plugin is a part of every name; else it is of those that would be the same
    ///   without it.
    init(of actions: [ActionDefinition], isNamespaced: Bool) {
        let bare = Dictionary(grouping: actions, by: \.name).filter { $0.value.count == 1 && Self.isSafe($0.key) }
        listed = Dictionary(
            actions.map { action in
                (action.id, !isNamespaced && bare[action.name] != nil ? action.name : Self.namespaced(action.id))
            }, uniquingKeysWith: { first, _ in first })
    }

    /// The name of an action's tool; nil when the action is not among them.
    subscript(id: String) -> String? { listed[id] }

    /// Plugin and action in lower case, every run of other characters as one `_`: the form that all clients accept.
    static func namespaced(_ id: String) -> String {
        id.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }.joined(separator: "_")
    }

    /// Every form in which calls in the wild name an action: with a dot, bare, its id, and the form above.
    static func aliases(of action: ActionDefinition) -> [String] {
        [namespaced(action.id), "\(action.plugin).\(action.name)", action.name, action.id]
            + action.aliases.map { "\(action.plugin).\($0)" } + action.aliasIDs + action.aliasIDs.map(namespaced)
    }

    private static func isSafe(_ name: String) -> Bool {
        name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
    }
}
