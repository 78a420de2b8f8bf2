import Base

/// Blocks of content as a revision knows them. Clients refuse a whole result for one block of a type that they do not know, so
/// what is younger than the revision is put into words.
enum ContentBlocks {
    static func written(_ blocks: [JSONValue], for version: ProtocolVersion) -> [JSONValue] {
        blocks.map { written($0, for: version) }
    }

    /// The messages of a prompt, each with one block.
    static func written(messages: JSONValue, for version: ProtocolVersion) -> JSONValue {
        guard let messages = messages.arrayValue else { return messages }
        return .array(
            messages.map { message in
                guard var object = message.objectValue, let content = object["content"] else { return message }
                object["content"] = written(content, for: version)
                return .object(object)
            })
    }

    private static func written(_ block: JSONValue, for version: ProtocolVersion) -> JSONValue {
        switch block["type"] {
        case "audio" where version == .v2024_11_05:
            return text("[audio: \(block["mimeType"]?.stringValue ?? "of an unknown type"), left out]")
        case "resource_link" where [.v2024_11_05, .v2025_03_26].contains(version):
            let name = block["title"]?.stringValue ?? block["name"]?.stringValue ?? "resource"
            return text("\(name): \(block["uri"]?.stringValue ?? "")")
        default: return block
        }
    }

    static func text(_ text: String) -> JSONValue { ["type": "text", "text": .string(text)] }
}
