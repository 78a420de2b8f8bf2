internal import Base
internal import Catalog
internal import Store

/// Where entities come from, how each source stands, and which documents are not used for which reason.
struct ListCatalogProblems: Action {
    let store: Store
    let now: @Sendable () -> Timestamp

    private static let defaultLimit = 50
    /// More sources are not shown, the worst first.
    private static let maximumSources = 50
    private static let maximumMessage = 500

    static let definition = ActionDefinition(
        plugin: "callboard", name: "list-catalog-problems", title: "List what is wrong with the catalog's sources",
        description: """
            Lists the sources of the catalog with their state and last success, and what keeps documents from being used: \
            files that cannot be read, refused documents with file, line and column, definitions that lost against another \
            one (code conflict), kinds that may not come from there (not_allowed). Use it when an entity is missing or old, \
            or after registering a location. inCatalog false: no entity of that name is there at all.
            """,
        attributes: .readOnly, permissions: [.readSources],
        input: Schema.object([
            "source": Schema.string("A type, such as github-provider, or type and target with a colon between."),
            "code": Schema.string("Such as conflict, unreadable, not_allowed, kind, syntax."),
            "entityRef": Schema.string("Problems of this entity; kind defaults to component, namespace to default."),
            "owner": Schema.string(
                "A group or user: problems of what it owns, and of files that hold something which it owns."),
            "limit": Schema.integer(1...500, "Problems a page; \(defaultLimit) when left out."),
            "cursor": OffsetCursor.schema,
        ]),
        output: Schema.object(
            [
                "asOf": Schema.string("When this was answered, RFC 3339."),
                "totals": Schema.complete([
                    "sources": Schema.count("All sources."), "problems": Schema.count("Problems that match."),
                    "byCode": Schema.anyObject("How many of them have each code."),
                ]),
                "sources": Schema.list(
                    sourceSchema, "The worst first, at most \(maximumSources), whatever else was asked."),
                "problems": Schema.list(problemSchema, "This page, by source, location and line."),
                "nextCursor": OffsetCursor.nextSchema,
            ], required: ["asOf", "totals", "sources", "problems"]), pagedList: "problems")

    private static let sourceSchema = Schema.complete([
        "source": Schema.string("Type and target."),
        "state": Schema.choice(
            SourceView.State.allCases.map(\.rawValue),
            "failing: it cannot be listed, and what it gave stays; problems: something in it is not used."),
        "error": Schema.orNull(Schema.text("Why it cannot be listed.")),
        "lastSuccessAt": Schema.orNull(Schema.string("When it was last listed as a whole, RFC 3339.")),
        "locations": Schema.count("Files and the like that it has."),
        "entities": Schema.count("Entities that they give."), "problems": Schema.count("What is wrong in it."),
    ])

    private static let problemSchema = Schema.complete([
        "source": Schema.string("Type and target."), "location": Schema.string("The file."),
        "code": Schema.string("The kind of problem."), "line": Schema.orNull(Schema.count("From 1.")),
        "column": Schema.orNull(Schema.count("From 1.")),
        "entityRef": Schema.orNull(Schema.string("The entity that the document was to be.")),
        "inCatalog": Schema.orNull(
            Schema.flag("Whether the catalog has an entity of that name; null: the token may not read it.")),
        "ownerRef": Schema.orNull(Schema.string("Who owns that entity.")), "message": Schema.text("What is wrong."),
    ])

    static func input(_ arguments: JSONObject) throws(ActionError) -> ProblemQuery {
        var query = ProblemQuery()
        query.source = arguments["source"]?.stringValue
        query.code = arguments["code"]?.stringValue
        if arguments["entityRef"] != nil { query.entityRef = try EntityLookup.ref(arguments).canonical }
        if let owner = arguments["owner"]?.stringValue { query.owners = try GetEntitiesByOwner.refs(owner) }
        query.limit = arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit
        query.offset = try OffsetCursor.offset(arguments)
        return query
    }

    func run(_ query: ProblemQuery, for caller: Caller) async throws -> JSONValue {
        // Who asks what somebody owns is told that by the answer.
        if query.owners != nil { try caller.check(.readEntities) }
        let sources = try await store.catalog.sources()
        let page = try await store.catalog.problems(query)
        let total = page.counts.values.reduce(0, +)
        let byCode = page.counts.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.int(Int64($0.value))) }
        var output: JSONObject = [
            "asOf": Output.time(now()),
            "totals": [
                "sources": .int(Int64(sources.count)), "problems": .int(Int64(total)),
                "byCode": .object(byCode.reduce(into: JSONObject()) { $0[$1.0] = $1.1 }),
            ],
            "sources": .array(Self.worst(sources).map(Self.source)),
            "problems": .array(page.items.map { Self.problem($0, for: caller) }),
        ]
        output["nextCursor"] = OffsetCursor.next(after: query.offset + page.items.count, of: total)
        return .object(output)
    }

    private static func worst(_ sources: [SourceView]) -> ArraySlice<SourceView> {
        let order = SourceView.State.allCases
        return order.flatMap { state in sources.filter { $0.state == state } }.prefix(maximumSources)
    }

    private static func source(_ source: SourceView) -> JSONValue {
        [
            "source": .string(source.name), "state": .string(source.state.rawValue),
            "error": Output.text(source.error.map(clipped)), "lastSuccessAt": Output.time(source.lastSuccessAt),
            "locations": .int(source.locations), "entities": .int(source.entities),
            "problems": .int(Int64(source.problemCount)),
        ]
    }

    /// What is in the catalog, and who owns it, is told to those alone who may read it.
    private static func problem(_ item: ListedProblem, for caller: Caller) -> JSONValue {
        let (problem, mayRead) = (item.problem, caller.may(.readEntities))
        return [
            "source": .string(item.source), "location": .string(problem.location), "code": .string(problem.code),
            "line": problem.line.map(JSONValue.int) ?? .null, "column": problem.column.map(JSONValue.int) ?? .null,
            "entityRef": Output.text(problem.entityRef), "inCatalog": mayRead ? .bool(item.isInCatalog) : .null,
            "ownerRef": mayRead ? Output.text(item.ownerRef) : .null,
            "message": .string(clipped(problem.message)),
        ]
    }

    private static func clipped(_ text: String) -> String {
        text.unicodeScalars.count > maximumMessage ? String(text.prefix(maximumMessage)) + "…" : text
    }
}
