internal import Base

/// APIs whose definitions hold some words.
package struct FoundAPIs: Sendable {
    package struct Item: Sendable {
        package let ref: String
        /// What stands around the first place of the longest word in the definition; nil: the words are elsewhere.
        package let excerpt: String?
        /// Of the whole definition.
        package let characters: Int
    }

    /// This page, the likeliest first.
    package let items: [Item]
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
                let longest = words.sorted { $0.count > $1.count }
                let items = try session.run(
                    Self.foundAPIs, [query, .int(Int64(limit)), .int(Int64(offset)), .texts(longest)]
                ).map {
                    FoundAPIs.Item(ref: try $0.required(0), excerpt: $0.text(1), characters: Int($0.int(2) ?? 0))
                }
                return FoundAPIs(items: items, total: Int((total ?? nil) ?? 0), words: words)
            }
        }
    }

    private static let maximumWords = 12
    /// What the index of words knows of a definition.
    private static let searchedCharacters = 160_000
    /// Characters of an excerpt on either side of the word.
    private static let excerptContext = 120
    /// More matches are not put in order by how well they match: that reads the words of each.
    private static let maximumRanked = 500

    private static let foundAPIs = """
        WITH found AS (
            SELECT ref, api_words FROM entity
            WHERE api_words IS NOT NULL AND api_words @@ to_tsquery('simple', $1) ORDER BY ref LIMIT \(maximumRanked)
        )
        SELECT ref,
            CASE WHEN start > 1 THEN '…' ELSE '' END || substr(text, start, length)
                || CASE WHEN start + length <= char_length(text) THEN '…' ELSE '' END,
            coalesce(char_length(text), 0)
        FROM (SELECT ref, ts_rank(api_words, to_tsquery('simple', $1), 1) AS rank FROM found
            ORDER BY rank DESC, ref LIMIT $2::int OFFSET $3::int) AS page
        JOIN entity e USING (ref)
        CROSS JOIN LATERAL (SELECT e.definition #>> '{spec,definition}' AS text) AS d
        LEFT JOIN LATERAL (
            SELECT greatest(place - \(excerptContext), 1) AS start,
                least(place - 1, \(excerptContext)) + char_length(word) + \(excerptContext) AS length
            FROM (SELECT lower(left(text, \(searchedCharacters))) AS searched) AS l,
                unnest($4::text[]) WITH ORDINALITY AS w (word, turn), LATERAL (SELECT strpos(searched, word)) AS p (place)
            WHERE place > 0 ORDER BY turn LIMIT 1
        ) AS found_at ON true
        ORDER BY rank DESC, ref
        """
}
