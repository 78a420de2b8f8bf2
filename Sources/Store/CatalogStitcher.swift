internal import Base
internal import Catalog

/// Puts together the documents that are served: definition, relations from both ends, and status.
struct CatalogStitcher {
    let session: PostgresSession

    /// Writes the documents of these entities again where they differ; refs without an entity are passed over.
    ///
    /// - Returns: the entities whose document changed.
    func stitch(_ refs: Set<String>) throws -> Set<String> {
        guard !refs.isEmpty else { return [] }
        let relations = try relations(of: refs)
        let remarks = try remarks(on: refs)
        let documents = try session.run(
            """
            SELECT id, ref, coalesce(managed_by, location), definition, status_items, coalesce(origin, location), orphan
            FROM entity WHERE ref = ANY($1::text[])
            """, [.texts(refs)]
        ).map { row in try document(row, relations, remarks) }
        let changed = try session.run(
            """
            UPDATE entity SET document = r.document, etag = r.etag, tokens = r.tokens, search = r.search,
                updated_at = now()
            FROM json_to_recordset($1::json) AS r(ref text, document json, etag text, tokens text[], search jsonb)
            WHERE entity.ref = r.ref AND entity.etag IS DISTINCT FROM r.etag
            RETURNING entity.ref
            """, [.json(.array(documents))])
        return Set(try changed.map { try $0.required(0) })
    }

    private func relations(of refs: Set<String>) throws -> [String: [Relation]] {
        let rows = try session.run(
            "SELECT DISTINCT source_ref, type, target_ref FROM entity_relation WHERE source_ref = ANY($1::text[])",
            [.texts(refs)])
        var relations: [String: [Relation]] = [:]
        for (source, relation) in try rows.map({ row in
            let source = try row.required(0)
            let relation = Relation(
                source: try ref(source), type: try row.required(1), target: try ref(try row.required(2)))
            return (source, relation)
        }) {
            relations[source, default: []].append(relation)
        }
        return relations
    }

    private func ref(_ text: String) throws -> EntityRef { try EntityRef(parsing: text) }

    private func document(
        _ row: SQLRow, _ relations: [String: [Relation]], _ remarks: [String: [StatusItem]]
    ) throws -> JSONValue {
        let ref = try row.required(1)
        guard let definition = row.json(3)?.objectValue, let entity = Entity(validated: definition) else {
            throw StoreError(code: .unexpectedResult, detail: "the stored definition of \(ref) is no entity")
        }
        let status = (row.json(4)?.arrayValue ?? []).map(StatusItem.init(stored:)) + (remarks[ref] ?? [])
        let document = FinalDocument(
            of: entity, uid: try row.required(0), location: try row.required(2), origin: try row.required(5),
            isOrphan: row.bool(6), relations: relations[ref] ?? [], status: status)
        let rows = SearchTokens.rows(of: document.json)
        return [
            "ref": .string(ref), "document": .object(document.json), "etag": .string(document.contentHash),
            "tokens": .array(SearchTokens.tokens(of: rows).map(JSONValue.string)), "search": Self.values(rows),
        ]
    }

    /// The values of each key in their original case.
    private static func values(_ rows: [SearchRow]) -> JSONValue {
        var values: [String: [JSONValue]] = [:]
        for row in rows {
            guard let original = row.originalValue else { continue }
            values[row.key, default: []].append(.string(original))
        }
        return .object(JSONObject(values.map { ($0, .array($1)) }))
    }
}

extension StatusItem {
    /// An item as `json` wrote it.
    fileprivate init(stored json: JSONValue) {
        self.init(
            type: json["type"]?.stringValue ?? "", level: Level(rawValue: json["level"]?.stringValue ?? "") ?? .error,
            message: json["message"]?.stringValue ?? "", errorName: json["error"]?["name"]?.stringValue)
    }
}
