package import Base
internal import HTTPServer
internal import Synchronization

/// A ScaleOps over HTTP without login whose figures a test sets. What a workload costs stands in its row as `cost`.
package final class FigureServer: Sendable {
    /// What it answers.
    package struct Figures: Sendable {
        package var workloads: [JSONValue] = []
        package var policies: [JSONValue] = []
        package var destinations: [JSONValue] = []
        package var networkClusters: JSONValue = [:]
        /// Clusters that requests about fail with 500.
        package var down: Set<String> = []
        /// Whether all requests fail.
        package var isDown = false
    }

    /// A request that came.
    package struct Asked: Sendable {
        package let path: String
        package let cluster: String?
        package let body: JSONValue
    }

    private let state = Mutex((figures: Figures(), asked: [Asked]()))
    private let server: Mutex<HTTPServer?> = Mutex(nil)

    package init(_ workloads: [JSONValue] = []) throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { [weak self] request in
            self?.respond(request) ?? HTTPServerResponse(status: 503)
        }
        self.server.withLock { $0 = server }
        change { $0.workloads = workloads }
    }

    package var url: String { "http://127.0.0.1:\(server.withLock { $0?.port ?? 0 })" }
    package var asked: [Asked] { state.withLock { $0.asked } }

    package func change(_ change: (inout Figures) -> Void) { state.withLock { change(&$0.figures) } }

    private func respond(_ request: HTTPServerRequest) -> HTTPServerResponse {
        let asked = Asked(
            path: request.path, cluster: request.headers["X-Scaleops-Cluster"],
            body: (try? JSONValue(parsing: request.body)) ?? .null)
        let figures = state.withLock { state in
            state.asked.append(asked)
            return state.figures
        }
        guard !figures.isDown, !figures.down.contains(asked.cluster ?? "") else {
            return .json(500, ["error": "the agent is gone"])
        }
        return .json(200, Self.answer(asked, figures))
    }

    private static func answer(_ asked: Asked, _ figures: Figures) -> JSONValue {
        switch asked.path {
        case "/api/v1/dashboard/byNamespace": return ["workloads": .array(figures.workloads)]
        case "/detailedCostReport/getWorkloads":
            let rows = figures.workloads.filter { row in
                asked.body["clusterFilters"]?[0] == row["clusterName"]
                    && asked.body["namespaces"]?[0] == row["namespace"]
                    && asked.body["workloadTypes"]?[0] == row["type"]
            }
            return ["aggregatedWorkloads": .array(rows.compactMap { $0["cost"] })]
        case "/api/v1/networkCost/networkCostEnabled": return ["networkCostEnabled": figures.networkClusters]
        case "/api/v1/workload-network": return ["destinations": .array(figures.destinations)]
        case "/api/v1/policies": return ["policies": .array(figures.policies)]
        default: return [:]
        }
    }

    /// A row of a workload.
    ///
    /// - Parameter cost: members of its row in the cost report; nil: it has none.
    package static func workload(
        _ name: String, cluster: String = "main", namespace: String = "prod", kind: String = "Deployment",
        cost: JSONObject? = ["totalCost": 16.8], _ more: JSONObject = [:]
    ) -> JSONValue {
        var row: JSONObject = [
            "id": .string("\(cluster)/\(namespace)/\(name)"), "clusterName": .string(cluster),
            "namespace": .string(namespace), "workloadName": .string(name), "type": .string(kind),
            "policyName": "high-availability", "auto": false, "cpuRequests": 1000, "memRequests": 1_073_741_824,
            "cpuRecommended": 250.5, "memRecommended": 536_870_912, "isUnderProvisioned": false,
            "isOverProvisioned": true, "savingsAvailable": 102.364, "activeSavings": 3.5,
        ]
        for (key, value) in more { row[key] = value }
        if var cost {
            cost["id"] = cost["id"] ?? row["id"]?.stringValue.map { .string($0.uppercased()) } ?? .null
            cost["workloadName"] = .string(name)
            row["cost"] = .object(cost)
        }
        return .object(row)
    }
}
