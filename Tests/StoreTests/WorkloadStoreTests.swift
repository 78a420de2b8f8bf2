import Base
import Matching
import TestSupport
import Testing

@testable import Store

@Suite("Stored workloads", .enabled(if: TestDatabase.isAvailable), .serialized)
struct WorkloadStoreTests {
    private static func key(
        _ name: String, cluster: String = "c", namespace: String = "ns", kind: String = "Deployment"
    ) -> WorkloadKey {
        WorkloadKey(cluster: cluster, kind: kind, namespace: namespace, name: name)
    }

    private static func record(_ key: WorkloadKey, cost: Int64 = 10, pods: Int = 2, _ links: [Link] = [])
        -> WorkloadRecord
    {
        WorkloadRecord(
            workload: Workload(
                key: key, uid: "uid", labels: ["app": "it's \"x\""], templateLabels: ["t": "1"], desiredReplicas: 3,
                readyReplicas: 2,
                podCount: pods, restarts: 5, requestedCPUMillicores: 250, requestedMemoryBytes: 1 << 30),
            cpuHourlyCost: cost, memoryHourlyCost: 1, createdAt: Timestamp(seconds: 1_700_000_000), links: links)
    }

    private static func link(
        _ entity: String, owner: Bool = true, rule: EntitySelector.Rule = .labelSelector, on: MatchedOn = .both
    ) -> Link {
        Link(entityRef: entity, rule: rule, matchedOn: on, isOwner: owner)
    }

    private static func with(_ body: @Sendable (Store) async throws -> Void) async throws {
        try await TestDatabase.withStore(body)
    }

    private static func rows(_ store: Store, _ statement: String) async throws -> [JSONValue] {
        try await store.workloads.pool.run { session in
            try session.run("SELECT row_to_json(r) FROM (\(statement)) r").map { $0.json(0) ?? .null }
        }
    }

    /// Present and past links in the order of their beginning: entity, whether it owns, whether it ended.
    private static func history(_ store: Store) async throws -> [String] {
        try await rows(
            store,
            "SELECT entity_ref, is_owner, upper_inf(valid) AS open FROM entity_workload ORDER BY lower(valid), entity_ref"
        ).map {
            "\($0["entity_ref"]?.stringValue ?? "")\($0["is_owner"] == true ? " owner" : "")\($0["open"] == true ? "" : " ended")"
        }
    }

    @Test("a workload is stored with all that was observed, and its id stays")
    func stored() async throws {
        try await Self.with { store async throws in
            let key = Self.key("web")
            let ids = try await store.workloads.write(
                present: [Self.record(key, [Self.link("component:default/a")])], gone: [])
            let id = try #require(ids[key])
            #expect(try await store.workloads.present(cluster: "c") == [key: id])
            #expect(try await store.workloads.present(cluster: "other").isEmpty)
            let view = try #require(try await store.workloads.workloads(of: "component:default/a").first)
            #expect(
                view.rule == "label-selector" && view.matchedOn == "both" && view.isOwner
                    && view.ownerRef == "component:default/a")
            let workload = view.workload
            #expect(workload.key == key && workload.uid == "uid" && workload.labels == ["app": "it's \"x\""])
            #expect(
                workload.replicasDesired == 3 && workload.replicasReady == 2 && workload.pods == 2
                    && workload.restarts == 5)
            #expect(workload.cpuRequestMillicores == 250 && workload.memoryRequestBytes == 1 << 30)
            #expect(workload.cpuHourlyCost == 10 && workload.memoryHourlyCost == 1)
            #expect(workload.createdAt == Timestamp(seconds: 1_700_000_000))
            #expect(try await store.workloads.write(present: [Self.record(key, cost: 11)], gone: [])[key] == id)
        }
    }

    @Test("the same again writes nothing; a change writes that workload alone")
    func changeOnly() async throws {
        try await Self.with { store async throws in
            let records = [Self.record(Self.key("a"), [Self.link("component:default/a")]), Self.record(Self.key("b"))]
            _ = try await store.workloads.write(present: records, gone: [])
            let versions = "SELECT name, xmin::text FROM workload ORDER BY name"
            let links = "SELECT id, xmin::text, valid::text FROM entity_workload ORDER BY id"
            let before = try await (Self.rows(store, versions), Self.rows(store, links))
            _ = try await store.workloads.write(present: records, gone: [])
            #expect(try await Self.rows(store, versions) == before.0)
            #expect(try await Self.rows(store, links) == before.1)
            _ = try await store.workloads.write(present: [records[0], Self.record(Self.key("b"), pods: 3)], gone: [])
            let after = try await Self.rows(store, versions)
            #expect(after[0] == before.0[0] && after[1] != before.0[1])
            #expect(try await Self.rows(store, links) == before.1)
        }
    }

    @Test("a workload that goes keeps its row and id, costs nothing, and its links end; it can come back")
    func goneAndBack() async throws {
        try await Self.with { store async throws in
            let key = Self.key("web")
            let record = Self.record(key, [Self.link("component:default/a")])
            let id = try await store.workloads.write(present: [record], gone: [])[key]
            #expect(try await store.workloads.write(present: [], gone: [key]) == [key: try #require(id)])
            #expect(try await store.workloads.present(cluster: "c").isEmpty)
            #expect(try await store.workloads.workloads(of: "component:default/a").isEmpty)
            let row = try #require(try await Self.rows(store, "SELECT * FROM workload").first)
            #expect(
                row["deleted_at"] != .null && row["pods"] == 0 && row["cpu_hourly_cost"] == 0
                    && row["replicas_ready"] == 0)
            let versions = try await Self.rows(store, "SELECT xmin::text FROM workload")
            _ = try await store.workloads.write(present: [], gone: [key, Self.key("never seen")])
            #expect(try await Self.rows(store, "SELECT xmin::text FROM workload") == versions)
            #expect(try await store.workloads.write(present: [record], gone: []) == [key: try #require(id)])
            #expect(try await store.workloads.workloads(of: "component:default/a").count == 1)
            #expect(try await Self.history(store) == ["component:default/a owner ended", "component:default/a owner"])
            #expect(try await Self.rows(store, "SELECT * FROM workload").first?["deleted_at"] == .some(.null))
        }
    }

    @Test("links are ranges of time: they begin, end, and change hands without overlap")
    func ranges() async throws {
        try await Self.with { store async throws in
            let key = Self.key("web")
            func write(_ links: [Link]) async throws {
                _ = try await store.workloads.write(present: [Self.record(key, links)], gone: [])
            }
            try await write([Self.link("a")])
            try await write([Self.link("a"), Self.link("b", owner: false)])
            #expect(try await Self.history(store) == ["a owner", "b"])
            try await write([Self.link("a", owner: false), Self.link("b")])
            #expect(try await Self.history(store) == ["a owner ended", "b ended", "a", "b owner"])
            let views = try await store.workloads.workloads(of: "a")
            #expect(views.first?.isOwner == false && views.first?.ownerRef == "b")
            try await write([Self.link("b", on: .template)])
            try await write([])
            #expect(try await store.workloads.workloads(of: "b").isEmpty)
            let gaps = try await Self.rows(
                store,
                """
                SELECT 1 FROM entity_workload x JOIN entity_workload y ON x.workload_id = y.workload_id AND x.id < y.id
                    AND (x.entity_ref = y.entity_ref OR x.is_owner AND y.is_owner) AND x.valid && y.valid
                """)
            #expect(gaps.isEmpty)
            #expect(try await Self.history(store).allSatisfy { $0.hasSuffix("ended") })
        }
    }

    @Test("two owners at once are refused and nothing of the batch is written")
    func uniqueOwner() async throws {
        try await Self.with { store async throws in
            let bad = Self.record(Self.key("web"), [Self.link("a"), Self.link("b")])
            let error = await #expect(throws: StoreError.self) {
                try await store.workloads.write(present: [Self.record(Self.key("other")), bad], gone: [])
            }
            #expect(error?.sqlState == "23505")
            #expect(try await store.workloads.present(cluster: "c").isEmpty)
        }
    }

    @Test("many workloads and links in one batch, written twice, are all there once")
    func batch() async throws {
        try await Self.with { store async throws in
            let records = (0..<1_000).map { number in
                Self.record(
                    Self.key("w\(number)", namespace: "n\(number % 7)"),
                    [Self.link("e\(number % 50)"), Self.link("all", owner: false)])
            }
            let ids = try await store.workloads.write(present: records, gone: [])
            #expect(ids.count == 1_000 && Set(ids.values).count == 1_000)
            #expect(try await store.workloads.write(present: records.reversed(), gone: []) == ids)
            #expect(try await store.workloads.workloads(of: "all").count == 1_000)
            #expect(try await store.workloads.workloads(of: "e7").count == 20)
            #expect(try await Self.rows(store, "SELECT 1 FROM entity_workload").count == 2_000)
            #expect(try await store.workloads.write(present: [], gone: []).isEmpty)
        }
    }

    @Test("a workload's own labels never break a batch, whatever they hold")
    func oddLabels() async throws {
        try await Self.with { store async throws in
            var record = Self.record(Self.key("x'\"\\{},é"))
            record.workload.labels = ["": "", "a\"b": "{}", "\\": "null", "é😀": "'; --"]
            record.workload.templateLabels = nil
            record.workload.desiredReplicas = nil
            record.createdAt = nil
            record.links = [Self.link("component:default/'\"\\{}", on: .workload)]
            let ids = try await store.workloads.write(present: [record], gone: [])
            #expect(ids[record.workload.key] != nil)
            let view = try #require(
                try await store.workloads.workloads(of: "component:default/'\"\\{}").first?.workload)
            #expect(view.labels == ["": "", "a\"b": "{}", "\\": "null", "é😀": "'; --"])
            #expect(view.replicasDesired == nil && view.createdAt == nil)
        }
    }

    @Test("orphans are those without an owner, dearest first, with the totals of all of them")
    func orphans() async throws {
        try await Self.with { store async throws in
            _ = try await store.workloads.write(
                present: [
                    Self.record(Self.key("owned"), cost: 1_000, [Self.link("a")]),
                    Self.record(Self.key("matched"), cost: 300, [Self.link("a", owner: false)]),
                    Self.record(Self.key("cheap"), cost: 1),
                    Self.record(Self.key("dear"), cost: 500),
                    Self.record(Self.key("far", cluster: "d", namespace: "other"), cost: 200),
                    Self.record(Self.key("gone"), cost: 900),
                ], gone: [])
            _ = try await store.workloads.write(present: [], gone: [Self.key("gone")])
            func page(_ namespace: String? = nil, _ cluster: String? = nil, limit: Int = 10, offset: Int = 0)
                async throws -> OrphanPage
            {
                try await store.workloads.orphans(namespace: namespace, cluster: cluster, limit: limit, offset: offset)
            }
            let all = try await page()
            #expect(all.items.map(\.key.name) == ["dear", "matched", "far", "cheap"] && all.total == 4)
            #expect(all.hourlyCost == 500 + 300 + 200 + 1 + 4)
            let part = try await page(limit: 2, offset: 1)
            #expect(
                part.items.map(\.key.name) == ["matched", "far"] && part.total == 4 && part.hourlyCost == all.hourlyCost
            )
            #expect(try await page("ns").items.map(\.key.name) == ["dear", "matched", "cheap"])
            #expect(try await page(nil, "d").total == 1)
            let none = try await page("nowhere")
            #expect(none.items.isEmpty && none.total == 0 && none.hourlyCost == 0)
            #expect(try await page(offset: 100).items.isEmpty)
            #expect(try await page(limit: 0).total == 4)
        }
    }

    @Test("orphans that cost more than all bounds are summed to a bound, not refused")
    func enormous() async throws {
        try await Self.with { store async throws in
            let records = ["a", "b"].map { Self.record(Self.key($0), cost: .max) }
            _ = try await store.workloads.write(present: records, gone: [])
            let page = try await store.workloads.orphans(namespace: nil, cluster: nil, limit: 10, offset: 0)
            #expect(page.total == 2 && page.hourlyCost >= 9_000_000_000_000_000_000)
        }
    }

    @Test("a cluster that is configured no more has its workloads gone and its links ended, and others are left alone")
    func retired() async throws {
        try await Self.with { store async throws in
            let kept = Self.key("web")
            let ending = Self.key("web", cluster: "old")
            _ = try await store.workloads.write(
                present: [Self.record(kept, [Self.link("a")]), Self.record(ending, [Self.link("a")])], gone: [])
            for cluster in ["c", "old"] {
                try await store.workloads.note(cluster: cluster, error: nil)
                try await store.costs.complete(
                    cluster: cluster, through: Timestamp(seconds: cluster == "c" ? 200 : 100))
            }
            #expect(try await store.workloads.retireClusters(except: ["c", "old"]).isEmpty)
            // Somebody follows it, as far as is known.
            #expect(try await store.workloads.retireClusters(except: ["c"]).isEmpty)
            #expect(try await store.workloads.present(cluster: "old").count == 1)
            try await store.workloads.leave(cluster: "old")
            #expect(try await store.workloads.retireClusters(except: ["c"]) == ["old"])
            #expect(try await store.workloads.workloads(of: "a").map(\.workload.key) == [kept])
            #expect(try await store.workloads.present(cluster: "old").isEmpty)
            #expect(try await store.workloads.clusters().map(\.name) == ["c"])
            #expect(try await store.costs.dataThrough() == Timestamp(seconds: 200))

            // Who followed it writes once more, having learned of its end later.
            try await store.costs.complete(cluster: "old", through: Timestamp(seconds: 150))
            #expect(try await store.workloads.retireClusters(except: ["c"]).isEmpty)
            #expect(try await store.costs.dataThrough() == Timestamp(seconds: 200))
        }
    }

    @Test("a cluster that nobody has noted for a minute may be retired; who notes it then is told that it was unknown")
    func abandoned() async throws {
        try await Self.with { store async throws in
            #expect(try await store.workloads.note(cluster: "old", error: nil))
            #expect(try await !store.workloads.note(cluster: "old", error: nil))
            try await Self.execute(store, "UPDATE cluster SET followed_at = now() - interval '59 seconds'")
            #expect(try await store.workloads.retireClusters(except: []).isEmpty)
            try await Self.execute(store, "UPDATE cluster SET followed_at = now() - interval '61 seconds'")
            #expect(try await store.workloads.retireClusters(except: []) == ["old"])
            #expect(try await store.workloads.note(cluster: "old", error: nil))
        }
    }

    @Test("a cluster of more workloads than one transaction ends is retired in several")
    func large() async throws {
        try await Self.with { store async throws in
            _ = try await store.workloads.note(cluster: "old", error: nil)
            try await Self.execute(
                store,
                """
                INSERT INTO workload (cluster, kind, namespace, name, uid, labels, template_labels, pods, restarts,
                    cpu_request_millicores, memory_request_bytes, cpu_hourly_cost, memory_hourly_cost)
                SELECT 'old', 'Deployment', 'n', i::text, i::text, '{}', '{}', 1, 0, 1, 1, 1, 1
                FROM generate_series(1, 12000) i;
                UPDATE cluster SET followed_at = NULL
                """)
            #expect(try await store.workloads.retireClusters(except: []) == ["old"])
            #expect(try await store.workloads.present(cluster: "old").isEmpty)
        }
    }

    private static func execute(_ store: Store, _ script: String) async throws {
        try await store.workloads.pool.run { try $0.runScript(script) }
    }

    @Test("a cluster's last success stays known while it fails")
    func clusters() async throws {
        try await Self.with { store async throws in
            try await store.workloads.note(cluster: "c", error: "not yet")
            var view = try #require(try await store.workloads.clusters().first)
            #expect(view.name == "c" && view.syncedAt == nil && view.error == "not yet")
            try await store.workloads.note(cluster: "c", error: nil)
            view = try #require(try await store.workloads.clusters().first)
            let synced = try #require(view.syncedAt)
            #expect(view.error == nil)
            try await store.workloads.note(cluster: "c", error: "down")
            view = try #require(try await store.workloads.clusters().first)
            #expect(view.syncedAt == synced && view.error == "down")
        }
    }
}
