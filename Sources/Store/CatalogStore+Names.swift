internal import Base
internal import Catalog

/// What is known of a name that somebody gives: parts that are not known are nil. In lower case.
package struct EntityNamePattern: Sendable, Hashable {
    package var kind: String?
    package var namespace: String?
    package var name: String

    package init(kind: String? = nil, namespace: String? = nil, name: String) {
        self.kind = kind?.lowercased()
        self.namespace = namespace?.lowercased()
        self.name = name.lowercased()
    }

    /// The canonical ref; nil while a part is not known.
    package var ref: String? {
        guard let kind, let namespace else { return nil }
        return EntityRef(kind: kind, namespace: namespace, name: name).canonical
    }
}

/// Entities whose names hold a text.
package struct NameMatches: Sendable {
    /// Those of exactly that name.
    package var exact: [String] = []
    /// The others, as many as were asked for.
    package var partial: [String] = []
    /// All that hold the text, exact ones included.
    package var total = 0
}

extension CatalogStore {
    /// More names than these are not compared letter by letter.
    private static let maximumCompared: Int64 = 5_000

    /// Refs of the entities whose name holds the pattern's name. Equal names come first; then Component, API, Resource
    /// and System before other kinds, and the namespace `default` before others.
    ///
    /// - Throws: `StoreError`.
    package func names(holding pattern: EntityNamePattern, limit: Int) async throws -> NameMatches {
        let rows = try await pool.read { session in
            try session.run(
                """
                SELECT ref, name = $1, count(*) OVER () FROM \(Self.parts)
                WHERE position($1 IN name) > 0 AND \(Self.isOfPattern)
                ORDER BY name <> $1, \(Self.preference), ref LIMIT $4::int
                """,
                [
                    .text(pattern.name), .text(pattern.kind), .text(pattern.namespace), .int(Int64(limit)),
                ]
            ).map { (ref: try $0.required(0), isExact: $0.bool(1), total: $0.int(2) ?? 0) }
        }
        return NameMatches(
            exact: rows.filter(\.isExact).map(\.ref), partial: rows.filter { !$0.isExact }.map(\.ref),
            total: Int(rows.first?.total ?? 0))
    }

    /// Refs of the entities whose name is spelled nearly like the pattern's, the nearest first.
    ///
    /// - Throws: `StoreError`.
    package func names(spelledLike pattern: EntityNamePattern, limit: Int) async throws -> [String] {
        let spelling = Spelling(of: pattern.name)
        let rows = try await pool.read { session in
            try session.run(
                """
                SELECT ref, name FROM \(Self.parts)
                WHERE length(name) BETWEEN $1::int AND $4::int AND \(Self.isOfPattern)
                    AND EXISTS (SELECT FROM unnest($5::text[]) p WHERE position(p IN name) > 0)
                ORDER BY \(Self.preference), ref LIMIT $6::int
                """,
                [
                    .int(Int64(spelling.lengths.lowerBound)), .text(pattern.kind), .text(pattern.namespace),
                    .int(Int64(spelling.lengths.upperBound)), .texts(spelling.pieces), .int(Self.maximumCompared),
                ]
            ).map { (ref: try $0.required(0), name: try $0.required(1)) }
        }
        let near = rows.enumerated().compactMap { index, row in
            spelling.distance(to: row.name).map { (distance: $0, index: index, ref: row.ref) }
        }
        return near.sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }.prefix(limit).map(\.ref)
    }

    private static let parts =
        """
        (SELECT ref, split_part(ref, ':', 1) AS kind, split_part(split_part(ref, ':', 2), '/', 1) AS namespace,
            split_part(ref, '/', 2) AS name FROM entity) AS part
        """
    /// `$2` is the kind, `$3` the namespace.
    private static let isOfPattern =
        "($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR namespace = $3)"
    private static let preference =
        """
        coalesce(array_position(ARRAY['component', 'api', 'resource', 'system'], kind), 9), namespace <> 'default'
        """
}
