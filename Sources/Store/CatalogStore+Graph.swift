internal import Base

/// What lies around an entity, relation by relation.
package struct EntityGraph: Sendable {
    /// An entity that was reached; it need not exist.
    package struct Node: Sendable {
        package let ref: String
        /// Relations on the shortest way; 0 for the start.
        package let depth: Int
        /// The relations of nearer entities that lead here.
        package var reachedBy: [Edge] = []
    }

    /// A relation, seen from `source`.
    package struct Edge: Sendable, Hashable {
        package let source: String
        package let type: String
    }

    /// By distance, then by ref; the start comes first.
    package var nodes: [Node]
    /// Whether there is more than was walked.
    package var isTruncated = false
}

/// How far a walk goes.
package struct EntityWalk: Sendable {
    /// Relations to follow one after the other.
    package var depth = 1
    /// Nil: every type.
    package var types: [String]?
    /// Entities to reach at most.
    package var maximumNodes = 2_000

    package init() {}

    /// Relations that one step reads at most.
    fileprivate static let maximumEdges = 20_000
}

extension CatalogStore {
    /// The entities around one, nearest first. Every relation is stored at both of its ends, so the walk goes either way.
    ///
    /// - Throws: `StoreError`.
    package func graph(from ref: String, _ walk: EntityWalk) async throws -> EntityGraph {
        try await pool.read { session in
            var graph = EntityGraph(nodes: [EntityGraph.Node(ref: ref, depth: 0)])
            var positions = [ref: 0]
            var border = [ref]
            for depth in 1...max(walk.depth, 1) where !border.isEmpty && !graph.isTruncated {
                let edges = try Self.edges(from: border, types: walk.types, session)
                if edges.count > EntityWalk.maximumEdges { graph.isTruncated = true }
                border = graph.extend(edges.prefix(EntityWalk.maximumEdges), depth, walk, &positions)
            }
            return graph
        }
    }

    /// The types of an entity's relations with their counts.
    ///
    /// - Throws: `StoreError`.
    package func relationTypes(of ref: String) async throws -> [(type: String, count: Int)] {
        try await pool.read { session in
            try session.run(
                """
                SELECT type, count(DISTINCT target_ref) FROM entity_relation WHERE source_ref = $1
                GROUP BY type ORDER BY type
                """, [.text(ref)]
            ).map { (type: try $0.required(0), count: Int($0.int(1) ?? 0)) }
        }
    }

    private static func edges(
        from refs: [String], types: [String]?, _ session: PostgresSession
    ) throws -> [(edge: EntityGraph.Edge, target: String)] {
        try session.run(
            """
            SELECT DISTINCT target_ref COLLATE "C", source_ref, type FROM entity_relation
            WHERE source_ref = ANY($1::text[]) AND ($2::text[] IS NULL OR type = ANY($2::text[]))
            ORDER BY 1, 2, 3 LIMIT $3::int
            """, [.texts(refs), types.map { .texts($0) } ?? .null, .int(Int64(EntityWalk.maximumEdges + 1))]
        ).map { (EntityGraph.Edge(source: try $0.required(1), type: try $0.required(2)), try $0.required(0)) }
    }
}

extension EntityGraph {
    /// Adds what one step found.
    ///
    /// - Returns: the entities that were not known before.
    fileprivate mutating func extend(
        _ edges: some Sequence<(edge: Edge, target: String)>, _ depth: Int, _ walk: EntityWalk,
        _ positions: inout [String: Int]
    ) -> [String] {
        var found: [String] = []
        for (edge, target) in edges {
            if positions[target] == nil {
                guard nodes.count <= walk.maximumNodes else {
                    isTruncated = true
                    continue
                }
                positions[target] = nodes.count
                nodes.append(Node(ref: target, depth: depth))
                found.append(target)
            }
            if let position = positions[target], nodes[position].depth == depth {
                nodes[position].reachedBy.append(edge)
            }
        }
        return found
    }
}
