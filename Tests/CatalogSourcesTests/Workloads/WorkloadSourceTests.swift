import Base
import Catalog
import KubeClient
import TestSupport
import Testing

@testable import CatalogSources

@Suite("Workloads of a cluster that refuses some of what it is asked")
struct WorkloadSourceTests {
    private static let deployments = "/apis/apps/v1/deployments"
    private static let statefulSets = "/apis/apps/v1beta9/statefulsets"
    private static let things = "/apis/example.dev/v1/things"
    private static let paths = ["deployments.apps": deployments, "things.example.dev": things]

    private static func cluster() throws -> WorkloadCluster {
        let cluster = try WorkloadCluster([
            "/apis/apps/v1": ["deployments": "Deployment"], "/apis/apps/v1beta9": ["statefulsets": "StatefulSet"],
            "/apis/example.dev/v1": ["things": "Thing"], "/api/v1": ["services": "Service", "nodes": "Node"],
        ])
        for path in [deployments, statefulSets, things] { cluster.set(path, "web", [:]) }
        return cluster
    }

    private static func source(
        _ cluster: WorkloadCluster, _ change: (inout IngestionSettings) -> Void = { _ in }
    ) -> WorkloadSource {
        var settings = IngestionSettings()
        settings.types = [
            IngestedType(group: "apps", version: "v1", plural: "deployments", kind: "Deployment"),
            IngestedType(group: "apps", version: "v1beta9", plural: "statefulsets", kind: "StatefulSet"),
            IngestedType(group: "example.dev", version: "v1", plural: "things"),
        ]
        change(&settings)
        return WorkloadSource(
            cluster: "test", client: cluster.client, settings: settings, logger: Logger("test", sink: { _ in }),
            interval: .milliseconds(5))
    }

    private static func location(_ type: String, _ name: String = "web") -> String {
        "kubernetes:test/\(type)/shop/\(name)"
    }

    /// Follows the cluster while the body runs, from when all three types are there.
    private static func following(
        _ source: WorkloadSource, types: [String] = ["deployments.apps", "statefulsets.apps", "things.example.dev"],
        _ body: () async throws -> Void
    ) async throws {
        await source.start { _ in }
        let all = Set(types.map { location($0) })
        #expect(await eventually { (try? await source.locations())?.isSuperset(of: all) == true })
        #expect(await eventually { !source.isStarting })
        try await body()
        await source.stop()
    }

    /// The text at a location, `gone`, or why it cannot be read.
    private static func text(_ source: WorkloadSource, _ location: String) async -> String {
        do {
            return try await source.read(location).map { String(decoding: $0, as: UTF8.self) } ?? "gone"
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "a type that may not be listed any more, or whose API group is gone, keeps what it gave, and the others go on",
        arguments: ["deployments.apps", "things.example.dev"], [403, 404])
    func refused(type: String, status: Int) async throws {
        let (cluster, path) = (try Self.cluster(), try #require(Self.paths[type]))
        let source = Self.source(cluster)
        try await Self.following(source) { () async throws in
            #expect(await Self.text(source, Self.location(type, "none")) == "gone")
            cluster.refuse(path, status)
            // What may be there after all is not gone.
            #expect(await eventually { await Self.text(source, Self.location(type, "none")) != "gone" })
            // The catalog asks for all that it has; what may be listed no more is not gone either.
            let listed = try await source.locations()
            #expect(listed.isSuperset(of: [Self.location("statefulsets.apps")]))
            #expect(await Self.text(source, Self.location(type)) != "gone")
            // A group that only the configuration names need not be there; all else is told as a problem of the type.
            let isTold = status == 403 || type == "deployments.apps"
            #expect(listed.contains("kubernetes-type:test/\(type)") == isTold)
            #expect(await (Self.text(source, "kubernetes-type:test/\(type)") != "gone") == isTold)

            cluster.set(Self.statefulSets, "later", [:])
            #expect(
                await eventually {
                    await Self.text(source, Self.location("statefulsets.apps", "later")).contains("Component")
                })
            cluster.set(Self.statefulSets, "later", nil)
            #expect(await eventually { await Self.text(source, Self.location("statefulsets.apps", "later")) == "gone" })
            #expect(await Self.text(source, Self.location(type)) != "gone")
        }
    }

    @Test("what went while a type could not be listed is gone once it can be")
    func returned() async throws {
        let cluster = try Self.cluster()
        let source = Self.source(cluster)
        try await Self.following(source) { () async throws in
            cluster.refuse(Self.deployments, 403)
            let type = "kubernetes-type:test/deployments.apps"
            #expect(await eventually { await Self.text(source, type) != "gone" })
            cluster.set(Self.deployments, "web", nil)
            #expect(try await source.locations().contains(Self.location("deployments.apps")))
            cluster.refuse(Self.deployments, nil)
            #expect(await eventually { await Self.text(source, Self.location("deployments.apps")) == "gone" })
            #expect(
                try await source.locations()
                    == Set(["statefulsets.apps", "things.example.dev"].map { Self.location($0) }))
        }
    }

    @Test("a type that may not be listed from the start keeps the others back from nothing")
    func neverListed() async throws {
        let cluster = try Self.cluster()
        cluster.refuse(Self.deployments, 403)
        let source = Self.source(cluster)
        try await Self.following(source, types: ["statefulsets.apps", "things.example.dev"]) { () async throws in
            #expect(try await source.locations().contains("kubernetes-type:test/deployments.apps"))
            #expect(await Self.text(source, Self.location("deployments.apps")) != "gone")
        }
    }
}

extension WorkloadSourceTests {
    private static func annotated(_ kind: String, _ field: String, port: Int = 8080) -> JSONObject {
        let reference: JSONValue = [
            "kind": .string(kind), "name": "api", "apiVersion": "v1", "path": "/openapi.json",
            "target-protocol": "http", "target-port": .int(Int64(port)), "target-field": .string(field),
        ]
        let name = "terasky.backstage.io/provides-api-from-resource-ref"
        return ["metadata": ["annotations": [name: .string(reference.text())]]]
    }

    private static func withHosts(_ settings: inout IngestionSettings) {
        settings.apiHosts = AllowedHosts(["api.example:8080"]) ?? AllowedHosts()
    }

    @Test("the host of an API stands in the object that the annotation names")
    func reference() async throws {
        let cluster = try Self.cluster()
        cluster.set("/api/v1/services", "api", ["status": ["hosts": [["name": "api.example"]]]])
        cluster.set(Self.deployments, "web", Self.annotated("Service", "status.hosts[0].name"))
        let source = Self.source(cluster, Self.withHosts)
        try await Self.following(source) { () async throws in
            let location = Self.location("deployments.apps")
            #expect(
                await Self.text(source, location).contains(
                    #""definition":{"$servedText":"http://api.example:8080/openapi.json"}"#))
            #expect(await source.problems(at: location) == [])
            // It is read anew each time.
            cluster.set("/api/v1/services", "api", nil)
            #expect(await !Self.text(source, location).contains("definition"))
            #expect(await source.problems(at: location).map(\.isPassing) == [true])
        }
    }

    @Test(
        "a host that cannot be had is told without what was read, may come yet, and the Component is there",
        arguments: [
            ("Service", "spec.none", 8080, "no host in the field"),
            ("Service", "spec.text", 8080, "no host in the field"),
            ("Service", "spec.other", 8080, "not among"), ("Service", "spec.host", 8081, "not among"),
            ("Widget", "spec.host", 8080, "has no kind Widget of v1"), ("Node", "spec.host", 8080, "has no kind Node"),
        ])
    func unusable(kind: String, field: String, port: Int, message: String) async throws {
        let cluster = try Self.cluster()
        let spec: JSONValue = ["host": "api.example", "other": "hidden.example", "text": "hidden, really"]
        cluster.set("/api/v1/services", "api", ["spec": spec])
        cluster.set(Self.deployments, "web", Self.annotated(kind, field, port: port))
        let source = Self.source(cluster, Self.withHosts)
        try await Self.following(source) { () async throws in
            let location = Self.location("deployments.apps")
            let text = await Self.text(source, location)
            #expect(text.contains("Component") && !text.contains("definition"))
            let problem = try #require(await source.problems(at: location).first)
            #expect(problem.message.contains(message) && !problem.message.contains("hidden"))
            #expect(problem.ref?.canonical == "api:default/web" && problem.isPassing)
        }
    }

    @Test("an object that may not be read is told by its kind and name", arguments: [403, 404])
    func unreadable(status: Int) async throws {
        let cluster = try Self.cluster()
        if status == 403 {
            cluster.set("/api/v1/services", "api", [:])
            // The group's other type keeps it known.
            cluster.refuse("/api/v1/services", 403)
        }
        cluster.set(Self.deployments, "web", Self.annotated("Service", "spec.host"))
        let source = Self.source(cluster, Self.withHosts)
        try await Self.following(source) { () async throws in
            let location = Self.location("deployments.apps")
            #expect(await Self.text(source, location).contains("Component"))
            let reason = status == 403 ? "forbidden" : "notFound"
            #expect(
                await source.problems(at: location).map(\.message) == [
                    "The API's host cannot be read from Service api: \(reason)"
                ])
        }
    }
}
