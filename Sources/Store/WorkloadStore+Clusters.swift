internal import Base

/// What a cluster's caches had come to when something was observed there.
package struct CacheVersions: Sendable {
    package let cluster: String
    /// `resourceVersion`s by the resource's plural.
    package let versions: [String: String]

    package init(cluster: String, versions: [String: String]) {
        self.cluster = cluster
        self.versions = versions
    }
}

extension WorkloadStore {
    /// Notes how a cluster's caches stand, and that somebody follows it.
    ///
    /// - Parameters:
    ///   - error: what keeps them from following the API server; nil when they do, now.
    ///   - warning: the same for kinds that need not be there.
    /// - Returns: whether the cluster was not known: it is new, or it was retired.
    /// - Throws: `StoreError`.
    @discardableResult
    package func note(cluster: String, error: String?, warning: String? = nil) async throws -> Bool {
        try await leader.run { session in
            // xmax is 0 in a row that was inserted, and the updating transaction's number in one that was there.
            try session.run(
                """
                INSERT INTO cluster (name, synced_at, error, warning, followed_at)
                VALUES ($1, CASE WHEN $2::text IS NULL THEN now() END, $2, $3, now())
                ON CONFLICT (name) DO UPDATE SET synced_at = coalesce(excluded.synced_at, cluster.synced_at),
                    error = excluded.error, warning = excluded.warning, followed_at = now()
                RETURNING (xmax = 0)::int
                """, [.text(cluster), .text(error), .text(warning)]
            ).first { $0.int(0) == 1 } ?? false
        }
    }

    /// Notes that a cluster is followed no more by the one who did.
    ///
    /// - Throws: `StoreError`.
    package func leave(cluster: String) async throws {
        try await leader.run { session in
            _ = try session.run("UPDATE cluster SET followed_at = NULL WHERE name = $1", [.text(cluster)])
        }
    }

    /// Keeps the versions beside what was learned from them. A process that starts later must not begin with older lists: a
    /// server that lags behind would have it store what is past (kubernetes#59848). Resources that are left out keep theirs.
    static func keep(_ seen: CacheVersions, in session: PostgresSession) throws(StoreError) {
        let texts = seen.versions.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        try session.run(
            """
            INSERT INTO cluster (name, synced_versions) VALUES ($1, $2::jsonb) ON CONFLICT (name) DO UPDATE
            SET synced_versions = cluster.synced_versions || excluded.synced_versions
            WHERE cluster.synced_versions IS DISTINCT FROM cluster.synced_versions || excluded.synced_versions
            """, [.text(seen.cluster), .json(.object(JSONObject(texts)))])
    }

    /// The versions that the caches of an earlier process had come to, by the resource's plural; none for a cluster that
    /// is new.
    ///
    /// - Throws: `StoreError`.
    package func syncedVersions(cluster: String) async throws -> [String: String] {
        try await pool.read { session in
            let versions =
                try session.run("SELECT synced_versions FROM cluster WHERE name = $1", [.text(cluster)])
                .first { $0.json(0)?.objectValue } ?? nil
            let pairs = versions?.compactMap { key, value in value.stringValue.map { (key, $0) } } ?? []
            return Dictionary(pairs) { $1 }
        }
    }
}
