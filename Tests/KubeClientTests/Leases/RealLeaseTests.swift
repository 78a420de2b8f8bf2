import Base
import HTTPClient
import TestSupport
import Testing

@testable import KubeClient

/// What the API server that `CALLBOARD_TEST_KUBECONFIG` names makes of our leases.
@Suite("Leases of a real cluster", .enabled(if: environmentVariable("CALLBOARD_TEST_KUBECONFIG") != nil))
struct RealLeaseTests {
    private static let limit = Duration.seconds(5)

    private func with(_ body: (LeaseCollection) async throws -> Void) async throws {
        let client = KubernetesClient(
            try await ClusterConfiguration.load(kubeconfig: environmentVariable("CALLBOARD_TEST_KUBECONFIG")),
            http: HTTPClient(name: "leases"), version: "test")
        let namespace = "leases-" + Hex.encode(randomBytes(4))
        _ = try await client.create("/api/v1/namespaces", ["metadata": ["name": .string(namespace)]])
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(LeaseCollection(client: client, namespace: namespace)))
        } catch { result = .failure(error) }
        try await client.delete("/api/v1/namespaces/\(namespace)")
        try result.get()
    }

    @Test("a lease is made, read, changed over its version alone, listed and deleted")
    func life() async throws {
        try await with { leases async throws in
            #expect(try await leases.get("one", within: Self.limit) == nil)
            let record = LeaseRecord.held(by: "a")
            let made = try await leases.create("one", labels: ["test": "x"], record, within: Self.limit)
            #expect(made.record == record && made.labels == ["test": "x"])
            let taken = await #expect(throws: KubernetesError.self) {
                try await leases.create("one", record, within: Self.limit)
            }
            #expect(taken?.code == .alreadyExists)
            let changed = try await leases.update(made, to: .held(by: "b", transitions: 1), within: Self.limit)
            #expect(changed.record.leaseTransitions == 1 && changed.labels == ["test": "x"])
            let stale = await #expect(throws: KubernetesError.self) {
                try await leases.update(made, to: record, within: Self.limit)
            }
            #expect(stale?.code == .conflict)
            #expect(try await leases.list(labelSelector: "test=x", within: Self.limit) == [changed])
            let notThat = await #expect(throws: KubernetesError.self) {
                try await leases.delete("one", as: made, within: Self.limit)
            }
            #expect(notThat?.code == .conflict)
            try await leases.delete("one", as: changed, within: Self.limit)
            try await leases.delete("one", within: Self.limit)
            #expect(try await leases.get("one", within: Self.limit) == nil)
        }
    }

    @Test("of two processes one leads, and the other when the first is stopped")
    func handOver() async throws {
        try await with { leases async throws in
            let timings = try LeaseTimings(
                leaseDuration: .seconds(3), renewDeadline: .seconds(2), retryPeriod: .milliseconds(500))
            func elector(_ identity: String) -> LeaderElector {
                LeaderElector(
                    name: "real", lease: NamedLease("real", in: leases, labels: ["a": "b"]), identity: identity,
                    timings: timings, metrics: MetricsRegistry(), logger: Logger("test", sink: { _ in }),
                    onLost: { Issue.record("lost: \($0)") })
            }
            let (first, second) = (elector("first"), elector("second"))
            let firstTask = Task { await first.run { _ in _ = await Gate().wait() } }
            #expect(await eventually { first.isLeader })
            let secondTask = Task { await second.run { _ in _ = await Gate().wait() } }
            let renewed = try await leases.get("real", within: Self.limit)?.record.renewTime
            #expect(
                await eventually { (try? await leases.get("real", within: Self.limit))?.record.renewTime != renewed })
            #expect(!second.isLeader)
            firstTask.cancel()
            await firstTask.value
            #expect(await eventually { second.isLeader })
            #expect(try await leases.get("real", within: Self.limit)?.record.leaseTransitions == 1)
            secondTask.cancel()
            await secondTask.value
            #expect(try await leases.get("real", within: Self.limit)?.record.isHeld == false)
        }
    }
}
