import Actions
import Base
import Catalog
import Costs
import Matching
import Store
import TestSupport
import Testing

/// A small company: its catalog, what runs for it, and what that cost. All amounts are at 1 a core-hour and 0.5 a
/// GiB-hour.
struct Scene: Sendable {
    let store: Store
    let registry: ActionRegistry
    /// Of the database; nil without one.
    var uri: String?
    static let prices = PriceList(
        currency: "EUR", perCoreHour: Money(nanoDollars: 1_000_000_000), perGiBHour: Money(nanoDollars: 500_000_000))
    /// Links are dated by the database's clock, so the scene is set long after it.
    static let now = time("2036-03-10T12:30:00Z")

    /// Runs the body in a database that holds the scene.
    static func with(_ body: @Sendable (Scene) async throws -> Void) async throws {
        try await TestDatabase.with { database in
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            let result: Result<Void, any Error>
            do { result = .success(try await body(filled(store, database.uri))) } catch { result = .failure(error) }
            await store.close()
            try result.get()
        }
    }

    private static func filled(_ store: Store, _ uri: String) async throws -> Scene {
        _ = try await store.migrate()
        let registry = try ActionRegistry(
            store: store, currency: "EUR", canonical: [CanonicalSettings(name: "main")], now: { Self.now })
        let scene = Scene(store: store, registry: registry, uri: uri)
        try await scene.define(Self.catalog)
        try await scene.run(Self.workloads)
        try await store.workloads.note(cluster: "main", error: nil)
        return scene
    }

    /// Writes rows that other parts of the program would.
    func sql(_ script: String) async throws {
        let pool = PostgresPool(PostgresPool.Configuration(uri: uri ?? ""))
        let text = "SET search_path = callboard, public; " + script
        let result: Result<Void, any Error>
        do { result = .success(try await pool.run { try $0.runScript(text) }) } catch { result = .failure(error) }
        await pool.close()
        try result.get()
    }

    /// Actions over a database that does not answer: what they refuse they refuse before they ask it.
    static func withoutDatabase() throws -> Scene {
        let store = Store(PostgresPool.Configuration(uri: "postgresql://nobody@127.0.0.1:1/none"))
        return Scene(
            store: store,
            registry: try ActionRegistry(
                store: store, currency: "EUR", canonical: [CanonicalSettings(name: "main")], now: { Self.now }))
    }

    /// Everything is allowed.
    static let anybody = Caller(subject: "test")

    /// Invokes an action and checks its answer against the output schema that it promises.
    func invoke(
        _ id: String, _ arguments: JSONObject = [:], for caller: Caller = anybody
    ) async throws -> JSONValue {
        let action = try #require(registry[id])
        let answer = try await registry.invoke(id, arguments, for: caller)
        let faults = try JSONSchema(action.definition.output).validate(answer)
        #expect(faults.isEmpty, "\(id) answers what its schema does not allow")
        return answer
    }

    /// The error with which an action refuses; nil when it does not.
    func refusal(
        _ id: String, _ arguments: JSONObject = [:], for caller: Caller = anybody
    ) async throws -> ActionError? {
        do {
            _ = try await registry.invoke(id, arguments, for: caller)
            return nil
        } catch let error as ActionError {
            return error
        } catch let error as StoreError {
            guard let meaning = ActionError(error) else { throw error }
            return meaning
        }
    }
}

extension Scene {
    /// Adds the entities of a catalog file.
    func define(_ text: String, location: String = "file:catalog.yaml") async throws {
        let source = try await store.catalog.register(type: "file", target: location)
        let documents = CatalogFile.documents(Array(text.utf8), name: location)
        #expect(documents.allSatisfy { $0.entity != nil })
        let content = LocationContent(location: location, sourceID: source, outcome: .documents(documents))
        _ = try await store.catalog.apply([content], status: { _ in [] })
    }

    /// Stores workloads that run.
    func run(_ records: [WorkloadRecord], gone: [WorkloadKey] = []) async throws {
        _ = try await store.workloads.write(present: records, gone: gone)
    }

    /// Stores an hour in which a workload held one core and no memory.
    func charge(_ workload: String, _ hours: [String]) async throws {
        let present = try await store.workloads.present(cluster: "main")
        let id = try #require(present.first { $0.key.name == workload }?.value)
        let use = CapacityTime(millicoreSeconds: 3_600_000, byteSeconds: 0)
        let rows = hours.map { hour in
            HourlyCost(
                workloadID: id,
                usage: HourUsage(
                    hour: time(hour), through: time(hour).adding(seconds: 3_600), coveredSeconds: 3_600, use: use),
                cost: Self.prices.cost(of: use))
        }
        try await store.costs.write(rows)
        try await store.costs.complete(cluster: "main", through: time("2036-03-10T12:20:00Z"))
    }

    static func key(_ name: String, in namespace: String = "prod") -> WorkloadKey {
        WorkloadKey(cluster: "main", kind: "Deployment", namespace: namespace, name: name)
    }

    /// A running Deployment of the cluster `main`.
    static func deployment(
        _ name: String, in namespace: String = "prod", cores: Int64 = 1, gibibytes: Int64 = 0, links: [Link] = []
    ) -> WorkloadRecord {
        let capacity = RequestedCapacity(cpuMillicores: cores * 1_000, memoryBytes: gibibytes << 30)
        let rate = prices.hourlyRate(of: capacity)
        return WorkloadRecord(
            workload: Workload(
                key: key(name, in: namespace),
                uid: "uid-of-\(name)", labels: ["app": name], templateLabels: ["app": name], desiredReplicas: 2,
                readyReplicas: 1, podCount: 2, restarts: 3, requestedCPUMillicores: capacity.cpuMillicores,
                requestedMemoryBytes: capacity.memoryBytes),
            cpuHourlyCost: rate.cpu.nanoDollars, memoryHourlyCost: rate.memory.nanoDollars,
            createdAt: time("2026-01-02T03:04:05Z"), links: links)
    }

    static func link(_ ref: String, isOwner: Bool = true) -> Link {
        Link(entityRef: ref, rule: .labelSelector, matchedOn: .both, isOwner: isOwner)
    }

    private static let workloads = [
        deployment("shop", cores: 2, gibibytes: 4, links: [link("component:default/shop")]),
        deployment("shop-cache", gibibytes: 2, links: [link("component:default/shop")]),
        deployment(
            "shared", cores: 8,
            links: [link("component:default/shop", isOwner: false), link("component:default/platform")]),
        deployment("dns", in: "kube-system", cores: 3), deployment("proxy", in: "kube-system", cores: 1),
        deployment("legacy", cores: 5, gibibytes: 2),
    ]

    private static let catalog = """
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata:
          name: shop
          title: The Shop
          annotations:
            backstage.io/kubernetes-label-selector: app in (shop,shop-cache,shared)
            backstage.io/kubernetes-namespace: prod, staging
        spec: {type: service, lifecycle: production, owner: payments, dependsOn: ['resource:cart']}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata:
          name: platform
          annotations: {backstage.io/kubernetes-id: platform}
        spec: {type: service, lifecycle: production, owner: platform-team}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata: {name: plain}
        spec: {type: library, lifecycle: experimental, owner: payments}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata:
          name: broken
          annotations: {backstage.io/kubernetes-label-selector: app in (}
        spec: {type: service, lifecycle: production, owner: payments}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata: {name: cart}
        spec: {type: service, lifecycle: production, owner: payments}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata: {name: Cart, namespace: staging}
        spec: {type: service, lifecycle: production, owner: payments}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: Resource
        metadata: {name: cart}
        spec: {type: database, owner: payments}
        """
}

/// A time that the test has written correctly.
func time(_ text: String) -> Timestamp { Timestamp(rfc3339: text) ?? Timestamp(seconds: 0) }

/// The names of a list of objects.
func names(_ list: JSONValue?) -> [String] { list?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? [] }
