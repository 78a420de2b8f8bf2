internal import Base
internal import Catalog

extension CatalogApplication {
    /// Writes what was decided, with relations and documents.
    ///
    /// - Parameter remarked: further entities whose status may be another.
    func writeEntities(_ remarked: Set<String>) throws -> CatalogChanges {
        var changes = CatalogChanges()
        try session.run(Self.upsert, [.json(.array(writes.map { Self.row($1, ref: $0) }))])
        let keptRows = kept.filter { writes[$0.key] == nil }.map { ref, message -> JSONValue in
            let item = StatusItem(level: .error, message: "InputError: \(message)", errorName: "InputError")
            return ["ref": .string(ref), "status_items": [item.json]]
        }
        let marked = try session.run(Self.markKept, [.json(.array(keptRows))]).map { try $0.required(0) }
        var affected = try writeRelations()
        affected.formUnion(writes.keys)
        affected.formUnion(marked)
        affected.formUnion(orphaned)
        affected.formUnion(remarked)
        try writeTargets()
        changes.changed = try CatalogStitcher(session: session).stitch(affected)
        for (ref, write) in writes { changes.entities[ref] = .some(write.entity) }
        return changes
    }

    private static let upsert =
        """
        INSERT INTO entity AS old (ref, location, managed_by, origin, definition, definition_hash, status_items,
            workload_selector)
        SELECT ref, location, managed_by, origin, definition, definition_hash, status_items, workload_selector
        FROM json_to_recordset($1::json) AS r(ref text, location text, managed_by text, origin text, definition json,
            definition_hash text, status_items jsonb, workload_selector jsonb)
        ON CONFLICT (ref) DO UPDATE SET location = excluded.location, managed_by = excluded.managed_by,
            origin = excluded.origin, definition = excluded.definition, definition_hash = excluded.definition_hash,
            status_items = excluded.status_items, workload_selector = excluded.workload_selector, orphan = false
        """

    private static let markKept =
        """
        UPDATE entity SET status_items = r.status_items
        FROM jsonb_to_recordset($1::jsonb) AS r(ref text, status_items jsonb)
        WHERE entity.ref = r.ref AND entity.status_items IS DISTINCT FROM r.status_items
        RETURNING entity.ref
        """

    private static func row(_ write: Write, ref: String) -> JSONValue {
        let annotations = WorkloadSelectorAnnotations(write.entity)
        let selector: JSONValue = [
            "labelSelector": annotations.labelSelector.map(JSONValue.string) ?? .null,
            "kubernetesId": annotations.kubernetesID.map(JSONValue.string) ?? .null,
            "namespaces": .array(annotations.namespaces.map(JSONValue.string)),
            "clusters": .array(annotations.clusters.map(JSONValue.string)),
        ]
        return [
            "ref": .string(ref), "location": .string(write.content.location),
            "managed_by": .string(write.content.managedBy), "origin": .string(write.content.origin),
            "definition": .object(write.entity.definition),
            "definition_hash": .string(write.hash), "status_items": .array(write.status.map(\.json)),
            "workload_selector": annotations.isEmpty ? .null : selector,
        ]
    }

    /// Replaces what the written and removed entities say about relations.
    ///
    /// - Returns: every entity whose relations may be others now.
    private func writeRelations() throws -> Set<String> {
        let origins = Set(writes.keys).union(removed)
        let rows = writes.flatMap { ref, write in
            Self.relations(of: write.entity).stored.map { relation -> JSONValue in
                [
                    "source_ref": .string(relation.source.canonical), "type": .string(relation.type),
                    "target_ref": .string(relation.target.canonical), "origin_ref": .string(ref),
                ]
            }
        }
        let before = try session.run(
            "DELETE FROM entity_relation WHERE origin_ref = ANY($1::text[]) RETURNING source_ref", [.texts(origins)])
        let after = try session.run(
            """
            INSERT INTO entity_relation (source_ref, type, target_ref, origin_ref)
            SELECT source_ref, type, target_ref, origin_ref
            FROM jsonb_to_recordset($1::jsonb) AS r(source_ref text, type text, target_ref text, origin_ref text)
            RETURNING source_ref
            """, [.json(.array(rows))])
        return Set(try before.map { try $0.required(0) } + after.map { try $0.required(0) })
    }
}
