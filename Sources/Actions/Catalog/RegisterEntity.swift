internal import Base
internal import Catalog
internal import Store

/// Registers a URL, so that the catalog reads what stands there from now on.
struct RegisterEntity: Action {
    let store: Store
    /// `catalog.readonly`.
    let isReadOnly: Bool

    static let definition = ActionDefinition(
        plugin: "catalog", name: "register-entity", title: "Register a location of catalog entities",
        description: """
            Registers the URL of a catalog file, such as \
            https://github.com/org/repo/blob/main/catalog-info.yaml, so that the entities in it and in the files that it \
            names come into the catalog. It answers at once, before anything was read: a few seconds later get the Location \
            entity that entityRef names, whose status tells what could not be read, and look at list-catalog-problems. \
            A URL that is registered already is refused. Try the text with validate-entity first.
            """,
        attributes: ActionAttributes(isReadOnly: false, isDestructive: false, isIdempotent: false),
        permissions: [.createLocations],
        input: Schema.object(
            ["locationUrl": Schema.string("The URL of the file, as people see it in a browser.")],
            required: ["locationUrl"]),
        output: Schema.complete([
            "locationId": Schema.string("Id of the registered location; unregister-entity takes it."),
            "entityRef": Schema.string("The Location entity that stands for it."),
        ]), aliases: ["register"])

    static func input(_ arguments: JSONObject) throws(ActionError) -> LocationRef {
        let url = arguments["locationUrl"]?.stringValue ?? ""
        let ref = LocationRef(type: "url", target: url)
        guard ref.isRegistrable, (try? LocationRef(parsing: ref.description)) == ref else {
            throw ActionError(.input, "\(redactedURL(url)) is an invalid URL")
        }
        return ref
    }

    func run(_ ref: LocationRef, for caller: Caller) async throws -> JSONValue {
        let access = CatalogAccess(catalog: store.catalog, caller: caller, isReadOnly: isReadOnly)
        let location =
            switch try await access.register(ref) {
            case .registered(let location), .existing(let location): location
            }
        return ["locationId": .string(location.id), "entityRef": .string(location.ref.entityRef.canonical)]
    }
}
