internal import Base
internal import Catalog
internal import Store

/// What a canonical file would change in the catalog, as the leader would apply it now.
struct PlanCanonical: Action {
    let store: Store
    /// The configured files.
    let files: [CanonicalSettings]

    struct Input: Sendable {
        let name: String?
        let document: String?
        let limit: Int
    }

    private static let defaultLimit = 100
    private static let maximumLimit = 1_000

    static let definition = ActionDefinition(
        plugin: "callboard", name: "plan-canonical", title: "Plan a canonical file",
        description: """
            Shows what a canonical file would change in the catalog, without changing anything: entities that it \
            adds, updates field by field and removes, conflicts with other locations, and whether it would be \
            refused because it removes too much. Without a document it plans what the controller read last; with \
            one, what that text would do. Use it before a canonical file is changed, and when one was refused.
            """,
        attributes: .readOnly, permissions: [.readSources, .readEntities],
        input: Schema.object([
            "name": Schema.string("Name of the canonical file; may be left out when one is configured."),
            "document": Schema.string("Text of a canonical file that is to be tried instead; it is not kept."),
            "limit": Schema.integer(
                1...Int64(maximumLimit),
                "The longest list of changes; \(defaultLimit) when left out. Counts tell of all."),
        ]),
        output: Schema.complete([
            "name": Schema.string("Name of the canonical file."), "location": Schema.string("canonical:<name>."),
            "contentHash": Schema.string("SHA-256 of the content that is planned."),
            "isApplicable": Schema.flag("Whether the controller would apply it without being forced."),
            "refusal": Schema.orNull(
                Schema.choice(["invalid", "conflict", "deletion_limit"], "Why it would not; null when it would.")),
            "counts": Schema.complete(
                JSONObject(
                    ["adds", "updates", "removals", "unchanged", "conflicts", "deferred", "warnings"].map {
                        ($0, Schema.count("How many."))
                    })),
            "adds": Schema.list(
                Schema.complete([
                    "entityRef": Schema.string("The entity."), "definition": Schema.anyObject("Its document."),
                ]), "Entities that are new."),
            "updates": Schema.list(
                Schema.complete([
                    "entityRef": Schema.string("The entity."),
                    "fields": Schema.list(
                        Schema.complete([
                            "pointer": Schema.string("JSON pointer of the field."), "before": [:], "after": [:],
                        ]), "What differs; null where there is nothing."),
                ]), "Entities that change."),
            "removals": Schema.list(Schema.string("An entity."), "Entities that go."),
            "conflicts": Schema.list(
                Schema.complete([
                    "entityRef": Schema.string("The entity."), "heldBy": Schema.string("The location that has it."),
                    "resolution": Schema.choice(["deferred", "refused"], "What comes of it."),
                    "line": Schema.orNull(Schema.count("Line in the file, from 1.")),
                ]), "Entities that another location has."),
            "deferred": Schema.list(Schema.string("An entity."), "Entities that are left to other locations."),
            "refused": Schema.list(remark, "Why nothing would be changed."),
            "warnings": Schema.list(remark, "What is valid and hardly meant."),
        ]))

    private static let remark = Schema.complete([
        "code": Schema.string("The kind of problem."), "line": Schema.orNull(Schema.count("Line in the file, from 1.")),
        "column": Schema.orNull(Schema.count("Column in the line, from 1.")), "message": Schema.string("What it is."),
    ])

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        Input(
            name: arguments["name"]?.stringValue, document: arguments["document"]?.stringValue,
            limit: arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let settings = try CanonicalFiles(files).settings(of: input.name)
        let reading = input.document.map { CanonicalReading(Array($0.utf8), settings: settings) }
        guard let plan = try await store.catalog.canonicalPlan(settings, reading: reading) else {
            throw ActionError(.notFound, "Nothing of \(settings.location) has been read yet; see the sources")
        }
        return plan.json(limit: input.limit)
    }
}
