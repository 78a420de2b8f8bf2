internal import Actions
internal import Base
internal import Catalog
internal import MCP
internal import Store

extension ActionTools {
    /// Those whose tools the caller may use.
    func prompts(for principal: Caller) async throws -> [JSONValue] {
        ContentPrompt.all.filter { isOffered($0, to: principal) }.map(\.item)
    }

    func prompt(
        _ name: String, arguments: [String: String], for principal: Caller
    ) async throws -> JSONObject {
        try takeContent(principal)
        let prompt = try prompt(named: name, for: principal)
        var checked = try prompt.checked(arguments)
        var messages: [JSONValue] = []
        // A name becomes the reference that it means, so that tools are not asked for something else.
        for argument in prompt.arguments where argument.subject == .entity || argument.subject == .owner {
            guard let text = checked[argument.name] else { continue }
            let ref = try await ref(text, argument, principal)
            checked[argument.name] = ref
            guard prompt.actions.contains("catalog:get-catalog-entity") else { continue }
            messages += try await embedded(ref, principal)
        }
        let text = prompt.text(checked) { names[$0] ?? $0 }
        messages.insert(["role": "user", "content": ["type": "text", "text": .string(text)]], at: 0)
        return ["description": .string(prompt.description), "messages": .array(messages)]
    }

    /// - Throws: `MCPContentError.noPrompt`, also for what the caller may not use.
    func prompt(named name: String, for caller: Caller) throws(MCPContentError) -> ContentPrompt {
        guard let prompt = ContentPrompt.all.first(where: { $0.name == name && isOffered($0, to: caller) }) else {
            throw .noPrompt(name)
        }
        return prompt
    }

    private func isOffered(_ prompt: ContentPrompt, to caller: Caller) -> Bool {
        prompt.actions.allSatisfy { offers($0, to: caller) }
    }

    /// Who may not read the catalog gives whole references, which are looked for by the tools alone.
    private func ref(
        _ text: String, _ argument: ContentPrompt.Argument, _ caller: Caller
    ) async throws -> String {
        let kind = argument.subject == .owner ? "group" : nil
        guard caller.may(.readEntities) else { return text }
        let access = CatalogAccess(catalog: store.catalog, caller: caller)
        return try await telling {
            do {
                return try await access.ref(named: text, kind: kind, argument: argument.name, in: store)
            } catch let error as ActionError where error.kind == .notFound {
                // Owners are often not in the catalog themselves.
                if argument.subject == .owner, let ref = try? EntityRef(parsing: text, defaultKind: "group") {
                    return ref.canonical
                }
                throw MCPContentError.badArgument("\(argument.name): \(error.message)")
            } catch let error as ActionError where error.kind == .input {
                throw MCPContentError.badArgument(error.message)
            }
        }
    }

    private func embedded(_ ref: String, _ caller: Caller) async throws -> [JSONValue] {
        guard let parsed = try? EntityRef(parsing: ref) else { return [] }
        let uri = ContentURI(.entity, parsed)
        guard let content = try await telling({ try await content(uri, caller) }) else { return [] }
        return [
            [
                "role": "user",
                "content": [
                    "type": "resource",
                    "resource": [
                        "uri": .string(uri.text), "mimeType": "application/json", "text": .string(content.text()),
                    ],
                ],
            ]
        ]
    }
}
