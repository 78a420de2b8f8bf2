import Base
import Testing

/// Entities of all kinds around the scene's `shop`, for the actions that look at the catalog alone.
enum Bookshop {
    /// Runs the body with the scene and the bookshop in one database.
    static func with(_ body: @Sendable (Scene) async throws -> Void) async throws {
        try await Scene.with { scene async throws in
            try await scene.define(Self.text, location: "file:bookshop.yaml")
            try await body(scene)
        }
    }

    private static let text = """
        apiVersion: backstage.io/v1alpha1
        kind: Group
        metadata: {name: books, title: The Book Club}
        spec: {type: team, children: [], members: [ada]}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: User
        metadata: {name: ada}
        spec: {memberOf: []}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: System
        metadata: {name: library, description: Where books are lent}
        spec: {owner: books}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata:
          name: lending
          title: Lending desk
          annotations: {github.com/project-slug: 'acme/lending,v2', acme.io/empty: ''}
        spec:
          type: service
          lifecycle: production
          owner: group:default/books
          system: library
          providesApis: [loans]
          consumesApis: [loans, stock]
          dependsOn: ['resource:shelf']
        ---
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata: {name: lending-web}
        spec: {type: website, lifecycle: experimental, owner: user:ada, system: library, dependsOn: ['component:lending']}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata: {name: archive, namespace: history}
        spec: {type: Service, lifecycle: production, owner: books}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: Resource
        metadata: {name: shelf}
        spec: {type: database, owner: books}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: API
        metadata: {name: loans}
        spec: {type: openapi, lifecycle: production, owner: books, system: library, definition: 'openapi: 3.1.0 … größer'}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: API
        metadata: {name: lending}
        spec: {type: graphql, lifecycle: production, owner: books, definition: 'type Query'}
        """
}

/// The texts of a field of a list's objects.
func texts(_ list: JSONValue?, _ field: String) -> [String] {
    list?.arrayValue?.compactMap { $0[field]?.stringValue } ?? []
}

/// The refs of a list of entities as they are served.
func entityRefs(_ list: JSONValue?) -> [String] {
    list?.arrayValue?.map { item in
        let part = { (key: String) in item["metadata"]?[key]?.stringValue ?? "" }
        return "\(item["kind"]?.stringValue ?? ""):\(part("namespace"))/\(part("name"))".lowercased()
    } ?? []
}
