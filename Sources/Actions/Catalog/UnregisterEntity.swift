internal import Base
internal import Store

/// Ends the registration of a URL.
struct UnregisterEntity: Action {
    let store: Store
    /// `catalog.readonly`.
    let isReadOnly: Bool

    enum Input: Sendable {
        case id(String)
        case url(String)
    }

    private static func only(_ name: String, _ description: String) -> JSONValue {
        Schema.object([name: Schema.string(description)], required: [name])
    }

    static let definition = ActionDefinition(
        plugin: "catalog", name: "unregister-entity", title: "Unregister a location of catalog entities",
        description: """
            Ends the registration of a location: its Location entity goes, and with it all entities that came into \
            the catalog by it alone. Name the location by the id that register-entity gave, or by its URL. Locations \
            that the operator configured cannot be unregistered. Use it only when somebody asks for this location to \
            go.
            """,
        attributes: ActionAttributes(isReadOnly: false, isDestructive: true, isIdempotent: true),
        permissions: [.deleteLocations],
        input: Schema.object(
            [
                "type": [
                    "description": "Which location.",
                    "anyOf": [
                        only("locationId", "The id that register-entity gave."),
                        only("locationUrl", "The URL that was registered; any letter case."),
                    ],
                ]
            ], required: ["type"]),
        output: Schema.object([:]), aliases: ["unregister"])

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        if let id = arguments["type"]?["locationId"]?.stringValue { return .id(id) }
        return .url(arguments["type"]?["locationUrl"]?.stringValue ?? "")
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let access = CatalogAccess(catalog: store.catalog, caller: caller, isReadOnly: isReadOnly)
        switch input {
        case .id(let id): try await access.unregister(location: id)
        case .url(let url): try await access.unregister(url: url)
        }
        return [:]
    }
}
