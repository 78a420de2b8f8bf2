internal import Base
package import Catalog

extension CatalogStore {
    /// Brings the catalog in line with what the locations hold now, in one transaction.
    ///
    /// An entity belongs to the location that defined it first; another location's definition of it is a problem of that
    /// location. A bad document never removes what was good: the entity that it was stays, with a status item, and when
    /// nobody can tell which entity it was, all that its location gave before stay.
    ///
    /// - Parameter status: what is wrong with an entity beyond its document, such as a selector that cannot be used.
    /// - Throws: `StoreError`; then nothing was written.
    package func apply(
        _ contents: [LocationContent], status: @escaping @Sendable (Entity) -> [StatusItem]
    ) async throws -> CatalogChanges {
        try await pool.run { session in
            try session.transaction {
                var application = CatalogApplication(session: session, status: status)
                // What is gone goes first, so that an entity whose file was renamed keeps its uid.
                return try application.apply(
                    contents.sorted { ($0.isGone ? 0 : 1, $0.location) < ($1.isGone ? 0 : 1, $1.location) })
            }
        }
    }
}

/// One transaction that applies a batch of locations.
private struct CatalogApplication {
    private struct Stored {
        var location: String
        var hash: String
        var status: String
    }

    /// What is to be written of an entity.
    private struct Write {
        var entity: Entity
        var location: String
        var hash: String
        var status: [StatusItem]
    }

    private let session: PostgresSession
    private let status: (Entity) -> [StatusItem]
    /// By ref: every entity that a location of the batch gave before, or that a document of the batch defines.
    private var stored: [String: Stored] = [:]
    private var writes: [String: Write] = [:]
    /// Entities that stay although their document is bad, with what is wrong.
    private var kept: [String: String] = [:]
    private var removed: Set<String> = []
    private var problems: [JSONValue] = []

    init(session: PostgresSession, status: @escaping (Entity) -> [StatusItem]) {
        self.session = session
        self.status = status
    }

    mutating func apply(_ contents: [LocationContent]) throws -> CatalogChanges {
        try writeLocations(contents)
        try load(contents)
        for content in contents { decide(content) }
        try writeProblems(contents)
        let contestants = try removeEntities()
        let changes = try writeEntities()
        try removeLocations(contents)
        var result = changes
        result.contestants = contestants
        for ref in removed {
            result.entities[ref] = .some(nil)
            result.changed.insert(ref)
        }
        return result
    }

    /// A definition changes nothing when its hash is the stored one.
    private static func hash(_ entity: Entity) -> String {
        sha256Hex(JSONValue.object(entity.definition).serialized())
    }

    private func writeLocations(_ contents: [LocationContent]) throws {
        let rows: [JSONValue] = contents.map { content in
            var error: String?
            if case .unreadable(let detail) = content.outcome { error = detail }
            return [
                "location": .string(content.location), "source_id": .int(Int64(content.sourceID)),
                "error": error.map(JSONValue.string) ?? .null,
            ]
        }
        try session.run(
            """
            INSERT INTO catalog_location (location, source_id, error)
            SELECT location, source_id, error
            FROM jsonb_to_recordset($1::jsonb) AS r(location text, source_id int, error text)
            ON CONFLICT (location) DO UPDATE SET
                source_id = excluded.source_id, error = excluded.error, read_at = now()
            """, [.json(.array(rows))])
    }

    private mutating func load(_ contents: [LocationContent]) throws {
        let refs = contents.flatMap { content -> [String] in
            guard case .documents(let documents) = content.outcome else { return [] }
            return documents.compactMap { $0.ref?.canonical }
        }
        let rows = try session.run(
            """
            SELECT ref, location, definition_hash, status_items FROM entity
            WHERE location = ANY($1::text[]) OR ref = ANY($2::text[])
            """, [.texts(contents.map(\.location)), .texts(refs)])
        for (ref, entry) in try rows.map({ row in
            let entry = Stored(
                location: try row.required(1), hash: try row.required(2), status: row.json(3)?.text() ?? "[]")
            return (try row.required(0), entry)
        }) {
            stored[ref] = entry
        }
    }

    private mutating func decide(_ content: LocationContent) {
        switch content.outcome {
        case .unreadable: break
        case .gone: remove(given(by: content.location))
        case .documents(let documents): decide(documents, at: content.location)
        }
    }

    private func given(by location: String) -> Set<String> {
        Set(stored.lazy.filter { $0.value.location == location }.map(\.key)).subtracting(removed)
    }

    private mutating func remove(_ refs: Set<String>) {
        removed.formUnion(refs)
        for ref in refs { stored[ref] = nil }
    }

    private mutating func decide(_ documents: [ParsedDocument], at location: String) {
        var missing = given(by: location)
        var bad: [ParsedDocument] = []
        for document in documents {
            switch document.outcome {
            case .entity(let entity):
                missing.remove(entity.ref.canonical)
                define(entity, document, at: location)
            case .invalid(let found):
                bad.append(document)
                for problem in found { add(problem, document, at: location) }
            }
        }
        // A bad document that names its entity keeps that one; one that does not could have been any of the missing.
        for document in bad {
            let message = document.problems.first?.description ?? "the document is not valid"
            for ref in document.ref.map({ [$0.canonical] }) ?? Array(missing) where missing.contains(ref) {
                kept[ref] = message
            }
        }
        remove(missing.subtracting(kept.keys))
    }

    private mutating func define(_ entity: Entity, _ document: ParsedDocument, at location: String) {
        let ref = entity.ref.canonical
        if let holder = stored[ref]?.location, holder != location {
            addProblem(
                location, code: "conflict", document.location, ref,
                "\(ref) is already defined at \(holder), whose definition is used; remove one of them")
            return
        }
        let write = Write(entity: entity, location: location, hash: Self.hash(entity), status: status(entity))
        let statusText = JSONValue.array(write.status.map(\.json)).text()
        // jsonb prints its keys in another order than we do, so equal items are compared as values.
        let isSameStatus = (try? JSONValue(parsing: stored[ref]?.status ?? "")) == (try? JSONValue(parsing: statusText))
        if stored[ref]?.hash != write.hash || !isSameStatus { writes[ref] = write }
        stored[ref] = Stored(location: location, hash: write.hash, status: statusText)
        removed.remove(ref)
    }

    private mutating func add(_ problem: DocumentProblem, _ document: ParsedDocument, at location: String) {
        addProblem(location, code: problem.label, problem.location, document.ref?.canonical, problem.message)
    }

    private mutating func addProblem(
        _ location: String, code: String, _ place: SourceLocation, _ ref: String?, _ message: String
    ) {
        problems.append([
            "location": .string(location), "ordinal": .int(Int64(problems.count)), "code": .string(code),
            "line": place.position.map { .int(Int64($0.line)) } ?? .null,
            "column_number": place.position.map { .int(Int64($0.column)) } ?? .null,
            "entity_ref": ref.map(JSONValue.string) ?? .null, "message": .string(message),
        ])
    }

    private func writeProblems(_ contents: [LocationContent]) throws {
        // What was wrong with a location stays known while it cannot be read.
        let readable = contents.filter { if case .unreadable = $0.outcome { false } else { true } }
        try session.run(
            "DELETE FROM catalog_problem WHERE location = ANY($1::text[])", [.texts(readable.map(\.location))])
        try session.run(
            """
            INSERT INTO catalog_problem (location, ordinal, code, line, column_number, entity_ref, message)
            SELECT location, ordinal, code, line, column_number, entity_ref, message
            FROM jsonb_to_recordset($1::jsonb) AS r(location text, ordinal int, code text, line int,
                column_number int, entity_ref text, message text)
            """, [.json(.array(problems))])
    }

    /// - Returns: locations that define one of the removed entities too, with their sources.
    private func removeEntities() throws -> [String: Int] {
        guard !removed.isEmpty else { return [:] }
        try session.run("DELETE FROM entity WHERE ref = ANY($1::text[])", [.texts(removed)])
        let rows = try session.run(
            """
            SELECT DISTINCT location, source_id FROM catalog_problem JOIN catalog_location USING (location)
            WHERE code = 'conflict' AND entity_ref = ANY($1::text[])
            """, [.texts(removed)])
        return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.required(0), Int($0.int(1) ?? 0)) })
    }

    private func removeLocations(_ contents: [LocationContent]) throws {
        let gone = contents.filter(\.isGone)
        guard !gone.isEmpty else { return }
        try session.run("DELETE FROM catalog_location WHERE location = ANY($1::text[])", [.texts(gone.map(\.location))])
    }

    private func writeEntities() throws -> CatalogChanges {
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
        changes.changed = try CatalogStitcher(session: session).stitch(affected)
        for (ref, write) in writes { changes.entities[ref] = .some(write.entity) }
        return changes
    }

    private static let upsert =
        """
        INSERT INTO entity AS old (ref, location, definition, definition_hash, status_items, workload_selector)
        SELECT ref, location, definition, definition_hash, status_items, workload_selector
        FROM json_to_recordset($1::json) AS r(ref text, location text, definition json, definition_hash text,
            status_items jsonb, workload_selector jsonb)
        ON CONFLICT (ref) DO UPDATE SET location = excluded.location, definition = excluded.definition,
            definition_hash = excluded.definition_hash, status_items = excluded.status_items,
            workload_selector = excluded.workload_selector
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
            "ref": .string(ref), "location": .string(write.location), "definition": .object(write.entity.definition),
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
            Relations(of: write.entity).emitted.map { relation -> JSONValue in
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
