internal import Base

/// The table `etagged_copy`. Rows go with their source.
package struct EtagStore: Sendable {
    let pool: PostgresPool
    let leader: LeaderTransactions

    /// The copy of a URL with its etag; nil when there is none.
    ///
    /// - Parameters:
    ///   - type: of the source.
    ///   - target: of the source.
    /// - Throws: `StoreError`.
    package func copy(
        of url: String, type: String, target: String
    ) async throws -> (etag: String, content: [UInt8])? {
        try await pool.read { session in
            try session.run(
                """
                SELECT c.etag, translate(encode(c.content, 'base64'), E'\\n', '')
                FROM etagged_copy c JOIN catalog_source s ON s.id = c.source_id
                WHERE s.type = $1 AND s.target = $2 AND c.url = $3
                """, [.text(type), .text(target), .text(url)]
            ).first { row in
                guard let content = Base64.decode(try row.required(1)) else {
                    throw StoreError(code: .unexpectedResult, detail: "the copy of a URL is not in Base64")
                }
                return (try row.required(0), content)
            }
        }
    }

    /// Keeps a copy in place of an older one. Nothing is kept for a source that has no row.
    ///
    /// - Throws: `StoreError`.
    package func keep(
        etag: String, content: [UInt8], of url: String, type: String, target: String
    ) async throws {
        try await leader.run { session in
            _ = try session.run(
                """
                INSERT INTO etagged_copy AS old (source_id, url, etag, content)
                SELECT id, $3, $4, decode($5, 'base64') FROM catalog_source WHERE type = $1 AND target = $2
                ON CONFLICT (source_id, url) DO UPDATE SET etag = excluded.etag, content = excluded.content
                WHERE (old.etag, old.content) IS DISTINCT FROM (excluded.etag, excluded.content)
                """, [.text(type), .text(target), .text(url), .text(etag), .text(Base64.encode(content))])
        }
    }

    /// The URLs that there are copies of.
    ///
    /// - Throws: `StoreError`.
    package func urls(type: String, target: String) async throws -> Set<String> {
        try await pool.read { session in
            let rows = try session.run(
                """
                SELECT c.url FROM etagged_copy c JOIN catalog_source s ON s.id = c.source_id
                WHERE s.type = $1 AND s.target = $2
                """, [.text(type), .text(target)])
            return Set(try rows.map { try $0.required(0) })
        }
    }

    /// Forgets the copies of all URLs but these.
    ///
    /// - Throws: `StoreError`.
    package func forget(allBut urls: Set<String>, type: String, target: String) async throws {
        try await leader.run { session in
            _ = try session.run(
                """
                DELETE FROM etagged_copy c USING catalog_source s
                WHERE s.id = c.source_id AND s.type = $1 AND s.target = $2
                    AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS kept (url) WHERE kept.url = c.url)
                """, [.text(type), .text(target), .texts(urls.sorted())])
        }
    }
}
