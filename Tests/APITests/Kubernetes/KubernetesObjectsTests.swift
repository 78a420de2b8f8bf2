import Base
import KubeClient
import TestSupport
import Testing

@testable import API

/// The whole way from a query to the answer, against API servers that do what a test says.
@Suite("Cluster objects")
struct KubernetesObjectsTests {
    private let metrics = MetricsRegistry()

    private func query(_ annotations: JSONObject = [:]) throws -> ObjectQuery {
        try ObjectQuery(entity: ["metadata": ["name": "shop", "annotations": .object(annotations)]])
    }

    private func objects(
        _ entries: [ClusterDirectory.Entry], clock: some Clock<Duration> = ContinuousClock(),
        _ change: (inout KubernetesObjectsConfiguration) -> Void = { _ in }
    ) -> KubernetesObjects {
        var configuration = KubernetesObjectsConfiguration()
        configuration.cacheTime = .zero
        change(&configuration)
        return KubernetesObjects(
            directory: ClusterDirectory(entries), configuration: configuration, metrics: metrics, clock: clock)
    }

    private func items(
        _ objects: KubernetesObjects, _ demand: KubernetesObjects.Demand = .workloads, _ annotations: JSONObject = [:]
    ) async throws -> [JSONValue] {
        let answer = try JSONValue(parsing: try await objects.bytes(demand, of: try query(annotations)))
        return try #require(answer["items"]?.arrayValue)
    }

    private func resources(_ item: JSONValue?, _ type: String) -> [JSONValue]? {
        item?["resources"]?.arrayValue?.first { $0["type"]?.stringValue == type }?["resources"]?.arrayValue
    }

    private static let pod = #"{"metadata":{"name":"shop-1","namespace":"prod"},"spec":{"containers":[]}}"#

    @Test("every type is asked for once, by the selector, and what has nothing is left out")
    func fanOut() async throws {
        let (full, empty) = (try ScriptedCluster("full"), try ScriptedCluster("empty"))
        full.set("/api/v1/pods", .list(Self.pod))
        full.set("/api/v1/services", .list(#"{"a":1}, {"a":2.50}"#))
        let found = try await items(objects([full.entry, empty.entry]))
        #expect(found.count == 1 && found[0]["cluster"] == ["name": "full"])
        #expect(resources(found[0], "pods")?.count == 1 && resources(found[0], "services")?.count == 2)
        #expect(resources(found[0], "jobs") == [] && found[0]["errors"] == [] && found[0]["podMetrics"] == [])
        #expect(found[0]["resources"]?.arrayValue?.map { $0["type"] } == ObjectType.all.map { .string($0.name) })
        #expect(full.requests.count { $0.path != "/apis/metrics.k8s.io/v1beta1" } == 13)
        #expect(full.requests.allSatisfy { $0.selector == "backstage.io/kubernetes-id=shop" || $0.selector == nil })
        #expect(!full.paths.contains { $0.hasSuffix("secrets") })
    }

    @Test("each namespace of the annotation is asked for on its own, and answers stand together in that order")
    func namespaces() async throws {
        let cluster = try ScriptedCluster("one")
        cluster.set("/api/v1/namespaces/b/configmaps", .list(#"{"n":"b"}"#))
        cluster.set("/api/v1/namespaces/a/configmaps", .list(#"{"n":"a1"},{"n":"a2"}"#))
        let objects = objects([cluster.entry]) { $0.objectTypes = $0.objectTypes.filter { $0.name == "configmaps" } }
        let found = try await items(objects, .workloads, ["backstage.io/kubernetes-namespace": "b,a"])
        #expect(resources(found.first, "configmaps") == [["n": "b"], ["n": "a1"], ["n": "a2"]])
        #expect(found.first?["resources"]?.arrayValue?.count == 1)
    }

    @Test("older servers are asked for the versions that they have; a kind that they lack is no error")
    func oldServer() async throws {
        var served = ScriptedCluster.current
        served["/apis/autoscaling/v2"] = nil
        served["/apis/autoscaling/v2beta2"] = ["horizontalpodautoscalers"]
        served["/apis/batch/v1"] = ["jobs"]
        served["/apis/batch/v1beta1"] = ["cronjobs"]
        served["/apis/networking.k8s.io/v1"] = nil
        let cluster = try ScriptedCluster("old", serving: served)
        cluster.set("/apis/batch/v1beta1/cronjobs", .list("{}"))
        cluster.set("/apis/autoscaling/v2beta2/horizontalpodautoscalers", .list("{}"))
        let found = try await items(objects([cluster.entry]))
        #expect(resources(found.first, "cronjobs") == [[:]])
        #expect(resources(found.first, "horizontalpodautoscalers") == [[:]])
        #expect(resources(found.first, "ingresses") == [] && found.first?["errors"] == [])
    }

    @Test("a version that was configured is asked for as it is, and its absence is an error")
    func pinned() async throws {
        let cluster = try ScriptedCluster("new")
        let objects = objects([cluster.entry]) { $0.objectTypes = [ObjectType.all[11].pinned(to: "v1beta1")] }
        let found = try await items(objects)
        #expect(
            found.first?["errors"] == [
                ["errorType": "NOT_FOUND", "statusCode": 404, "resourcePath": "/apis/batch/v1beta1/cronjobs"]
            ])
    }

    @Test("what a server serves is asked once in a minute, and at once when a version is gone")
    func upgrade() async throws {
        var served = ScriptedCluster.current
        served["/apis/batch/v1"] = ["jobs"]
        served["/apis/batch/v1beta1"] = ["cronjobs"]
        let cluster = try ScriptedCluster("one", serving: served)
        cluster.set("/apis/batch/v1beta1/cronjobs", .list("{}"))
        let clock = ManualClock()
        let objects = objects([cluster.entry], clock: clock) { $0.objectTypes = [ObjectType.all[11]] }
        for _ in 0..<3 { _ = try await items(objects) }
        #expect(cluster.allPaths.count { $0 == "/apis/batch/v1" } == 1)
        cluster.serve("/apis/batch/v1beta1", nil)
        cluster.set("/apis/batch/v1beta1/cronjobs", .status(404))
        #expect(try await items(objects) == [])
        cluster.serve("/apis/batch/v1", ["jobs", "cronjobs"])
        cluster.set("/apis/batch/v1/cronjobs", .list("{}"))
        clock.advance(by: .seconds(60))
        #expect(resources(try await items(objects).first, "cronjobs") == [[:]])
    }

    @Test(
        "a refused kind is one error in Backstage's words, and the other kinds are there",
        arguments: [
            (400, "BAD_REQUEST"), (401, "UNAUTHORIZED_ERROR"), (403, "UNKNOWN_ERROR"), (404, "NOT_FOUND"),
            (500, "SYSTEM_ERROR"), (503, "UNKNOWN_ERROR"),
        ])
    func refusedKind(status: Int, type: String) async throws {
        let cluster = try ScriptedCluster("one")
        cluster.set("/api/v1/pods", .list(Self.pod))
        cluster.set("/api/v1/services", .status(status))
        let found = try await items(objects([cluster.entry]))
        #expect(
            found.first?["errors"] == [
                [
                    "errorType": .string(type), "statusCode": .int(Int64(status)),
                    "resourcePath": "/api/v1/services",
                ]
            ])
        #expect(resources(found.first, "pods")?.count == 1 && resources(found.first, "services") == nil)
    }

    @Test("an unreachable cluster is one error, and the others answer")
    func unreachable() async throws {
        let cluster = try ScriptedCluster("near")
        cluster.set("/api/v1/pods", .list(Self.pod))
        let found = try await items(objects([ScriptedCluster.unreachable("away"), cluster.entry]))
        #expect(found.map { $0["cluster"]?["name"] } == ["away", "near"])
        let errors = found[0]["errors"]?.arrayValue ?? []
        #expect(errors.count == 1 && errors[0]["errorType"] == "FETCH_ERROR")
        #expect(errors[0]["message"]?.stringValue?.hasPrefix("the cluster cannot be reached: ") == true)
        #expect(resources(found[1], "pods")?.count == 1)
    }

    @Test("a cluster that does not answer in time gives what has come and says what is missing")
    func slow() async throws {
        let (slow, quick) = (try ScriptedCluster("slow"), try ScriptedCluster("quick"))
        for cluster in [slow, quick] { cluster.set("/api/v1/pods", .list(Self.pod)) }
        slow.set("/api/v1/services", .silence)
        slow.set("/apis/batch/v1", .silence)
        let clock = ManualClock()
        let objects = objects([slow.entry, quick.entry], clock: clock)
        async let found = items(objects)
        // The quick cluster has answered: asleep are the slow one's deadline and what looks after the discovery. The slow
        // one was asked for the same, but for the two kinds that its silent group has.
        #expect(
            await eventually {
                slow.underWay == 2 && clock.sleeperCount == 2 && quick.underWay == 0
                    && slow.paths.count == quick.paths.count - 2
            })
        clock.advance(by: .seconds(10))
        let items = try await found
        #expect(items.count == 2 && items[0]["errors"] == [] && resources(items[0], "pods")?.count == 1)
        // What the server has sent the client may not have read yet: it is missing then, and never both or neither.
        let there = (items[1]["resources"]?.arrayValue ?? []).compactMap { $0["type"]?.stringValue }
        let wanted = (items[0]["resources"]?.arrayValue ?? []).compactMap { $0["type"]?.stringValue }
        let missing = wanted.filter { !there.contains($0) }
        #expect(!there.isEmpty)
        #expect(missing.contains("services") && missing.contains("jobs") && missing.contains("cronjobs"))
        #expect(
            items[1]["errors"] == [
                [
                    "errorType": "FETCH_ERROR",
                    "message": .string(
                        "the cluster did not answer within 10 s; missing: \(missing.joined(separator: ", "))"),
                ]
            ])
        #expect(await eventually { slow.underWay == 0 }, "the requests are cancelled")
        #expect(await eventually { await objects.isIdle })
    }

    @Test(
        "an answer that is no list is an error of that kind alone",
        arguments: [
            ("<html>Log in</html>", "text/html"), ("k8s\0\u{1}", "application/vnd.kubernetes.protobuf"),
            (#"{"items":[{}"#, "application/json"), (#"{"kind":"Status"}"#, "application/json"), ("", "text/plain"),
        ])
    func noList(text: String, type: String) async throws {
        let cluster = try ScriptedCluster("one")
        cluster.set("/api/v1/pods", .list(Self.pod))
        cluster.set("/api/v1/services", .raw(text, type: type))
        let found = try await items(objects([cluster.entry]))
        let errors = found.first?["errors"]?.arrayValue ?? []
        #expect(errors.count == 1 && errors[0]["errorType"] == "FETCH_ERROR")
        #expect(errors[0]["message"]?.stringValue?.hasPrefix("/api/v1/services: the answer is") == true)
        #expect(resources(found.first, "pods")?.count == 1)
    }

    @Test("more objects or bytes than may be in an answer are left out with an error that says so")
    func bounds() async throws {
        let cluster = try ScriptedCluster("one")
        cluster.set("/api/v1/services", .list((0..<4).map { #"{"a":\#($0)}"# }.joined(separator: ",")))
        cluster.set("/api/v1/configmaps", .list(#"{"a":"\#(String(repeating: "x", count: 1 << 20))"}"#))
        cluster.set("/api/v1/pods", .raw(#"{"metadata":{"continue":"more"},"items":[{}]}"#, type: "application/json"))
        let found = try await items(
            objects([cluster.entry]) {
                $0.answerObjects = 3
                $0.answerBytes = 1 << 20
            })
        let messages = (found.first?["errors"]?.arrayValue ?? []).compactMap { $0["message"]?.stringValue }
        #expect(messages.count == 3)
        #expect(messages.first == "pods: left out, because the answer would have more than 3 objects")
        #expect(messages.contains("services: left out, because the answer would have more than 3 objects"))
        #expect(messages.contains { $0.hasPrefix("/api/v1/configmaps: ") }, "\(messages)")
        cluster.set("/api/v1/configmaps", .list(#"{"a":"\#(String(repeating: "x", count: 900_000))"}"#))
        cluster.set("/api/v1/services", .list(#"{"a":"\#(String(repeating: "x", count: 900_000))"}"#))
        cluster.set("/api/v1/pods", .list(""))
        let second = try await items(objects([cluster.entry]) { $0.answerBytes = 1 << 20 })
        #expect(second.first?["errors"]?.arrayValue?.count == 1)
        #expect(
            second.first?["errors"]?[0]?["message"]?.stringValue?.hasSuffix(
                ": left out, because the answer would have more than 1 MiB of objects") == true)
    }

    @Test("custom resources: the request's beat the cluster's, which beat those for all; unknown ones are NOT_FOUND")
    func customResources() async throws {
        func resource(_ plural: String) -> CustomResourceName {
            CustomResourceName(group: "example.dev", version: "v1", plural: plural)
        }
        let (own, general) = (try ScriptedCluster("general"), try ScriptedCluster("own"))
        for cluster in [own, general] {
            for plural in ["a", "b", "c"] {
                cluster.set("/apis/example.dev/v1/\(plural)", .list(#"{"p":"\#(plural)"}"#))
            }
        }
        let objects = objects([own.entry, general.entry { $0.customResources = [resource("b")] }]) {
            $0.objectTypes = []
            $0.customResources = [resource("a")]
        }
        func custom(_ plural: String) -> JSONValue {
            ["type": "customresources", "resources": [["kind": "Thing", "p": .string(plural)]]]
        }
        let workloads = try await items(objects)
        #expect(workloads.map { $0["resources"] } == [.array([custom("a")]), .array([custom("b")])])
        let asked = try await items(objects, .custom([resource("c"), resource("none")]))
        #expect(asked.map { $0["resources"] } == [.array([custom("c")]), .array([custom("c")])])
        #expect(
            asked[0]["errors"] == [
                ["errorType": "NOT_FOUND", "statusCode": 404, "resourcePath": "/apis/example.dev/v1/none"]
            ])
    }

    @Test("secrets are not asked for, even when a cluster's own list of custom resources names them")
    func secrets() async throws {
        let cluster = try ScriptedCluster("one")
        let secrets = CustomResourceName(group: "", version: "v1", plural: "secrets")
        let objects = objects([cluster.entry { $0.customResources = [secrets] }]) { $0.customResources = [secrets] }
        _ = try await items(objects)
        _ = try await items(objects, .custom([secrets]))
        #expect(!cluster.allPaths.contains { $0.contains("secrets") })
    }

    @Test("fifty who look at the same entity cost one request for each list, and a second look none")
    func coalescing() async throws {
        let cluster = try ScriptedCluster("one")
        let gate = Gate()
        cluster.set("/api/v1/pods", .gated(gate, Self.pod))
        let clock = ManualClock()
        let objects = objects([cluster.entry { $0.skipsMetrics = true }], clock: clock) { $0.cacheTime = .seconds(5) }
        async let answers = withThrowingTaskGroup(of: [JSONValue].self) { group in
            for _ in 0..<50 { group.addTask { try await items(objects) } }
            return try await group.reduce(into: [[JSONValue]]()) { $0.append($1) }
        }
        // The deadline of each, and the one that looks after what is kept.
        #expect(await eventually { clock.sleeperCount >= 51 })
        gate.open()
        #expect(try await answers.allSatisfy { resources($0.first, "pods")?.count == 1 })
        #expect(cluster.requests.count == 13 && Set(cluster.requests).count == 13)
        #expect(cluster.mostUnderWay <= 6)
        _ = try await items(objects)
        #expect(cluster.requests.count == 13)
        clock.advance(by: .seconds(5))
        _ = try await items(objects)
        #expect(cluster.requests.count == 26)
        let exposition = metrics.exposition()
        #expect(exposition.contains(#"callboard_kubernetes_object_lists_total{source="fetched"} 26"#), "\(exposition)")
    }

    @Test("a client that leaves cancels what nobody else waits for, and another one is not harmed")
    func leaving() async throws {
        let cluster = try ScriptedCluster("one")
        let gate = Gate()
        cluster.set("/api/v1/pods", .gated(gate, Self.pod))
        cluster.set("/api/v1/services", .silence)
        let objects = objects([cluster.entry])
        let leaver = Task { try await items(objects) }
        #expect(await eventually { cluster.underWay == 2 })
        let patient = Task {
            try await items(objects, .custom([CustomResourceName(group: "", version: "v1", plural: "pods")]))
        }
        #expect(await eventually { metrics.exposition().contains(#"lists_total{source="shared"} 1"#) })
        leaver.cancel()
        _ = try await leaver.value
        #expect(await eventually { cluster.underWay == 1 }, "the services are not waited for any more")
        gate.open()
        #expect(resources(try await patient.value.first, "customresources")?.count == 1)
        #expect(await eventually { await objects.isIdle })
        #expect(cluster.paths.count { $0 == "/api/v1/pods" } == 1)
    }

    @Test("clusters come and go while the program runs")
    func directory() async throws {
        let (first, second) = (try ScriptedCluster("first"), try ScriptedCluster("second"))
        for cluster in [first, second] { cluster.set("/api/v1/pods", .list(Self.pod)) }
        let objects = objects([first.entry])
        #expect(try await items(objects).map { $0["cluster"]?["name"] } == ["first"])
        objects.directory.replace(with: [
            second.entry {
                $0.title = "The second"
                $0.dashboardURL = "https://dashboard.example"
                $0.dashboardApp = "standard"
                $0.dashboardParameters = ["a": 1]
            }
        ])
        #expect(
            try await items(objects).map { $0["cluster"] } == [
                [
                    "name": "second", "title": "The second", "dashboardUrl": "https://dashboard.example",
                    "dashboardApp": "standard", "dashboardParameters": ["a": 1],
                ]
            ])
    }
}
