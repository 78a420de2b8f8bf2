import Actions
import Base
import Store
import TestSupport
import Testing

@Suite("Answers at hand", .serialized, .enabled(if: TestDatabase.isAvailable))
struct AnswersAtHandTests {
    private static let id = "catalog:get-catalog-entity"
    private static let shop: JSONObject = ["kind": "Component", "namespace": "DEFAULT", "name": "Shop"]

    @Test(
        "an entity that is named in full and was read lately is at hand, the same as it is answered, to who may read it"
    )
    func entity() async throws {
        try await Scene.with { scene async throws in
            let action = try #require(scene.registry[Self.id])
            let caller = Caller(subject: "test")
            #expect(action.atHand(accepted: Self.shop, for: caller) == nil)
            let feed = scene.store.catalogFeed(logger: Logger("test") { _ in })
            feed.keepCurrent(scene.store.catalog)
            let run = Task { await feed.run() }
            #expect(
                await eventually {
                    _ = try? await action.invoke(Self.shop, for: caller)
                    return action.atHand(accepted: Self.shop, for: caller) != nil
                })
            let kept = try #require(action.atHand(accepted: Self.shop, for: caller))
            #expect(kept.value() == (try await action.invoke(Self.shop, for: caller)))
            #expect(kept.name == "component:default/shop")
            #expect(try JSONValue(parsing: kept.source) == kept.value())
            #expect(action.atHand(accepted: Self.shop, for: Caller(subject: "nobody", restrictions: [])) == nil)
            #expect(action.atHand(accepted: ["name": "shop"], for: caller) == nil)
            #expect(action.atHand(accepted: Self.shop.merging(["name": "no-such"]), for: caller) == nil)
            run.cancel()
            await run.value
        }
    }
}
