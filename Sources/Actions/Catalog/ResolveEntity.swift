internal import Base
internal import Catalog
internal import Store

/// The entity that is meant by an inexact name, and what else may have been meant.
struct ResolveEntity: Action {
    let store: Store

    struct Input: Sendable {
        let text: String
        let pattern: EntityNamePattern
        let limit: Int
    }

    private static let defaultLimit = 10

    static let definition = ActionDefinition(
        plugin: "catalog", name: "resolve-entity", title: "Find an entity by an inexact name",
        description: """
            Finds the catalog entity that is meant by a name, a part of a name, a title, a misspelled name or a \
            (shortened) reference such as payments/checkout or api:orders. resolved is the entity when the name is there \
            (of several, Component before API, Resource and System); otherwise it is null and candidates tells what is like \
            it. Use it first when you are not sure of a name; pass resolved.entityRef to other tools.
            """,
        attributes: .readOnly, permissions: [.readEntities],
        input: Schema.object(
            [
                "name": Schema.string(
                    "Name, part of it, title, or reference [kind:][namespace/]name; any letter case."),
                "kind": Schema.string("Only this kind, such as Component; any letter case."),
                "namespace": Schema.string("Only this namespace."),
                "limit": Schema.integer(1...100, "Candidates to list; \(defaultLimit) when left out."),
            ], required: ["name"]),
        output: Schema.complete([
            "query": Schema.text("What was asked for."),
            "totalFound": Schema.count("Entities whose name holds the text."),
            "match": Schema.orNull(
                Schema.choice(
                    EntityResolver.Match.allCases.map(\.rawValue),
                    "ref: kind, namespace and name are as given; name: the only one of that name; preferred: the first "
                        + "of several of that name, the others are candidates. Null: none has that name.")),
            "resolved": Schema.orNull(Schema.complete(Output.entitySchema)),
            "candidates": Schema.list(
                Schema.complete(Output.entitySchema), "What else may have been meant, the likeliest first."),
        ]))

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        let text = arguments["name"]?.stringValue ?? ""
        return Input(
            text: text,
            pattern: try EntityResolver.pattern(
                text, kind: arguments["kind"]?.stringValue, namespace: arguments["namespace"]?.stringValue,
                argument: "name"),
            limit: arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let resolution = try await EntityResolver(store: store).resolve(input.pattern, limit: input.limit)
        let summaries = try await store.catalog.summaries(
            of: resolution.candidates + (resolution.ref.map { [$0] } ?? []))
        func entity(_ ref: String) -> JSONValue { .object(Output.entity(ref, summaries[ref])) }
        return [
            "query": .string(input.text), "totalFound": .int(Int64(resolution.total)),
            "match": Output.text(resolution.match?.rawValue), "resolved": resolution.ref.map(entity) ?? .null,
            "candidates": .array(resolution.candidates.map(entity)),
        ]
    }
}
