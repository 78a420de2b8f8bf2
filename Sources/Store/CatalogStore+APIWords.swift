internal import Base

/// APIs whose definitions hold some words.
package struct FoundAPIs: Sendable {
    /// This page with the definitions, the likeliest first.
    package let items: [(ref: String, definition: String?)]
    package let total: Int
    /// What was looked for, in lower case.
    package let words: [String]
}

extension CatalogStore {
    /// Looks for APIs whose name, title, description and definition (its first 160,000 characters) hold all words of a text,
    /// or words that begin so. By the index of words, so what is not found costs nothing.
    ///
    /// - Throws: `StoreError`.
    package func apis(holding text: String, limit: Int, offset: Int) async throws -> FoundAPIs {
        try await pool.read { session in
            try session.snapshot {
                let words = try session.run(
                    "SELECT word FROM unnest(tsvector_to_array(api_words($1))) AS word LIMIT $2::int",
                    [.text(text), .int(Int64(Self.maximumWords))]
                ).map { try $0.required(0) }
                guard !words.isEmpty else { return FoundAPIs(items: [], total: 0, words: []) }
                // Letters and digits alone, so nothing in them is an operator.
                let query = SQLValue.text(words.map { "'\($0)':*" }.joined(separator: " & "))
                let total = try session.run(
                    "SELECT count(*) FROM entity WHERE api_words IS NOT NULL AND api_words @@ to_tsquery('simple', $1)",
                    [query]
                ).first { $0.int(0) }
                let items = try session.run(Self.foundAPIs, [query, .int(Int64(limit)), .int(Int64(offset))]).map {
                    (ref: try $0.required(0), definition: $0.text(1))
                }
                return FoundAPIs(items: items, total: Int((total ?? nil) ?? 0), words: words)
            }
        }
    }

    private static let maximumWords = 12
    /// More matches are not put in order by how well they match: that reads the words of each.
    private static let maximumRanked = 500

    private static let foundAPIs = """
        WITH found AS (
            SELECT ref, api_words FROM entity
            WHERE api_words IS NOT NULL AND api_words @@ to_tsquery('simple', $1) ORDER BY ref LIMIT \(maximumRanked)
        )
        SELECT ref, e.definition #>> '{spec,definition}'
        FROM (SELECT ref, ts_rank(api_words, to_tsquery('simple', $1), 1) AS rank FROM found
            ORDER BY rank DESC, ref LIMIT $2::int OFFSET $3::int) AS page JOIN entity e USING (ref)
        ORDER BY rank DESC, ref
        """
}
