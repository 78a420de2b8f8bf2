internal import Actions
internal import Base
internal import Catalog
internal import MCP
internal import Store

/// Entities as resources. What somebody may not see is as if it were not there.
extension ActionTools {
    /// Resources of a page: about 30 kB of listing.
    static let pageSize = 100

    /// By ref. A cursor holds the last one that was shown: a place that nobody need hide and every replica knows.
    func resources(for principal: Caller, after cursor: String?) async throws -> MCPPage {
        let place = try cursor.map(Self.place) ?? ""
        guard offers("catalog:get-catalog-entity", to: principal) else { return MCPPage(items: []) }
        let access = CatalogAccess(catalog: store.catalog, caller: principal)
        let found = try await telling { try await access.resources(after: place, limit: Self.pageSize + 1) }
        let shown = found.prefix(Self.pageSize)
        let next = found.count > shown.count ? shown.last.map { Self.cursor(after: $0.ref) } : nil
        return MCPPage(items: shown.map(Self.item), next: next)
    }

    func resourceTemplates(for principal: Caller) async throws -> [JSONValue] {
        ContentTemplate.all.filter { offers($0.aspect, to: principal) }.map(\.item)
    }

    func resource(_ uri: String, for principal: Caller) async throws -> [JSONValue] {
        try takeContent(principal)
        guard let named = ContentURI(uri), offers(named.aspect, to: principal) else {
            throw MCPContentError.noResource(uri)
        }
        guard let content = try await telling({ try await content(named, principal) }) else {
            throw MCPContentError.noResource(uri)
        }
        return [["uri": .string(uri), "mimeType": "application/json", "text": .string(content.text())]]
    }

    func mayHear(_ uri: String?, for principal: Caller) -> Bool {
        guard let uri else { return offers("catalog:get-catalog-entity", to: principal) }
        return ContentURI(uri).map { offers($0.aspect, to: principal) } ?? false
    }

    /// Whether all actions are offered that an aspect is read with.
    func offers(_ aspect: ContentURI.Aspect, to caller: Caller) -> Bool {
        aspect.actions.allSatisfy { offers($0, to: caller) }
    }

    /// The content, held to what clients keep; nil when there is no such entity.
    func content(_ uri: ContentURI, _ caller: Caller) async throws -> JSONValue? {
        try await wholeContent(uri, caller).map { AnswerSize.fitted($0) }
    }

    private func wholeContent(_ uri: ContentURI, _ caller: Caller) async throws -> JSONValue? {
        switch uri.aspect {
        case .entity: try await entity(uri.ref, caller)
        case .workloads: try await answer("callboard:get-entity-workloads", ["entityRef": name(uri.ref)], caller)
        case .cost: try await answer("callboard:get-entity-cost", ["entityRef": name(uri.ref)], caller)
        case .team: try await team(uri.ref, caller)
        }
    }

    private func entity(_ ref: EntityRef, _ caller: Caller) async throws -> JSONValue? {
        let access = CatalogAccess(catalog: store.catalog, caller: caller)
        guard let stored = try await access.entity(ref: ref.canonical) else { return nil }
        return EntityAnswer.fitted(try JSONValue(parsing: stored.document))
    }

    /// The group, what it owns, and what that cost in the window that the action takes by itself.
    private func team(_ ref: EntityRef, _ caller: Caller) async throws -> JSONValue? {
        guard let group = try await entity(ref, caller) else { return nil }
        let owned = try await answer(
            "catalog-mcp:get_entities_by_owner",
            [
                "owner": name(ref), "limit": 100,
                "fields": ["kind", "metadata.name", "metadata.namespace", "spec.type"],
            ],
            caller)
        let cost = try await answer(
            "callboard:get-cost", ["scope": "owner", "name": name(ref), "groupBy": "entity"], caller)
        return ["team": group, "owns": owned ?? .null, "cost": cost ?? .null]
    }

    private func name(_ ref: EntityRef) -> JSONValue { .string(ref.canonical) }

    /// What an action answers; nil when it does not find what it is asked for, or may not tell.
    private func answer(_ id: String, _ arguments: JSONObject, _ caller: Caller) async throws -> JSONValue? {
        do {
            return try await registry.invoke(id, arguments, for: caller)
        } catch let error as ActionError where error.kind == .notFound || error.kind == .notAllowed {
            return nil
        }
    }

    /// Has the caller told what it can act on.
    func telling<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as ActionError {
            throw Self.told(error)
        } catch let error as StoreError {
            throw ActionError(error).map(Self.told) ?? error
        }
    }

    private static func told(_ error: ActionError) -> any Error {
        guard error.kind == .unavailable else { return MCPContentError.refused(error.description) }
        return ToolFailure(name: error.kind.rawValue, message: error.message)
    }
}

// MARK: - Pages

extension ActionTools {
    private static let cursorForm = "1:"

    static func cursor(after ref: String) -> String {
        Base64.encode(Array((cursorForm + ref).utf8), alphabet: .urlSafe)
    }

    private static func place(_ cursor: String) throws(MCPContentError) -> String {
        guard let bytes = Base64.decode(cursor, alphabet: .urlSafe), !bytes.contains(0),
            let text = String(validating: bytes, as: UTF8.self), text.hasPrefix(cursorForm),
            let ref = try? EntityRef(parsing: String(text.dropFirst(cursorForm.count))),
            cursorForm + ref.canonical == text
        else { throw .badCursor }
        return ref.canonical
    }

    private static func item(_ resource: EntityResource) -> JSONValue {
        let ref = try? EntityRef(parsing: resource.ref)
        var item: JSONObject = [
            "uri": .string(ref.map { ContentURI(.entity, $0).text } ?? ""), "name": .string(resource.ref),
            "title": .string(resource.title ?? ref?.name ?? resource.ref), "mimeType": "application/json",
        ]
        item["description"] = resource.description.map(JSONValue.string)
        // What is cut when it is read has another size.
        if resource.bytes <= EntityAnswer.maximumBytes { item["size"] = .int(Int64(resource.bytes)) }
        if let time = resource.changedAt { item["annotations"] = ["lastModified": .string(time.rfc3339)] }
        return .object(item)
    }
}
