internal import Base
internal import Catalog
internal import Store

/// Entities of an owner, however the owner is written.
struct GetEntitiesByOwner: Action {
    let store: Store

    struct Input: Sendable {
        let owner: String
        let listing: EntityListing
    }

    static let definition = ActionDefinition(
        plugin: "catalog-mcp", name: "get_entities_by_owner", title: "Get Entities by Owner",
        description: """
            Lists the entities that a team or a person owns. owner may be a full reference (group:default/payments), \
            a shortened one or the bare name (payments: the group or the user of that name in the namespace default, \
            and whatever is written so in spec.owner). Use it for "what does this team have?"; for what that costs \
            ask get-cost with scope owner.
            """,
        attributes: .readOnly, permissions: [.readEntities],
        input: Schema.object(
            EntityListing.properties.adding(["owner": Schema.string("The owner; any letter case.")]),
            required: ["owner"]),
        output: EntityListing.output(echo: ["owner": Schema.text("As asked.")]))

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        let owner = arguments["owner"]?.stringValue ?? ""
        return Input(owner: owner, listing: try EntityListing(arguments, filter: try filter(owner)))
    }

    /// The relation, which is the same however the definition writes the owner; and the very text of the definition, which
    /// may mean a group of the entity's own namespace.
    private static func filter(_ owner: String) throws(ActionError) -> EntityFilter {
        .anyOf([
            .match(key: "relations.ownedBy", values: try refs(owner)), .match(key: "spec.owner", values: [owner]),
        ])
    }

    /// The canonical refs that an owner may mean.
    ///
    /// - Throws: `ActionError` of kind `input`.
    static func refs(_ owner: String) throws(ActionError) -> [String] {
        do throws(CatalogInputError) {
            return [
                try EntityRef(parsing: owner, defaultKind: "group"), try EntityRef(parsing: owner, defaultKind: "user"),
            ].map(\.canonical)
        } catch {
            throw ActionError(.input, "owner: \(error)")
        }
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        try await input.listing.page(in: store, echo: ["owner": .string(input.owner)])
    }
}
