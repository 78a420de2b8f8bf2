import Actions
import Base
import Catalog
import Store
import TestSupport
import Testing

@Suite("Actions that register, unregister and refresh", .serialized, .enabled(if: TestDatabase.isAvailable))
struct LocationActionTests {
    private static let url = "https://github.com/acme/shop/blob/main/catalog-info.yaml"

    @Test("a URL is registered under an id, once, and found again in the list of locations")
    func register() async throws {
        try await Scene.with { scene async throws in
            let answer = try await scene.invoke("catalog:register", ["locationUrl": .string(Self.url)])
            let location = try #require(try await scene.store.catalog.registeredLocations().first)
            #expect(answer["locationId"] == .string(location.id) && location.ref.target == Self.url)
            #expect(answer["entityRef"] == .string(location.ref.entityRef.canonical))
            #expect(
                try await scene.refusal("catalog:register-entity", ["locationUrl": .string(Self.url)])
                    == ActionError(.conflict, "Location url:\(Self.url) already exists"))
        }
    }

    @Test(
        "what is no URL is refused in Backstage's words",
        arguments: [
            "shop", "/a.yaml", "https://", "javascript:alert(1)", "https://host/a b.yaml", " https://host/a.yaml",
            "https://host/" + String(repeating: "a", count: 2_000),
        ])
    func invalid(url: String) async throws {
        let scene = try Scene.withoutDatabase()
        #expect(
            try await scene.refusal("catalog:register-entity", ["locationUrl": .string(url)])
                == ActionError(.input, "\(url) is an invalid URL"))
    }

    @Test("a URL with user and password is refused, and they are not repeated")
    func user() async throws {
        let scene = try Scene.withoutDatabase()
        #expect(
            try await scene.refusal("catalog:register-entity", ["locationUrl": "https://bot:S3cret@host/a.yaml"])
                == ActionError(.input, "https://…@host/a.yaml is an invalid URL"))
    }

    @Test("a location is unregistered by its id or by its URL in any letter case; one that is not there is not found")
    func unregister() async throws {
        try await Scene.with { scene async throws in
            let id = try await scene.invoke("catalog:register", ["locationUrl": .string(Self.url)])["locationId"]
            #expect(try await scene.invoke("catalog:unregister", ["type": ["locationId": id ?? .null]]) == [:])
            #expect(try await scene.store.catalog.registeredLocations().isEmpty)
            _ = try await scene.invoke("catalog:register", ["locationUrl": .string(Self.url)])
            let shouted: JSONObject = ["type": ["locationUrl": .string(Self.url.uppercased())]]
            _ = try await scene.invoke("catalog:unregister-entity", shouted)
            #expect(try await scene.store.catalog.registeredLocations().isEmpty)
            #expect(
                try await scene.refusal("catalog:unregister-entity", shouted)
                    == ActionError(.notFound, "Location with URL \(Self.url.uppercased()) not found"))
        }
    }

    @Test("of URLs that differ in letter case alone the very one goes, and none when neither is that")
    func lettercase() async throws {
        try await Scene.with { scene async throws in
            for url in ["https://host/A.yaml", "https://host/a.yaml"] {
                _ = try await scene.invoke("catalog:register", ["locationUrl": .string(url)])
            }
            let refusal = try await scene.refusal(
                "catalog:unregister", ["type": ["locationUrl": "https://HOST/a.yaml"]])
            #expect(refusal?.kind == .conflict)
            _ = try await scene.invoke("catalog:unregister", ["type": ["locationUrl": "https://host/A.yaml"]])
            #expect(try await scene.store.catalog.registeredLocations().map(\.ref.target) == ["https://host/a.yaml"])
        }
    }

    @Test("in read-only mode nothing is registered or unregistered")
    func readOnly() async throws {
        try await TestDatabase.withStore { store in
            let scene = Scene(
                store: store, registry: try ActionRegistry(store: store, currency: "EUR", isReadOnly: true))
            let refused = ActionError(.notAllowed, "This operation not allowed in readonly mode")
            #expect(try await scene.refusal("catalog:register", ["locationUrl": .string(Self.url)]) == refused)
            for type in [["locationUrl": .string(Self.url)], ["locationId": "x"]] as [JSONValue] {
                #expect(try await scene.refusal("catalog:unregister", ["type": type]) == refused)
            }
        }
    }

    @Test("which location is meant must be said in one way")
    func inputs() async throws {
        let scene = try Scene.withoutDatabase()
        for type in [[:], "x", ["locationId": "a", "locationUrl": "b"], ["locationId": ""]] as [JSONValue] {
            #expect(try await scene.refusal("catalog:unregister", ["type": type])?.kind == .input)
        }
    }

    @Test(
        "refreshing an entity has its place read again, and is refused when the name is nobody's or several entities'")
    func refresh() async throws {
        try await Scene.with { scene async throws in
            #expect(
                try await scene.invoke("catalog:refresh", ["name": "SHOP"]) == ["entityRef": "component:default/shop"])
            let due = try await scene.store.catalog.takeRequests()
            #expect(due?.map(\.location) == ["file:catalog.yaml"])
            #expect(try await scene.refusal("catalog:refresh", ["name": "nobody"])?.kind == .input)
            #expect(try await scene.refusal("catalog:refresh-catalog-entity", ["name": "cart"])?.kind == .conflict)
        }
    }
}
