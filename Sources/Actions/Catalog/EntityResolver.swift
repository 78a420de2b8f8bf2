internal import Base
internal import Catalog
internal import Store

/// Finds the entity that is meant by an inexact name: the very ref; else the name in any kind, Component before API,
/// Resource and System, and the namespace `default` before others. What is only like the name is a candidate.
struct EntityResolver {
    let store: Store

    /// How an entity was found.
    enum Match: String, CaseIterable {
        /// Kind, namespace and name are as given.
        case ref
        /// The only one of that name.
        case name
        /// The first of several of that name.
        case preferred
    }

    struct Resolution {
        /// Nil when no entity has the name.
        var ref: String?
        var match: Match?
        /// Others that may have been meant, the likeliest first.
        var candidates: [String] = []
        /// Entities whose name holds the text, the resolved one included.
        var total = 0
    }

    /// Reads a full or shortened ref, or a name. What the text says comes before the other arguments.
    ///
    /// - Throws: `ActionError` of kind `input` that names the argument.
    static func pattern(
        _ text: String, kind: String?, namespace: String?, argument: String
    ) throws(ActionError) -> EntityNamePattern {
        do throws(CatalogInputError) {
            // No kind and no namespace is called so.
            let ref = try EntityRef(parsing: text, defaultKind: kind ?? "*", defaultNamespace: namespace ?? "*")
            return EntityNamePattern(
                kind: ref.kind == "*" ? nil : ref.kind, namespace: ref.namespace == "*" ? nil : ref.namespace,
                name: ref.name)
        } catch {
            throw ActionError(.input, "\(argument): \(error)")
        }
    }

    /// - Throws: `StoreError`.
    func resolve(_ pattern: EntityNamePattern, limit: Int) async throws -> Resolution {
        let names = try await store.catalog.names(holding: pattern, limit: limit + 1)
        var resolution = Resolution(total: names.total)
        resolution.ref = names.exact.first
        resolution.match = Self.match(names, pattern)
        resolution.candidates = Array(names.exact.dropFirst()) + names.partial
        if names.exact.isEmpty { try await addAlike(pattern, limit, &resolution) }
        resolution.candidates = Array(resolution.candidates.prefix(limit))
        return resolution
    }

    /// The entity of an `entityRef` argument that may be inexact.
    ///
    /// - Throws: `ActionError` of kind `notFound` that lists the candidates; `StoreError`.
    func ref(_ pattern: EntityNamePattern) async throws -> String {
        // A whole ref is one look into an index, while names are looked for among all.
        if let ref = pattern.ref, try await !store.catalog.summaries(of: [ref]).isEmpty { return ref }
        let resolution = try await resolve(pattern, limit: 5)
        if let ref = resolution.ref { return ref }
        let hint =
            resolution.candidates.isEmpty ? "" : "; did you mean \(resolution.candidates.joined(separator: ", "))?"
        throw ActionError(.notFound, "No entity \(Self.text(pattern))\(hint)")
    }

    private static func match(_ names: NameMatches, _ pattern: EntityNamePattern) -> Match? {
        guard !names.exact.isEmpty else { return nil }
        if pattern.kind != nil, pattern.namespace != nil { return .ref }
        return names.exact.count > 1 ? .preferred : .name
    }

    /// Titles that hold the text, names that are spelled nearly so, and, when kind or namespace rule everything out, what
    /// there is elsewhere.
    private func addAlike(_ pattern: EntityNamePattern, _ limit: Int, _ resolution: inout Resolution) async throws {
        var found = resolution.candidates
        if found.count < limit { found += try await titles(pattern, limit) }
        if found.count < limit { found += try await store.catalog.names(spelledLike: pattern, limit: limit) }
        if found.isEmpty, pattern.kind != nil || pattern.namespace != nil {
            found += try await resolve(EntityNamePattern(name: pattern.name), limit: limit).all
        }
        var seen: Set<String> = []
        resolution.candidates = found.filter { seen.insert($0).inserted }
    }

    private func titles(_ pattern: EntityNamePattern, _ limit: Int) async throws -> [String] {
        var query = EntityQuery()
        let parts = [("kind", pattern.kind), ("metadata.namespace", pattern.namespace)]
        query.filter = .allOf(
            [.match(key: "metadata.title", values: nil)]
                + parts.compactMap { key, value in value.map { .match(key: key, values: [$0]) } })
        query.fullText = FullTextFilter(term: pattern.name, fields: ["metadata.title"])
        query.limit = limit
        return try await store.catalog.query(query).items.map(\.ref)
    }

    private static func text(_ pattern: EntityNamePattern) -> String {
        let kind = pattern.kind.map { "\($0):" } ?? ""
        let namespace = pattern.namespace.map { "\($0)/" } ?? ""
        return "\(kind)\(namespace)\(pattern.name)"
    }
}

extension EntityResolver.Resolution {
    fileprivate var all: [String] { (ref.map { [$0] } ?? []) + candidates }
}
