internal import Base
internal import Catalog

/// One transaction that applies a batch of locations.
struct CatalogApplication {
    private struct Stored {
        var location: String
        /// Of its source; nil when the location is gone.
        var sourceID: Int?
        var hash: String
        var status: String
        var isOrphan: Bool
    }

    /// What is to be written of an entity.
    struct Write {
        var entity: Entity
        var content: LocationContent
        var hash: String
        var status: [StatusItem]
        /// Of a Location entity.
        var targets: LocationTargets
        /// The catalog did not have the entity.
        var isNew: Bool
    }

    let session: PostgresSession
    private let orphans: OrphanStrategy
    private let status: (Entity) -> [StatusItem]
    /// By ref: every entity that a location of the batch gave before, or that a document of the batch defines.
    private var stored: [String: Stored] = [:]
    private(set) var writes: [String: Write] = [:]
    /// Entities that stay although their document is bad, with what is wrong.
    private(set) var kept: [String: String] = [:]
    private(set) var removed: Set<String> = []
    /// Entities that no location gives any more and that stay.
    private(set) var orphaned: Set<String> = []
    /// Entities that the locations of the batch gave before and give no more; another one may define them now.
    private var released: Set<String> = []
    /// Entities that somebody may have now who did not, or should give up.
    private(set) var disputed: Set<String> = []
    /// The sources that gave what goes, by ref.
    private(set) var losers: [String: Int] = [:]
    private var problems: [JSONValue] = []
    /// Entities that a location of the batch defines although another one has them.
    private var conflicts: Set<String> = []
    /// The ids of the sources that yield.
    private(set) var yielding: Set<Int> = []
    /// Locations of them that lost an entity to the batch, with their sources.
    private var displaced: [String: Int] = [:]

    init(session: PostgresSession, orphans: OrphanStrategy, status: @escaping (Entity) -> [StatusItem]) {
        self.session = session
        self.orphans = orphans
        self.status = status
    }

    mutating func apply(_ contents: [LocationContent]) throws -> CatalogChanges {
        try CatalogIndexWriter(session: session).begin()
        let faults = try faults(of: contents)
        try writeLocations(contents)
        try load(contents)
        yielding = try yieldingSources()
        // First all that goes, so that an entity which moves from one location to another keeps its uid.
        for content in contents { release(content) }
        for content in inOrder(contents) { decide(content) }
        if orphans == .keep { (orphaned, removed) = (removed, []) }
        var remarked = try refsWithRemarks(about: contents)
        try writeProblems(contents)
        let contestants = try removeEntities(contents)
        let areTargetsGone = try removeLocations(contents)
        remarked.formUnion(conflicts)
        disputed = remarked.union(released)
        var result = try finish(remarked)
        for content in contents { displaced[content.location] = nil }
        result.contestants = contestants.merging(displaced) { first, _ in first }
        result.areTargetsChanged = result.areTargetsChanged || areTargetsGone
        result.tallies = try tallies(of: contents, before: faults)
        return result
    }

    /// Removes all orphans.
    mutating func sweep() throws -> CatalogChanges {
        let index = CatalogIndexWriter(session: session)
        try index.begin()
        removed = Set(try session.run("SELECT ref FROM entity WHERE orphan").map { try $0.required(0) })
        try index.remove(removed)
        try session.run("DELETE FROM entity WHERE ref = ANY($1::text[])", [.texts(removed)])
        return try finish([])
    }

    /// Writes the entities, and announces what became of all.
    ///
    /// - Parameter remarked: entities about which other locations may say something else now.
    private func finish(_ remarked: Set<String>) throws -> CatalogChanges {
        var result = try writeEntities(remarked)
        for ref in removed {
            result.entities[ref] = .some(nil)
            result.changed.insert(ref)
        }
        result.areTargetsChanged = (Array(writes.keys) + removed).contains { $0.hasPrefix("location:") }
        try CatalogFeed.announce(result.changed.union(result.entities.keys), in: session)
        return result
    }

    /// The longest text that is put into an index, in bytes: a row of a B-tree holds 2,704, and a relation's has two refs.
    /// No ref of an entity is nearly as long.
    private static let maximumIndexed = 1_000

    /// The relations of an entity that can be stored, and a remark when there are others.
    static func relations(of entity: Entity) -> (stored: [Relation], remarks: [StatusItem]) {
        let emitted = Relations(of: entity).emitted
        let stored = emitted.filter {
            max($0.source.canonical.utf8.count, $0.target.canonical.utf8.count) <= maximumIndexed
        }
        if stored.count == emitted.count { return (stored, []) }
        let message = "A reference in spec is longer than \(maximumIndexed) bytes; it makes no relation"
        return (stored, [StatusItem(level: .warning, message: message)])
    }

    /// To be changed when a new version of the program makes other documents or search rows of the same definition, so
    /// that they are made anew.
    private static let formVersion = "2"

    /// A definition changes nothing when its hash is the stored one.
    private static func hash(_ entity: Entity, _ content: LocationContent) -> String {
        let place = [formVersion, content.managedBy, content.origin].joined(separator: "\n")
        return sha256Hex(Array(place.utf8) + JSONValue.object(entity.definition).serialized())
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
        let refs = contents.flatMap { ($0.documents ?? []).compactMap { $0.ref?.canonical } }
        let rows = try session.run(
            """
            SELECT ref, location, definition_hash, status_items, orphan, source_id
            FROM entity LEFT JOIN catalog_location USING (location)
            WHERE location = ANY($1::text[]) OR ref = ANY($2::text[])
            """, [.texts(contents.map(\.location)), .texts(refs)])
        for (ref, entry) in try rows.map({ row in
            let entry = Stored(
                location: try row.required(1), sourceID: row.int(5).map { Int($0) }, hash: try row.required(2),
                status: row.json(3)?.text() ?? "[]", isOrphan: row.bool(4))
            return (try row.required(0), entry)
        }) {
            stored[ref] = entry
        }
    }

    /// Lets go of what a location gave before and gives no more.
    private mutating func release(_ content: LocationContent) {
        guard let documents = content.documents else { return }
        let given = stored.lazy.filter { $0.value.location == content.location && !$0.value.isOrphan }.map(\.key)
        let missing = Set(given).subtracting(documents.compactMap { $0.entity?.ref.canonical })
        // A bad document that names an entity of this location keeps that one. Any other could have been any of the
        // missing: the mistake may stand in its kind or name. One that only repeats an entity was none of them, and
        // what may not come from there keeps nothing.
        for document in documents where document.entity == nil && !document.keepsNothing {
            let message = document.problems.first?.description ?? "the document is not valid"
            let own = document.ref.flatMap { missing.contains($0.canonical) ? [$0.canonical] : nil }
            for ref in own ?? (document.isRefCertain ? [] : Array(missing)) { kept[ref] = message }
        }
        let going = missing.subtracting(kept.keys)
        released.formUnion(going)
        removed.formUnion(going)
        for ref in going {
            stored[ref] = nil
            losers[ref] = content.sourceID
        }
    }

    private mutating func decide(_ content: LocationContent) {
        for document in content.documents ?? content.refused {
            switch document.outcome {
            case .entity(let entity): define(entity, document, content)
            case .invalid(let problems): for problem in problems { add(problem, document, at: content.location) }
            }
        }
    }

    private mutating func define(_ entity: Entity, _ document: ParsedDocument, _ content: LocationContent) {
        let (ref, location) = (entity.ref.canonical, content.location)
        if let holder = stored[ref], holder.location != location, !holder.isOrphan {
            guard let source = holder.sourceID, yielding.contains(source), !yields(content) else {
                conflicts.insert(ref)
                addProblem(
                    location, code: "conflict", document.location, ref,
                    "\(ref) is already defined at \(holder.location), whose definition is used; remove one of them")
                return
            }
            displaced[holder.location] = source
        }
        let targets = LocationTargets(of: entity, at: content.managedBy)
        for problem in targets.problems { addProblem(location, code: "target", document.location, ref, problem) }
        let write = Write(
            entity: entity, content: content, hash: Self.hash(entity, content),
            status: status(entity) + Self.relations(of: entity).remarks + targets.problems.map(StatusItem.target),
            targets: targets, isNew: stored[ref] == nil && !removed.contains(ref))
        let statusText = JSONValue.array(write.status.map(\.json)).text()
        // jsonb prints its keys in another order than we do, so equal items are compared as values.
        let isSameStatus = (try? JSONValue(parsing: stored[ref]?.status ?? "")) == (try? JSONValue(parsing: statusText))
        if stored[ref]?.hash != write.hash || !isSameStatus || stored[ref]?.isOrphan != false { writes[ref] = write }
        stored[ref] = Stored(
            location: location, sourceID: content.sourceID, hash: write.hash, status: statusText, isOrphan: false)
        removed.remove(ref)
    }

    private mutating func add(_ problem: DocumentProblem, _ document: ParsedDocument, at location: String) {
        if problem.code == .conflict, let ref = document.ref { conflicts.insert(ref.canonical) }
        addProblem(location, code: problem.label, problem.location, document.ref?.canonical, problem.message)
    }

    private mutating func addProblem(
        _ location: String, code: String, _ place: SourceLocation, _ ref: String?, _ message: String
    ) {
        problems.append([
            "location": .string(location), "ordinal": .int(Int64(problems.count)), "code": .string(code),
            "line": place.position.map { .int(Int64($0.line)) } ?? .null,
            "column_number": place.position.map { .int(Int64($0.column)) } ?? .null,
            // What a bad document calls itself may be too long for the index; then it is no entity's ref.
            "entity_ref": ref.flatMap { $0.utf8.count <= Self.maximumIndexed ? .string($0) : nil } ?? .null,
            "message": .string(message),
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

    /// - Returns: other locations that define one of the released entities too, with their sources.
    private func removeEntities(_ contents: [LocationContent]) throws -> [String: Int] {
        guard !released.isEmpty else { return [:] }
        try CatalogIndexWriter(session: session).remove(removed)
        try session.run("DELETE FROM entity WHERE ref = ANY($1::text[])", [.texts(removed)])
        try session.run("UPDATE entity SET orphan = true WHERE ref = ANY($1::text[])", [.texts(orphaned)])
        let batch = Set(contents.map(\.location))
        return try CatalogContestants(session: session).losers(of: released).filter { !batch.contains($0.key) }
    }

    /// - Returns: whether Location entities name one of them.
    private func removeLocations(_ contents: [LocationContent]) throws -> Bool {
        let gone = contents.filter(\.isGone).map(\.location)
        guard !gone.isEmpty else { return false }
        try session.run("DELETE FROM catalog_location WHERE location = ANY($1::text[])", [.texts(gone)])
        let named = try session.run(
            "SELECT 1 FROM location_target WHERE target = ANY($1::text[]) LIMIT 1", [.texts(gone)])
        return named.first { _ in true } ?? false
    }
}

extension LocationContent {
    /// What stands there now: nothing when it is gone; nil when nobody knows.
    fileprivate var documents: [ParsedDocument]? {
        switch outcome {
        case .documents(let documents): documents
        case .gone: []
        case .unreadable, .refused: nil
        }
    }

    fileprivate var refused: [ParsedDocument] {
        if case .refused(let documents) = outcome { documents } else { [] }
    }
}

extension ParsedDocument {
    /// It is not used only because its file defines the entity already, or because its kind may not come from there.
    fileprivate var keepsNothing: Bool { problems.contains { $0.code == .duplicate || $0.code == .notAllowed } }
    /// What is wrong is not in the document, so it was no other entity than the one that it names.
    fileprivate var isRefCertain: Bool { problems.allSatisfy { $0.code == .annotation } }
}
