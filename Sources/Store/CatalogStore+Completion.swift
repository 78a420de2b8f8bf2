internal import Base
internal import Catalog

/// What of the catalog can be typed somewhere.
package enum CompletionSubject: Sendable, Hashable {
    case kinds, namespaces, names, refs
    /// Groups and users that own something.
    case owners
}

/// What can be typed, the likeliest first, and how much there is of it.
package struct Completions: Sendable, Hashable {
    package let values: [String]
    package let total: Int

    /// What is told to whom nothing is shown.
    package static let none = Completions(values: [], total: 0)
}

extension CatalogStore {
    /// What holds a text, in lower case: what begins with it comes first, as do refs whose name does; then the shorter.
    ///
    /// - Parameters:
    ///   - kind: what else is settled; nil: nothing.
    /// - Throws: `StoreError`.
    package func completions(
        _ subject: CompletionSubject, holding text: String, kind: String? = nil, namespace: String? = nil, limit: Int
    ) async throws -> Completions {
        let text = text.lowercased()
        let rows = try await pool.read { session in
            try session.run(
                """
                SELECT value, count(*) OVER () FROM (SELECT DISTINCT \(Self.value(subject)) AS value
                    FROM \(Self.origin(subject)) WHERE \(Self.isSettled)) AS part
                WHERE position($1 IN value) > 0
                ORDER BY NOT (starts_with(value, $1) OR starts_with(split_part(value, '/', 2), $1)), length(value), value
                LIMIT $4::int
                """, [.text(text), .text(kind?.lowercased()), .text(namespace?.lowercased()), .int(Int64(limit))]
            ).map { (value: try $0.required(0), total: $0.int(1) ?? 0) }
        }
        return Completions(values: rows.map(\.value), total: Int(rows.first?.total ?? 0))
    }

    private static func value(_ subject: CompletionSubject) -> String {
        switch subject {
        case .kinds: "kind"
        case .namespaces: "namespace"
        case .names: "name"
        case .refs, .owners: "ref"
        }
    }

    private static func origin(_ subject: CompletionSubject) -> String {
        let refs =
            subject == .owners
            ? "(SELECT DISTINCT target_ref AS ref FROM entity_relation WHERE type = 'ownedBy') AS owner" : "entity"
        return """
            (SELECT ref, split_part(ref, ':', 1) AS kind, split_part(split_part(ref, ':', 2), '/', 1) AS namespace,
                split_part(ref, '/', 2) AS name FROM \(refs)) AS parts
            """
    }

    /// `$2` is the kind, `$3` the namespace.
    private static let isSettled = "($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR namespace = $3)"
}
