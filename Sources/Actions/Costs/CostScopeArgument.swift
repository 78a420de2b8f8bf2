internal import Base
internal import Catalog
internal import Store

/// The arguments `scope` and `name` of cost actions.
struct CostScopeArgument: Sendable {
    let kind: CostScope.Kind
    let name: String?

    /// The input properties.
    static let schemas: JSONObject = [
        "scope": Schema.choice(
            CostScope.Kind.allCases.map(\.rawValue),
            "What to look at: an entity; all entities of an owner, system or domain, or of a kind, type or lifecycle; "
                + "all workloads of a namespace or cluster. all when left out."),
        "name": Schema.string(
            "Of the scope. Entities, owners, systems and domains as [kind:][namespace/]name, a name alone is enough. "
                + "Needed unless the scope is all."),
    ]

    /// The output property.
    static let outputSchema = Schema.complete([
        "kind": Schema.string("As asked."),
        "name": Schema.orNull(Schema.string("The full ref of the entity, or the word; null for all.")),
    ])

    /// - Throws: `ActionError` of kind `input`.
    init(_ arguments: JSONObject) throws(ActionError) {
        name = arguments["name"]?.stringValue
        // The schema has let pass no other words.
        kind = arguments["scope"]?.stringValue.flatMap(CostScope.Kind.init) ?? .all
        if kind == .all, name != nil { throw ActionError(.input, "name: expected a scope beside it, such as owner") }
        if kind != .all, name == nil { throw ActionError(.input, "name: expected the name of the \(kind.rawValue)") }
    }

    /// Finds what is meant.
    ///
    /// - Throws: `ActionError` of kind `notFound` that lists what may have been meant; `StoreError`.
    func resolve(in store: Store, for caller: Caller) async throws -> CostScope {
        guard let name else { return .all }
        switch kind {
        case .all: return .all
        case .entity: return try await entity(name, kinds: [nil], store, caller)
        case .owner: return try await entity(name, kinds: ["group", "user"], store, caller)
        case .system: return try await entity(name, kinds: ["system"], store, caller)
        case .domain: return try await entity(name, kinds: ["domain"], store, caller)
        case .kind: return try await word(name.lowercased(), store)
        case .type, .lifecycle, .namespace, .cluster: return try await word(name, store)
        }
    }

    private func word(_ word: String, _ store: Store) async throws -> CostScope {
        let words = try await store.costs.words(of: kind)
        if words.contains(word) { return CostScope(kind: kind, value: word) }
        let near = words.filter { Self.isNear($0, word.lowercased()) }
        throw Self.unknown("\(kind.rawValue) \(word)", near.isEmpty ? words : near)
    }

    private static func isNear(_ name: String, _ meant: String) -> Bool {
        let name = name.lowercased()
        return name.contains(meant) || Spelling(of: meant).distance(to: name) != nil
    }

    /// - Parameter kinds: that a name alone may be of, the likeliest first; nil: any.
    private func entity(
        _ name: String, kinds: [String?], _ store: Store, _ caller: Caller
    ) async throws -> CostScope {
        let pattern = try EntityResolver.pattern(name, kind: nil, namespace: nil, argument: "name")
        var candidates: [String] = []
        for kind in pattern.kind.map({ [$0] }) ?? kinds {
            if let ref = try await known(pattern, kind ?? "component", store) {
                return CostScope(kind: self.kind, value: ref)
            }
            let exact = EntityNamePattern(kind: kind, namespace: pattern.namespace, name: pattern.name)
            let resolution = try await EntityResolver(store: store).resolve(exact, limit: 5)
            if let ref = resolution.ref { return CostScope(kind: self.kind, value: ref) }
            candidates += resolution.candidates
        }
        // Owners are often not in the catalog themselves.
        candidates += try await store.costs.words(of: kind).filter { ref in
            Self.isNear(String(ref.split(separator: "/").last ?? ""), pattern.name)
        }
        throw Self.unknown("\(kind.rawValue) \(name)", caller.may(.readEntities) ? candidates : [])
    }

    /// The ref in the namespace that is said, or `default`, when there is or was something of that ref.
    private func known(_ pattern: EntityNamePattern, _ kind: String, _ store: Store) async throws -> String? {
        let ref = EntityRef(kind: kind, namespace: pattern.namespace ?? "default", name: pattern.name).canonical
        return try await store.costs.knows(ref: ref) ? ref : nil
    }

    static func unknown(_ what: String, _ candidates: [String]) -> ActionError {
        var seen: Set<String> = []
        let shown = candidates.filter { seen.insert($0).inserted }.prefix(5)
        let hint = shown.isEmpty ? "" : "; did you mean \(shown.joined(separator: ", "))?"
        return ActionError(.notFound, "No \(what)\(hint)")
    }
}

extension CostScope {
    var json: JSONValue { ["kind": .string(kind.rawValue), "name": Output.text(value)] }

    /// What of a fresh look at sources concerns the scope.
    func concerns(cluster: String) -> Bool { kind != .cluster || value == cluster }
}
