internal import Base
internal import Catalog

/// Keeps the index of the catalog and its counts in line with the entities, within the transaction that changes them.
struct CatalogIndexWriter {
    let session: PostgresSession

    /// An arbitrary number that names this lock among the database's advisory locks ("catindex" in ASCII).
    private static let lock: Int64 = 0x6361_7469_6E64_6578

    /// Makes other writers of the catalog wait until this transaction ends: two that count at the same time would wait for
    /// each other's rows in different orders. To be called before the transaction writes anything.
    func begin() throws { try session.run("SELECT pg_advisory_xact_lock($1::bigint)", [.int(Self.lock)]) }

    /// Indexes entities as they are now.
    func write(_ entries: [IndexEntry]) throws {
        guard !entries.isEmpty else { return }
        let keys = try keys(of: entries)
        let terms = try terms(of: entries, keys)
        try replace(
            entries.map { entry in
                let items = entry.rows.map { row in
                    let key = keys[IndexKey(kind: entry.kind, key: row.key)] ?? 0
                    let term = row.originalValue == nil ? nil : terms[IndexTerm(key, row)]
                    return IndexItem(term: term ?? IndexItem.noTerm, key: key)
                }
                return (entry.ref, items)
            })
    }

    /// Forgets entities, before they are deleted.
    func remove(_ refs: Set<String>) throws {
        let all = Array(refs)
        // In slices, so that no statement, nor the pause between two, grows with what goes at once.
        for start in stride(from: 0, to: all.count, by: 1_000) {
            try replace(all[start..<min(start + 1_000, all.count)].map { ($0, []) })
        }
    }

    private func replace(_ entities: [(ref: String, items: [IndexItem])]) throws {
        let stored = try stored(entities.map(\.ref))
        let changed = entities.filter { stored[$0.ref, default: []] != $0.items }
        guard !changed.isEmpty else { return }
        var difference = IndexDifference()
        for (ref, items) in changed { difference.add(ref, old: stored[ref, default: []], new: items) }
        try write(difference)
        try writeEntities(changed.filter { !$0.items.isEmpty })
        let gone = changed.filter(\.items.isEmpty).map(\.ref)
        if !gone.isEmpty { try session.run("DELETE FROM entity_index WHERE ref = ANY($1::text[])", [.texts(gone)]) }
        try count(difference)
    }

    private func stored(_ refs: [String]) throws -> [String: [IndexItem]] {
        let rows = try session.run(
            "SELECT ref, terms, keys FROM entity_index WHERE ref = ANY($1::text[])", [.texts(refs)])
        return Dictionary(
            uniqueKeysWithValues: try rows.map { row in
                (try row.required(0), zip(row.ints(1), row.ints(2)).map { IndexItem(term: $0, key: $1) })
            })
    }

    private func write(_ difference: IndexDifference) throws {
        if !difference.removed.isEmpty {
            try session.run(
                """
                DELETE FROM entity_posting p USING unnest($1::bigint[], $2::text[]) r (term, ref)
                WHERE p.term = r.term AND p.ref = r.ref
                """, [.ints(difference.removed.map(\.term)), .texts(difference.removed.map(\.ref))])
        }
        // In the order of the primary key, which spares the database from jumping about in it.
        let written = difference.written.sorted { ($0.term, $0.ref) < ($1.term, $1.ref) }
        guard !written.isEmpty else { return }
        try session.run(
            """
            INSERT INTO entity_posting (term, ref, is_first) SELECT * FROM unnest($1::bigint[], $2::text[], $3::bool[])
            ON CONFLICT (term, ref) DO UPDATE SET is_first = excluded.is_first
            """,
            [
                .ints(written.map(\.term)), .texts(written.map(\.ref)),
                .texts(written.map { $0.isFirst ? "t" : "f" }),
            ])
    }

    private func writeEntities(_ entities: [(ref: String, items: [IndexItem])]) throws {
        guard !entities.isEmpty else { return }
        func list(_ items: [IndexItem], _ part: KeyPath<IndexItem, Int64>) -> String {
            SQLValue.ints(items.map { $0[keyPath: part] }).text ?? "{}"
        }
        try session.run(
            """
            INSERT INTO entity_index (ref, terms, keys)
            SELECT ref, terms::bigint[], keys::int[] FROM unnest($1::text[], $2::text[], $3::text[]) r (ref, terms, keys)
            ON CONFLICT (ref) DO UPDATE SET terms = excluded.terms, keys = excluded.keys
            """,
            [
                .texts(entities.map(\.ref)), .texts(entities.map { list($0.items, \.term) }),
                .texts(entities.map { list($0.items, \.key) }),
            ])
    }

    /// Brings the counts up to date, and forgets terms and keys that no entity has any more.
    private func count(_ difference: IndexDifference) throws {
        let terms = difference.terms.filter { $0.value != 0 }.sorted { $0.key < $1.key }
        try session.run(
            """
            UPDATE entity_term t SET entities = t.entities + c.change
            FROM unnest($1::bigint[], $2::int[]) c (id, change) WHERE t.id = c.id
            """, [.ints(terms.map(\.key)), .ints(terms.map { Int64($0.value) })])
        let lessened = terms.filter { $0.value < 0 }.map(\.key)
        if !lessened.isEmpty {
            try session.run(
                "DELETE FROM entity_term WHERE id = ANY($1::bigint[]) AND entities = 0", [.ints(lessened)])
        }
        let keys = difference.keys.filter { $0.value != IndexDifference.KeyChange() }.sorted { $0.key < $1.key }
        guard !keys.isEmpty else { return }
        try session.run(
            """
            UPDATE entity_key k
            SET present = k.present + c.present, valued = k.valued + c.valued, postings = k.postings + c.postings
            FROM unnest($1::int[], $2::int[], $3::int[], $4::int[]) c (id, present, valued, postings) WHERE k.id = c.id
            """,
            [
                .ints(keys.map(\.key)), .ints(keys.map { Int64($0.value.present) }),
                .ints(keys.map { Int64($0.value.valued) }), .ints(keys.map { Int64($0.value.postings) }),
            ])
        try session.run("DELETE FROM entity_key WHERE id = ANY($1::int[]) AND present = 0", [.ints(keys.map(\.key))])
    }
}

/// What tells keys apart.
private struct IndexKey: Hashable {
    let kind: ExactText
    let key: ExactText

    init(kind: String, key: String) {
        self.kind = ExactText(kind)
        self.key = ExactText(key)
    }
}

/// What tells terms apart.
private struct IndexTerm: Hashable {
    let key: Int64
    let value: ExactText
    let original: ExactText

    init(key: Int64, value: String, original: String) {
        self.key = key
        self.value = ExactText(value)
        self.original = ExactText(original)
    }

    init(_ key: Int64, _ row: SearchRow) {
        self.init(key: key, value: row.value ?? "", original: row.originalValue ?? "")
    }
}

extension CatalogIndexWriter {
    /// The ids of the keys of entities; those that are new are added.
    private func keys(of entries: [IndexEntry]) throws -> [IndexKey: Int64] {
        let wanted = Set(entries.flatMap { entry in entry.rows.map { IndexKey(kind: entry.kind, key: $0.key) } })
        func ids(_ keys: some Collection<IndexKey>, _ statement: String) throws -> [IndexKey: Int64] {
            let rows = try session.run(statement, [.texts(keys.map(\.kind.text)), .texts(keys.map(\.key.text))])
            return Dictionary(
                uniqueKeysWithValues: try rows.map { row in
                    (IndexKey(kind: try row.required(1), key: try row.required(2)), row.int(0) ?? 0)
                })
        }
        let known = try ids(
            wanted,
            "SELECT id, kind, key FROM entity_key JOIN unnest($1::text[], $2::text[]) w (kind, key) USING (kind, key)"
        )
        let missing = wanted.filter { known[$0] == nil }
        guard !missing.isEmpty else { return known }
        return known.merging(
            try ids(
                missing,
                """
                INSERT INTO entity_key (kind, key, present, valued, postings)
                SELECT kind, key, 0, 0, 0 FROM unnest($1::text[], $2::text[]) w (kind, key) RETURNING id, kind, key
                """)
        ) { $1 }
    }

    /// The ids of the values of entities; those that are new are added.
    private func terms(of entries: [IndexEntry], _ keys: [IndexKey: Int64]) throws -> [IndexTerm: Int64] {
        var wanted: Set<IndexTerm> = []
        for entry in entries {
            for row in entry.rows where row.originalValue != nil {
                wanted.insert(IndexTerm(keys[IndexKey(kind: entry.kind, key: row.key)] ?? 0, row))
            }
        }
        func ids(_ terms: some Collection<IndexTerm>, _ statement: String) throws -> [IndexTerm: Int64] {
            let rows = try session.run(
                statement,
                [.ints(terms.map(\.key)), .texts(terms.map(\.value.text)), .texts(terms.map(\.original.text))])
            return Dictionary(
                uniqueKeysWithValues: try rows.map { row in
                    let term = IndexTerm(
                        key: row.int(1) ?? 0, value: try row.required(2), original: try row.required(3))
                    return (term, row.int(0) ?? 0)
                })
        }
        let columns = "unnest($1::int[], $2::text[], $3::text[]) w (key_id, value, original)"
        let known = try ids(
            wanted,
            "SELECT id, key_id, value, original FROM entity_term JOIN \(columns) USING (key_id, value, original)")
        let missing = wanted.filter { known[$0] == nil }.sorted { ($0.key, $0.value.text) < ($1.key, $1.value.text) }
        guard !missing.isEmpty else { return known }
        return known.merging(
            try ids(
                missing,
                """
                INSERT INTO entity_term (key_id, value, original, entities)
                SELECT key_id, value, original, 0 FROM \(columns) RETURNING id, key_id, value, original
                """)
        ) { $1 }
    }
}
