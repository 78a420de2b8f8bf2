import API
import Access
import Actions
import Base
import Catalog
import HTTPServer
import MCP
import Matching
import Store
import Synchronization
import TestSupport
import Testing

/// The whole API on a port of its own, over a database that holds a small catalog.
struct Service: Sendable {
    let store: Store
    let metrics: MetricsRegistry
    /// With the token that may do everything.
    let client: WebClient
    /// What the service logged.
    let log: Log

    static let everything = "token-for-everything"
    static let catalogOnly = "token-for-the-catalog"
    static let costsOnly = "token-for-costs"
    static let clusterObjectsOnly = "token-for-cluster-objects"
    static let auditor = "token-for-the-audit"
    static let warden = "token-for-grants"

    /// The same client with another token, or with none.
    func client(_ token: String?) -> WebClient { WebClient(port: client.port, token: token) }

    /// Runs the body against a service over a database of its own.
    static func with(
        catalog configuration: CatalogAPIConfiguration = CatalogAPIConfiguration(),
        kubernetes: KubernetesObjects? = nil, actions: ActionsConfiguration = ActionsConfiguration(),
        oversight: Oversight = Oversight(),
        _ body: @Sendable (Service) async throws -> Void
    ) async throws {
        try await TestDatabase.withStore { store in
            try await define(catalog, in: store)
            try await run(in: store)
            try await with(
                store, catalog: configuration, kubernetes: kubernetes, actions: actions, oversight: oversight, body)
        }
    }

    /// Runs the body against a service over a store, whether or not that answers.
    static func with(
        _ store: Store, readiness: [ReadinessCheck] = [ReadinessCheck(name: "database", problem: nil)],
        catalog: CatalogAPIConfiguration = CatalogAPIConfiguration(), kubernetes: KubernetesObjects? = nil,
        signIn: SignIn? = nil, actions: ActionsConfiguration = ActionsConfiguration(),
        oversight: Oversight = Oversight(), _ body: (Service) async throws -> Void
    ) async throws {
        let metrics = MetricsRegistry()
        let log = Log()
        let api = APIServer(
            store: store, registry: try ActionRegistry(store: store, currency: "EUR", canonical: catalog.canonical),
            authenticator: Authenticator(tokens: tokens + catalogTokens), mcp: MCPConfiguration(version: "1.2.3"),
            actions: actions, catalog: catalog, kubernetes: kubernetes, signIn: signIn, oversight: oversight,
            metrics: metrics,
            logger: Logger("api") { log.add($0) }, readiness: { readiness })
        let server = try HTTPServer(
            HTTPServer.Configuration(), logger: Logger("http-server") { log.add($0) }, immediate: api.respondAtOnce,
            handler: api.respond)
        let result: Result<Void, any Error>
        do {
            let client = WebClient(port: server.port, token: everything)
            result = .success(try await body(Service(store: store, metrics: metrics, client: client, log: log)))
        } catch {
            result = .failure(error)
        }
        await server.stop(drain: .zero)
        try result.get()
    }

    /// A token for these permissions of the catalog alone.
    static func catalogToken(_ permissions: [String]) -> String { "catalog:" + permissions.joined(separator: ",") }

    /// One token for each set of permissions that the tests of the catalog ask for.
    private static let catalogTokens = [
        [], ["catalog.entity.read"], ["catalog.entity.delete"], ["catalog.entity.refresh"],
        ["catalog.entity.validate"], ["catalog.location.read"], ["catalog.location.create"],
        ["catalog.location.delete"], ["catalog.location.analyze"],
    ].map { permissions in
        StaticToken(
            token: catalogToken(permissions),
            caller: Caller(
                subject: "external:some",
                restrictions: [AccessRestriction(plugin: "catalog", permissions: Set(permissions), attributes: nil)]))
    }

    private static let tokens = [
        StaticToken(token: everything, caller: Caller(subject: "external:everything")),
        StaticToken(
            token: catalogOnly,
            caller: Caller(
                subject: "external:catalog",
                restrictions: [AccessRestriction(plugin: "catalog", permissions: nil, attributes: nil)])),
        StaticToken(
            token: costsOnly,
            caller: Caller(
                subject: "external:costs",
                restrictions: [
                    AccessRestriction(plugin: "callboard", permissions: ["callboard.cost.read"], attributes: [.read])
                ])),
        StaticToken(
            token: auditor,
            caller: Caller(
                subject: "external:auditor",
                restrictions: [
                    AccessRestriction(plugin: "callboard", permissions: ["callboard.audit.read"], attributes: nil)
                ])),
        StaticToken(
            token: warden,
            caller: Caller(
                subject: "external:warden",
                restrictions: [
                    AccessRestriction(
                        plugin: "callboard", permissions: ["callboard.grant.read", "callboard.grant.delete"],
                        attributes: nil)
                ])),
        StaticToken(
            token: clusterObjectsOnly,
            caller: Caller(
                subject: "external:objects",
                restrictions: [
                    AccessRestriction(plugin: "kubernetes", permissions: ["kubernetes.resources.read"], attributes: nil)
                ])),
    ]
}

/// The lines of a log.
final class Log: Sendable {
    private let lines = Mutex("")

    func add(_ line: [UInt8]) { lines.withLock { $0 += String(decoding: line, as: UTF8.self) } }
    var text: String { lines.withLock { $0 } }
}

extension Service {
    /// Adds the documents of a catalog file, good and bad.
    static func define(_ text: String, location: String = "file:catalog.yaml", in store: Store) async throws {
        let source = try await store.catalog.register(type: "file", target: "catalog")
        let documents = CatalogFile.documents(Array(text.utf8), name: location)
        let content = LocationContent(location: location, sourceID: source, outcome: .documents(documents))
        _ = try await store.catalog.apply([content], status: { _ in [] })
        try await store.catalog.note(source: source, error: nil)
    }

    /// One workload that `shop` owns and one that nobody does.
    private static func run(in store: Store) async throws {
        func record(_ name: String, _ links: [Link]) -> WorkloadRecord {
            WorkloadRecord(
                workload: Workload(
                    key: WorkloadKey(cluster: "main", kind: "Deployment", namespace: "prod", name: name), uid: name,
                    labels: ["app": name]),
                cpuHourlyCost: 2_000_000_000, memoryHourlyCost: 0, createdAt: nil, links: links)
        }
        let link = Link(entityRef: "component:default/shop", rule: .labelSelector, matchedOn: .both, isOwner: true)
        _ = try await store.workloads.write(present: [record("shop", [link]), record("stray", [])], gone: [])
    }

    /// Entities a to e, a shop with a title, and one whose name needs percent-encoding nowhere but may be sent so.
    private static let catalog =
        ["a", "b", "c", "d", "e"].map { entity($0, type: $0 < "c" ? "library" : "service") }.joined(separator: "---\n")
        + "---\n" + entity("shop", type: "Website", title: "The Shop") + "---\n"
        + "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: team}\nspec: {type: team, children: []}\n"

    static func entity(_ name: String, type: String, title: String? = nil) -> String {
        """
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata:
          name: \(name)
        \(title.map { "  title: \($0)\n" } ?? "")\
        spec: {type: \(type), lifecycle: production, owner: team}

        """
    }
}

extension JSONValue {
    /// The names of a list of entities.
    var entityNames: [String] { arrayValue?.compactMap { $0["metadata"]?["name"]?.stringValue } ?? [] }
}

/// Backstage's error body.
func errorBody(
    _ status: Int64, _ name: String, _ message: String, _ url: String, method: String = "GET"
) -> JSONValue {
    [
        "error": ["name": .string(name), "message": .string(message)],
        "request": ["method": .string(method), "url": .string(url)], "response": ["statusCode": .int(status)],
    ]
}
