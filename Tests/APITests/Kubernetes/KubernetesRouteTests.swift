import API
import Base
import KubeClient
import Testing

@Suite("Kubernetes routes")
struct KubernetesRouteTests {
    private static let workloads = "/api/kubernetes/resources/workloads/query"
    private static let custom = "/api/kubernetes/resources/custom/query"
    private static let services = "/api/kubernetes/services/shop"

    /// A service in front of one cluster that has a pod for whoever asks.
    private func with(_ body: @Sendable (Service, ScriptedCluster) async throws -> Void) async throws {
        let cluster = try ScriptedCluster("main")
        cluster.set("/api/v1/pods", .list(#"{"metadata":{"name":"shop-1"}}"#))
        cluster.set("/apis/example.dev/v1/things", .list("{}"))
        let entry = cluster.entry {
            $0.title = "Main"
            $0.dashboardURL = "https://dashboard.example"
        }
        let objects = KubernetesObjects(
            directory: ClusterDirectory([entry]), configuration: KubernetesObjectsConfiguration(),
            metrics: MetricsRegistry())
        try await Service.with(kubernetes: objects) { try await body($0, cluster) }
    }

    @Test("clusters are listed as Backstage lists them, with nothing of how they are reached")
    func clusters() async throws {
        try await with { service, _ in
            let answer = try await service.client.get("/api/kubernetes/clusters")
            #expect(
                answer.json == [
                    "items": [
                        [
                            "name": "main", "title": "Main", "dashboardUrl": "https://dashboard.example",
                            "authProvider": "serviceAccount",
                        ]
                    ]
                ])
        }
    }

    @Test("an entity is asked for by its ref; the credentials that come along are neither used nor logged")
    func workloads() async throws {
        try await with { service, cluster in
            let answer = try await service.client.send(
                "POST", Self.workloads,
                body: ["entityRef": "Component:default/shop", "auth": ["google": "very-secret"]])
            #expect(answer.status == 200 && answer.headers["Content-Type"] == "application/json; charset=utf-8")
            let item = answer.json["items"]?[0]
            #expect(
                item?["cluster"] == ["name": "main", "title": "Main", "dashboardUrl": "https://dashboard.example"])
            #expect(item?["resources"]?[0] == ["type": "pods", "resources": [["metadata": ["name": "shop-1"]]]])
            #expect(cluster.requests.contains { $0.selector == "backstage.io/kubernetes-id=shop" })
            #expect(!service.log.text.contains("very-secret") && !answer.text.contains("secret-of-the-cluster"))
        }
    }

    @Test("custom resources are asked for alone")
    func custom() async throws {
        try await with { service, cluster in
            let resource: JSONValue = ["group": "example.dev", "apiVersion": "v1", "plural": "things"]
            let answer = try await service.client.send(
                "POST", Self.custom, body: ["entityRef": "component:shop", "customResources": [resource]])
            #expect(
                answer.json["items"]?[0]?["resources"] == [
                    ["type": "customresources", "resources": [["kind": "Thing"]]]
                ])
            #expect(cluster.paths == ["/apis/example.dev/v1/things"])
        }
    }

    @Test("the deprecated route takes the entity as it comes")
    func services() async throws {
        try await with { service, cluster in
            let entity: JSONValue = [
                "metadata": [
                    "name": "unknown", "annotations": ["backstage.io/kubernetes-label-selector": "app in (a,b)"],
                ]
            ]
            let answer = try await service.client.send(
                "POST", Self.services, body: ["entity": entity, "auth": [:]])
            #expect(answer.json["items"]?[0]?["cluster"]?["name"] == "main")
            #expect(cluster.requests.contains { $0.selector == "app in (a,b)" })
        }
    }

    @Test("mistakes in the body are named in Backstage's words")
    func messages() async throws {
        let shop: JSONValue = "component:default/shop"
        let cases: [(String, JSONValue, String)] = [
            (Self.workloads, [:], "entity is a required field"),
            (Self.workloads, [], "entity is a required field"),
            (Self.workloads, ["entityRef": ""], "entity is a required field"),
            (Self.workloads, ["entityRef": nil], "entity is a required field"),
            (Self.workloads, ["entityRef": 5], "entity query must be a string"),
            (Self.workloads, ["entityRef": ["a"]], "entity query must be a string"),
            (
                Self.workloads, ["entityRef": "shop"],
                "Invalid entity ref, Entity reference \"shop\" had missing or empty kind "
                    + "(e.g. did not start with \"component:\" or similar)"
            ),
            (Self.workloads, ["entityRef": "component:nope"], "Entity ref missing, component:default/nope"),
            (Self.custom, [:], "entity is a required field"),
            (Self.custom, ["entityRef": shop], "customResources is a required field"),
            (Self.custom, ["entityRef": shop, "customResources": nil], "customResources is a required field"),
            (Self.custom, ["entityRef": shop, "customResources": [:]], "customResources must be an array"),
            (Self.custom, ["entityRef": shop, "customResources": []], "at least 1 customResource is required"),
            (
                Self.custom, ["entityRef": shop, "customResources": [["group": "a.b", "apiVersion": "v1"]]],
                "customResources[0].plural: is missing; expected a plural such as rollouts"
            ),
            (
                Self.custom,
                [
                    "entityRef": shop, "customResources": [["group": "", "apiVersion": "v1", "plural": "secrets"]],
                ], "customResources[0].plural: secrets are never fetched"
            ),
            (
                Self.custom,
                [
                    "entityRef": shop,
                    "customResources": .array(
                        (0..<51).map { ["group": "a.b", "apiVersion": "v1", "plural": "p\($0)"] }),
                ], "at most 50 customResources are possible"
            ),
            (Self.services, [:], "entity is a required field"),
            (Self.services, ["entity": 1], "entity: expected an entity with metadata.name"),
            (
                Self.services,
                [
                    "entity": [
                        "metadata": [
                            "name": "a", "annotations": ["backstage.io/kubernetes-label-selector": "a=b,("],
                        ]
                    ]
                ],
                "annotation backstage.io/kubernetes-label-selector matches no workload: "
                    + "label selector, column 5: found '(', expected a label key or '!' and a label key"
            ),
        ]
        try await with { service, cluster in
            for (path, body, message) in cases {
                let answer = try await service.client.send("POST", path, body: body)
                #expect(
                    answer.json == errorBody(400, "InputError", message, path, method: "POST"), "\(body.text())")
            }
            let garbled = try await service.client.send("POST", Self.workloads, body: nil)
            #expect(garbled.json["error"]?["message"] == "entity is a required field")
            #expect(cluster.requests.isEmpty)
        }
    }

    @Test("who may not is refused: without a token, without the permission, without sight of the catalog")
    func access() async throws {
        try await with { service, cluster in
            func status(_ token: String?, _ path: String, _ method: String = "POST") async throws -> Int {
                let body: JSONValue = ["entityRef": "component:shop", "entity": ["metadata": ["name": "shop"]]]
                return try await service.client(token).send(method, path, body: body).status
            }
            let anonymous = try await service.client(nil).send("POST", Self.workloads, body: [:])
            #expect(
                anonymous.json
                    == errorBody(401, "AuthenticationError", "Missing credentials", Self.workloads, method: "POST"))
            for path in [Self.workloads, Self.custom, Self.services] {
                #expect(try await status(Service.catalogOnly, path) == 403)
            }
            #expect(try await status(Service.catalogOnly, "/api/kubernetes/clusters", "GET") == 403)
            #expect(try await status(Service.clusterObjectsOnly, "/api/kubernetes/clusters", "GET") == 403)
            #expect(try await status(Service.clusterObjectsOnly, Self.workloads) == 403)
            #expect(cluster.requests.isEmpty)
            #expect(try await status(Service.clusterObjectsOnly, Self.services) == 200)
        }
    }

    @Test("the raw proxy says that there is none", arguments: ["", "/", "/api/v1/pods", "/a/b/c/d"])
    func proxy(rest: String) async throws {
        try await with { service, cluster in
            let path = "/api/kubernetes/proxy" + rest
            for method in ["GET", "POST", "DELETE"] {
                let answer = try await service.client.send(method, path)
                #expect(answer.status == 501 && answer.json["error"]?["name"] == "NotImplementedError")
                #expect(
                    answer.json["error"]?["message"]?.stringValue?.hasPrefix("Callboard passes no requests on") == true)
            }
            #expect(try await service.client(nil).get(path).status == 401)
            #expect(cluster.requests.isEmpty)
        }
    }

    @Test("a service without clusters has no such routes")
    func absent() async throws {
        try await Service.with { service in
            let answer = try await service.client.get("/api/kubernetes/clusters")
            #expect(answer.status == 404)
        }
    }
}
