/// A YAML value with the place where it stands, so that an error can point there.
package struct YAMLNode: Sendable {
    /// What a node holds.
    package enum Content: Sendable {
        case scalar(JSONValue)
        case sequence([YAMLNode])
        case mapping([(key: String, keyPosition: SourcePosition, value: YAMLNode)])
    }

    /// One step into a document.
    package enum PathComponent: Sendable, Hashable {
        case key(String)
        case index(Int)
    }

    package let position: SourcePosition
    package let content: Content

    package init(position: SourcePosition, content: Content) {
        self.position = position
        self.content = content
    }

    /// The value without positions; mappings keep the author's order.
    package var json: JSONValue {
        switch content {
        case .scalar(let value): value
        case .sequence(let nodes): .array(nodes.map(\.json))
        case .mapping(let members): .object(JSONObject(members.lazy.map { ($0.key, $0.value.json) }))
        }
    }

    /// Where the value at a path stands: the key of a mapping's member, the first character of anything else. For a
    /// path that does not exist, the nearest ancestor that does.
    package func position(of path: [PathComponent]) -> SourcePosition? {
        var node = self
        var found = position
        for component in path {
            switch (component, node.content) {
            case (.key(let key), .mapping(let members)):
                guard let member = members.first(where: { $0.key == key }) else { return found }
                found = member.keyPosition
                node = member.value
            case (.index(let index), .sequence(let nodes)) where nodes.indices.contains(index):
                node = nodes[index]
                found = node.position
            default:
                return found
            }
        }
        return found
    }
}

/// A YAML document could not be read.
package struct YAMLError: Error, CustomStringConvertible, Equatable {
    package let position: SourcePosition
    package let message: String

    package var description: String { "line \(position.line), column \(position.column): \(message)" }
}
