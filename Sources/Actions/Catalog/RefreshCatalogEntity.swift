internal import Base
internal import Catalog
internal import Store

/// Has the place where an entity is defined read again now.
struct RefreshCatalogEntity: Action {
    let store: Store

    static let definition = ActionDefinition(
        plugin: "catalog", name: "refresh-catalog-entity", title: "Read a catalog entity again",
        description: """
            Has the place where an entity is defined read again now, instead of at its next time, and that of the \
            nearest Location entity which leads there. It answers at once; a few seconds later the entity is as its \
            file says. Name alone is enough when it is unique; otherwise give kind and namespace as well. Use it \
            after a definition was changed in its repository.
            """,
        attributes: ActionAttributes(isReadOnly: false, isDestructive: false, isIdempotent: true),
        permissions: [.readEntities, .refreshEntities], input: GetCatalogEntity.definition.input,
        output: Schema.complete(["entityRef": Schema.string("The entity whose place is read.")]), aliases: ["refresh"])

    static func input(_ arguments: JSONObject) throws(ActionError) -> GetCatalogEntity.Input {
        try GetCatalogEntity.input(arguments)
    }

    func run(_ input: GetCatalogEntity.Input, for caller: Caller) async throws -> JSONValue {
        let entity = try await GetCatalogEntity(store: store).entity(input)
        do {
            let access = CatalogAccess(catalog: store.catalog, caller: caller)
            try await access.refresh(EntityRef(parsing: entity.ref))
        } catch let error as CatalogInputError {
            throw ActionError(.input, "\(error)")
        }
        return ["entityRef": .string(entity.ref)]
    }
}
