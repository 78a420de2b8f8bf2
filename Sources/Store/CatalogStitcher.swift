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
        ).map { row in (ref: try row.required(1), document: try document(row, relations, remarks)) }
        let rows = documents.map { ref, document -> JSONValue in
            ["ref": .string(ref), "document": .object(document.json), "etag": .string(document.contentHash)]
        }
        let changed = Set(
            try session.run(
                """
                UPDATE entity SET document = r.document, etag = r.etag, updated_at = now()
                FROM json_to_recordset($1::json) AS r(ref text, document json, etag text)
                WHERE entity.ref = r.ref AND entity.etag IS DISTINCT FROM r.etag
                RETURNING entity.ref
                """, [.json(.array(rows))]
            ).map { try $0.required(0) })
        try CatalogIndexWriter(session: session).write(
            documents.filter { changed.contains($0.ref) }.map { ref, document in
                IndexEntry(ref: ref, rows: SearchTokens.rows(of: document.json))
            })
        return changed
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
    ) throws -> FinalDocument {
        let ref = try row.required(1)
        guard let definition = row.json(3)?.objectValue, let entity = Entity(validated: definition) else {
            throw StoreError(code: .unexpectedResult, detail: "the stored definition of \(ref) is no entity")
        }
        let status = (row.json(4)?.arrayValue ?? []).map(StatusItem.init(stored:)) + (remarks[ref] ?? [])
        return FinalDocument(
            of: entity, uid: try row.required(0), location: try row.required(2), origin: try row.required(5),
            isOrphan: row.bool(6), relations: relations[ref] ?? [], status: status)
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
