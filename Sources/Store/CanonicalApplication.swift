internal import Base
internal import Catalog

/// The canonical files of a batch: each is planned before anything is written, and what came of it is recorded, all in the
/// transaction that applies it.
struct CanonicalApplication {
    /// The batch, with what the plans say in the place of what was read.
    private(set) var contents: [LocationContent] = []
    private let session: PostgresSession
    private var plans: [(plan: CanonicalPlan, forcedBy: String?)] = []
    private var unread: [LocationContent] = []
    private let started = ContinuousClock.now

    init(_ contents: [LocationContent], _ session: PostgresSession) throws {
        self.session = session
        guard contents.contains(where: { $0.canonical != nil }) else {
            self.contents = contents
            return
        }
        // What is planned must still be so when it is applied.
        try CatalogIndexWriter(session: session).begin()
        for content in contents { self.contents.append(try planned(content)) }
    }

    private mutating func planned(_ content: LocationContent) throws -> LocationContent {
        guard let canonical = content.canonical else { return content }
        guard let reading = canonical.reading else {
            unread.append(content)
            return content
        }
        let forcedBy = try forcedBy(content.location, reading.contentHash)
        let plan = CanonicalPlan(
            reading, settings: canonical.settings,
            catalog: try CatalogStore.cataloged(reading, at: content.location, session), isForced: forcedBy != nil)
        plans.append((plan, forcedBy))
        return LocationContent(
            location: content.location, sourceID: content.sourceID,
            outcome: plan.documents.map { .documents($0) } ?? .refused(plan.problems), canonical: canonical)
    }

    /// Who wants this very content applied although it removes much.
    private func forcedBy(_ location: String, _ hash: String) throws -> String? {
        try session.run(
            "SELECT forced_by FROM canonical_state WHERE location = $1 AND forced_hash = $2",
            [.text(location), .text(hash)]
        ).first { try $0.required(0) }
    }

    /// Writes how the files stand now.
    func record() throws -> [CanonicalRun] {
        for content in unread {
            guard case .unreadable(let reason) = content.outcome else { continue }
            try write(content.location, state: "stale", reason: reason)
        }
        return try plans.map { plan, forcedBy in
            let run = run(of: plan, by: forcedBy)
            let location = plan.settings.location
            switch plan.refusal {
            case .invalid: try write(location, state: "invalid", reason: run.error)
            case .conflict, .deletionLimit: try write(location, state: "stale", reason: run.error)
            case nil: try write(location, state: "synced", reason: nil)
            }
            if plan.refusal != .invalid { try keep(plan) }
            try keep(run)
            return run
        }
    }

    /// A run that changed nothing and ended as the one before leaves that one to be seen.
    private func keep(_ run: CanonicalRun) throws {
        try session.run(
            """
            UPDATE canonical_state SET last_run = $2::jsonb WHERE location = $1 AND ($3::boolean
                OR last_run->'error' IS DISTINCT FROM $2::jsonb->'error'
                OR last_run->'conflicting' IS DISTINCT FROM $2::jsonb->'conflicting')
            """, [.text(run.location), .json(run.json), .bool(run.isChange)])
    }

    private func run(of plan: CanonicalPlan, by subject: String?) -> CanonicalRun {
        var run = CanonicalRun(location: plan.settings.location, at: Timestamp.now(), by: subject ?? "controller")
        run.conflicting = plan.conflicts.count
        run.duration = ContinuousClock.now - started
        run.error = plan.problems.first?.problems.first?.description
        guard plan.refusal == nil else { return run }
        run.added = plan.adds.count
        run.changed = plan.updates.count
        run.removed = plan.removals.count
        run.unchanged = plan.unchanged.count
        return run
    }

    private func write(_ location: String, state: String, reason: String?) throws {
        try session.run(
            """
            INSERT INTO canonical_state AS old (location, state, reason, since) VALUES ($1, $2, $3, now())
            ON CONFLICT (location) DO UPDATE SET state = $2, reason = $3,
                since = CASE WHEN old.state = $2 AND old.reason IS NOT DISTINCT FROM $3 THEN old.since ELSE now() END
            """, [.text(location), .text(state), .text(reason)])
    }

    /// Keeps what was read, for those who ask what it would change.
    private func keep(_ plan: CanonicalPlan) throws {
        let isApplied = plan.refusal == nil
        try session.run(
            """
            UPDATE canonical_state SET content_hash = $2, entities = $3::json, warnings = $4::jsonb,
                applied_hash = CASE WHEN $5::boolean THEN $2 ELSE applied_hash END,
                applied_at = CASE WHEN $5::boolean THEN now() ELSE applied_at END,
                forced_hash = CASE WHEN $5::boolean THEN NULL ELSE forced_hash END,
                forced_by = CASE WHEN $5::boolean THEN NULL ELSE forced_by END
            WHERE location = $1
            """,
            [
                .text(plan.settings.location), .text(plan.reading.contentHash),
                .json(.array(plan.reading.entities.map(\.stored))),
                .json(.array(plan.reading.warnings.map(CanonicalPlan.remark))), .bool(isApplied),
            ])
    }
}

extension CanonicalEntity {
    fileprivate var stored: JSONValue {
        [
            "definition": .object(entity.definition), "isDefault": .bool(isDefault),
            "line": location.position.map { .int(Int64($0.line)) } ?? .null,
            "column": location.position.map { .int(Int64($0.column)) } ?? .null,
        ]
    }

    /// An entity as `stored` wrote it.
    init?(stored json: JSONValue, location: String) {
        guard let definition = json["definition"]?.objectValue, let entity = Entity(validated: definition) else {
            return nil
        }
        let position = json["line"]?.intValue.flatMap { line in
            json["column"]?.intValue.map { SourcePosition(line: Int(line), column: Int($0)) }
        }
        self.init(
            entity: entity, location: SourceLocation(file: location, position: position),
            isDefault: json["isDefault"]?.boolValue ?? false)
    }
}
