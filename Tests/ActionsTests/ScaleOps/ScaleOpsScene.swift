import Base
import CostSources
import Costs
import HTTPClient
import Matching
import Store
import TestSupport

@testable import Actions

/// The small company with a ScaleOps that knows some of what runs for it.
struct ScaleOpsScene: Sendable {
    let scene: Scene
    let server: FigureServer
    let store: Store

    static let asOf = time("2036-03-10T12:25:00Z")

    /// - Parameter stored: what ScaleOps said last.
    static func with(
        _ stored: [JSONValue] = [], _ body: @Sendable (ScaleOpsScene) async throws -> Void
    ) async throws {
        try await Scene.with { scene async throws in
            let server = try FigureServer(stored)
            let registry = try ActionRegistry(
                store: scene.store, currency: "EUR", scaleOps: settings(server.url), now: { Scene.now })
            let all = ScaleOpsScene(
                scene: Scene(store: scene.store, registry: registry), server: server, store: scene.store)
            try await all.store(stored)
            try await body(all)
        }
    }

    static func settings(_ urls: String...) -> ScaleOpsActionSettings {
        let clients = urls.enumerated().map { index, url in
            var manner = ScaleOpsClient.Manner()
            manner.pause = { _ in }
            return ScaleOpsClient(
                ScaleOpsEndpoint(name: "e\(index)", baseURL: url, linksToDashboard: true),
                http: HTTPClient(name: "test"), metrics: ScaleOpsMetrics(MetricsRegistry()), version: "1",
                manner: manner, logger: Logger("test", sink: { _ in }))
        }
        return ScaleOpsActionSettings(
            endpoints: ScaleOpsEndpoints(clients), clusterNames: ScaleOpsClusterNames(["theirs@1": "main"]))
    }

    /// Stores rows as the leader does.
    private func store(_ rows: [JSONValue]) async throws {
        let present = try await store.workloads.present(cluster: "main")
        let recommendations = rows.compactMap { row -> Recommendation? in
            guard let id = present.first(where: { $0.key.name == row["workloadName"]?.stringValue })?.value else {
                return nil
            }
            var details: JSONObject = ["endpoint": "e0", "workload": row, "costRange": "7d"]
            details["cost"] = row["cost"] ?? .null
            var recommendation = Recommendation(
                workloadID: id, container: "", source: .scaleops, sizingClass: .ok, computedAt: Self.asOf)
            recommendation.details = details
            return recommendation
        }
        guard !recommendations.isEmpty else { return }
        try await store.costs.write(recommendations)
        let state = IngestState(cluster: "main", through: Self.asOf, askedAt: Self.asOf, unmatched: 7)
        try await store.costs.note([state], source: .scaleops)
    }

    func answer(_ name: String, _ more: JSONObject = [:], ref: String = "component:default/shop") async throws
        -> JSONValue
    {
        var arguments: JSONObject = ["entityRef": .string(ref)]
        for (key, value) in more { arguments[key] = value }
        return try await scene.invoke("scaleops:\(name)", arguments)
    }

    func refusal(_ name: String, _ more: JSONObject = [:], ref: String = "component:default/shop") async throws
        -> ActionError?
    {
        var arguments: JSONObject = ["entityRef": .string(ref)]
        for (key, value) in more { arguments[key] = value }
        return try await scene.refusal("scaleops:\(name)", arguments)
    }

    static func row(_ name: String, _ more: JSONObject = [:], cost: JSONObject? = ["totalCost": 16.8]) -> JSONValue {
        FigureServer.workload(name, cost: cost, more)
    }
}

/// The values of a field in a list of objects.
func values(_ list: JSONValue?, _ field: String) -> [JSONValue?] { list?.arrayValue?.map { $0[field] } ?? [] }
