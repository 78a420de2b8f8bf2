package import Actions
package import Store

/// What is set about actions as agents are offered them.
package struct ActionsConfiguration: Sendable {
    /// The plugins whose actions are offered (`backend.actions.pluginSources`); nil: all.
    package var pluginSources: Set<String>?
    /// Which of their actions (`backend.actions.filter`).
    package var filter = ActionFilter()
    /// Whether tools are listed with their plugin in the name (`mcpActions.namespacedToolNames`).
    package var hasNamespacedNames = true
    /// Servers beside the one that has every tool (`mcpActions.servers`).
    package var servers: [Server] = []
    /// Tells which entities change; nil: nobody is told.
    package var feed: CatalogFeed?

    /// A server with tools of its own, at `/api/mcp-actions/v1/<key>`.
    package struct Server: Sendable {
        package var key: String
        package var name: String
        package var description: String?
        package var instructions: String?
        package var filter = ActionFilter()

        /// A server with every tool.
        package init(key: String, name: String) {
            self.key = key
            self.name = name
        }

        /// Whether a key can stand in a path: Backstage's rule.
        package static func isUsable(key: String) -> Bool {
            // A path that ends so is the older transport's.
            guard key != "sse" else { return false }
            let first = key.utf8.first.map { $0 != UInt8(ascii: "-") } ?? false
            return first
                && key.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                    default: byte == UInt8(ascii: "-")
                    }
                }
        }
    }

    /// Every action, under names with their plugins.
    package init() {}

    /// Whether an action is offered at all.
    func offers(_ action: ActionDefinition) -> Bool {
        pluginSources?.contains(action.plugin) ?? true && filter.lets(action)
    }
}
