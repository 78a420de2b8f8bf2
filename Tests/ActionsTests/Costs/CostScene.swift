import Base
import Store

extension Scene {
    /// The scene with a system in a domain, an API between two components, and two closed days that are rolled up.
    ///
    /// On 8 March the shop ran for an hour; on the 9th the shop for two, the web for one, the orders for four and the orphan
    /// dns for one; on the 10th, which is running, the shop for one. Each hour costs 1.
    static func withCosts(_ body: @Sendable (Scene) async throws -> Void) async throws {
        try await with { scene async throws in
            try await scene.define(front, location: "file:front.yaml")
            try await scene.run([
                deployment("web", links: [link("component:default/web")]),
                deployment("orders", links: [link("component:default/orders")]),
            ])
            try await scene.charge(
                "shop",
                ["2036-03-08T05:00:00Z", "2036-03-09T05:00:00Z", "2036-03-09T06:00:00Z", "2036-03-10T01:00:00Z"])
            try await scene.charge("web", ["2036-03-09T07:00:00Z"])
            try await scene.charge("orders", (0..<4).map { "2036-03-09T0\($0):00:00Z" })
            try await scene.charge("dns", ["2036-03-09T09:00:00Z"])
            try await scene.store.costs.rollUp()
            try await body(scene)
        }
    }

    private static let front = """
        apiVersion: backstage.io/v1alpha1
        kind: Domain
        metadata: {name: sales}
        spec: {owner: board}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: System
        metadata: {name: front}
        spec: {owner: payments, domain: sales}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata: {name: web}
        spec:
          type: website
          lifecycle: experimental
          owner: payments
          system: front
          dependsOn: ['component:shop']
          consumesApis: [orders]
        ---
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata: {name: orders}
        spec: {type: service, lifecycle: production, owner: user:default/sam, providesApis: [orders]}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: API
        metadata: {name: orders}
        spec: {type: openapi, lifecycle: production, owner: user:default/sam, definition: 'openapi: 3.0.0'}
        """
}

extension JSONValue {
    /// One member of each element of a list.
    func each(_ key: String) -> [JSONValue] { arrayValue?.map { $0[key] ?? .null } ?? [] }
    /// The totals of each element's actual cost.
    var actualTotals: [JSONValue] { each("actual").map { $0["cost"]?["total"] ?? .null } }
}
