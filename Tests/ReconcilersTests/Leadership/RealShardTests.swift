import Base
import HTTPClient
import KubeClient
import Synchronization
import Testing

@testable import Reconcilers

/// A way to leases that can be cut.
private final class CutLeases: ShardLeases {
    private struct CutLease: LeaseResource {
        let lease: any LeaseResource
        let check: @Sendable () throws -> Void
        /// After a write that was done.
        var answer: @Sendable () throws -> Void = {}

        func get(within limit: Duration) async throws -> Lease? {
            try check()
            return try await lease.get(within: limit)
        }

        func create(_ record: LeaseRecord, within limit: Duration) async throws -> Lease {
            try check()
            return try await lease.create(record, within: limit)
        }

        func update(_ old: Lease, to record: LeaseRecord, within limit: Duration) async throws -> Lease {
            try check()
            let written = try await lease.update(old, to: record, within: limit)
            try answer()
            return written
        }
    }

    private struct Cut: Error {}

    private let leases: ClusterShardLeases
    private let isCut = Mutex(false)
    private let lostAnswers = Mutex<Int?>(nil)

    init(_ leases: ClusterShardLeases) { self.leases = leases }

    func cut() { isCut.withLock { $0 = true } }

    /// From now on the presence is written, and the answer is lost.
    func loseAnswers() { lostAnswers.withLock { $0 = 0 } }
    var lost: Int { lostAnswers.withLock { $0 ?? 0 } }

    private func answer() throws {
        let isLost = lostAnswers.withLock { lost in
            lost = lost.map { $0 + 1 }
            return lost != nil
        }
        if isLost { throw Cut() }
    }

    private func check() throws { if isCut.withLock({ $0 }) { throw Cut() } }

    func list(within limit: Duration) async throws -> [Lease] {
        try check()
        return try await leases.list(within: limit)
    }

    func lease(of shard: Shard) -> any LeaseResource {
        CutLease(lease: leases.lease(of: shard), check: { [weak self] in try self?.check() })
    }

    func presence(of identity: String) -> any LeaseResource {
        CutLease(
            lease: leases.presence(of: identity), check: { [weak self] in try self?.check() },
            answer: { [weak self] in try self?.answer() })
    }

    func delete(_ lease: Lease, within limit: Duration) async throws {
        try check()
        try await leases.delete(lease, within: limit)
    }
}

/// A replica that notes what it leads.
private final class Replica: Sendable {
    let leases: CutLeases
    let elector: ShardElector
    private let running = Mutex<Set<Shard>>([])
    private let shards: Mutex<Set<Shard>>
    private let task = Mutex<Task<Void, Never>?>(nil)

    var led: Set<Shard> { running.withLock { $0 } }

    init(_ name: String, _ collection: LeaseCollection, _ shards: Set<Shard>) throws {
        self.shards = Mutex(shards)
        leases = CutLeases(ClusterShardLeases(collection))
        elector = ShardElector(
            leases: leases, identity: name,
            timings: try LeaseTimings(
                leaseDuration: .seconds(6), renewDeadline: .seconds(4), retryPeriod: .milliseconds(400)),
            metrics: MetricsRegistry(), logger: Logger("test", sink: { _ in }), onLost: { _, _ in })
    }

    func set(_ shards: Set<Shard>) { self.shards.withLock { $0 = shards } }

    func start() {
        let task = Task {
            await elector.run(shards: { self.shards.withLock { $0 } }) { shard, _ in
                _ = self.running.withLock { $0.insert(shard) }
                _ = await Gate().wait()
                _ = self.running.withLock { $0.remove(shard) }
            }
        }
        self.task.withLock { $0 = task }
    }

    func stop() async {
        let task = task.withLock { $0 }
        task?.cancel()
        await task?.value
    }
}

@Suite("Shards of a real cluster", .enabled(if: environmentVariable("CALLBOARD_TEST_KUBECONFIG") != nil))
struct RealShardTests {
    private func with(_ body: (LeaseCollection) async throws -> Void) async throws {
        let client = KubernetesClient(
            try await ClusterConfiguration.load(kubeconfig: environmentVariable("CALLBOARD_TEST_KUBECONFIG")),
            http: HTTPClient(name: "shards"), version: "test")
        let namespace = "shards-" + Hex.encode(randomBytes(4))
        _ = try await client.create("/api/v1/namespaces", ["metadata": ["name": .string(namespace)]])
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(LeaseCollection(client: client, namespace: namespace)))
        } catch { result = .failure(error) }
        try await client.delete("/api/v1/namespaces/\(namespace)")
        try result.get()
    }

    @Test("a replica that is stopped while it does not know what it wrote last leaves nothing behind")
    func leaving() async throws {
        try await with { collection async throws in
            let replica = try Replica("first_1", collection, [.catalog])
            replica.start()
            #expect(await eventually { replica.led == [.catalog] })
            replica.leases.loseAnswers()
            #expect(await eventually { replica.leases.lost > 0 })
            await replica.stop()
            let left = try await collection.list(labelSelector: "callboard.dev/component", within: .seconds(5))
            #expect(left.filter(\.record.isHeld).map(\.record.holderIdentity) == [])
        }
    }

    @Test("two replicas share shards; what one of them cannot keep, gives back or loses the other one leads")
    func sharing() async throws {
        try await with { collection async throws in
            let all: Set<Shard> = [.catalog, .cluster("a"), .cluster("b/c"), .cluster("d")]
            let (first, second) = (try Replica("first_1", collection, all), try Replica("second_2", collection, all))
            first.start()
            #expect(await eventually { first.led == all })
            second.start()
            #expect(await eventually { try await collection.list(labelSelector: "", within: .seconds(5)).count == 6 })
            // A shard that is configured no more is given back.
            first.set([.catalog, .cluster("a")])
            #expect(await eventually { first.led == [.catalog, .cluster("a")] })
            #expect(await eventually { second.led == [.cluster("b/c"), .cluster("d")] })
            // What is led by a replica that is cut off is led by the other when the lease is over.
            let start = ContinuousClock.now
            second.leases.cut()
            first.set(all)
            #expect(await eventually { first.led == all })
            #expect(ContinuousClock.now - start > .seconds(1))
            await second.stop()
            #expect(second.led.isEmpty)
            await first.stop()
            let left = try await collection.list(labelSelector: "callboard.dev/component", within: .seconds(5))
            #expect(left.filter { $0.record.isHeld }.map(\.record.holderIdentity) == ["second_2"])
            #expect(
                left.first { $0.name == Shard.cluster("b/c").leaseName }?.annotations["callboard.dev/shard"]
                    == "cluster/b/c")
        }
    }
}
