internal import Base
internal import Catalog
internal import Store

/// Who the caller is, for agents that act for a person.
struct WhoAmI: Action {
    let store: Store

    struct Input: Sendable {}

    // There is no permission for knowing oneself; who is no person is told so.
    static let definition = ActionDefinition(
        plugin: "auth", name: "who-am-i", title: "Who am I",
        description: """
            Tells on whose behalf you act: the person's entity in the catalog, its reference, and the references under \
            which it owns things (its own and its groups'). Use it first when somebody asks about "my" services, "my" \
            team or "our" costs, and pass ownershipEntityRefs on to tools that take an owner. Programs' tokens have no person.
            """,
        attributes: .readOnly, permissions: [], input: Schema.object([:]),
        output: Schema.object(
            [
                "entity": EntityOutput.schema,
                "userInfo": Schema.complete([
                    "userEntityRef": Schema.string("Reference of the person's entity."),
                    "ownershipEntityRefs": Schema.list(
                        ["type": "string"], "References under which the person owns things, their own first."),
                ]),
            ], required: ["entity", "userInfo"]))

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input { Input() }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        guard let ref = caller.userEntityRef else {
            throw ActionError(.notAllowed, "This action requires user credentials")
        }
        guard let stored = try await store.catalog.entity(ref: ref) else {
            throw ActionError(.notFound, "No entity \(ref): the catalog does not have the person who signed in")
        }
        let entity = try JSONValue(parsing: stored.document)
        return [
            "entity": EntityAnswer.fitted(entity),
            "userInfo": [
                "userEntityRef": .string(ref),
                "ownershipEntityRefs": .array(([ref] + Self.groups(of: entity)).map(JSONValue.string)),
            ],
        ]
    }

    private static func groups(of entity: JSONValue) -> [String] {
        (entity["relations"]?.arrayValue ?? []).compactMap { relation in
            relation["type"] == "memberOf" ? relation["targetRef"]?.stringValue : nil
        }
    }
}
