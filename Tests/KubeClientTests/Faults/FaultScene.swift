import Base
import HTTPClient
import TestSupport
import Testing

@testable import KubeClient

/// Informers of several kinds that reach the cluster through a fault proxy, while somebody writes to it directly.
struct FaultScene: Sendable {
    let proxy: FaultProxy
    /// Goes around the proxy.
    let direct: KubernetesClient
    let namespace: String
    let writer: ClusterWriter
    let configMaps: Follower<ConfigMap>
    let followers: [any Following]

    /// Makes a scene, waits until all caches are complete, plays, and has everything compared at the end.
    ///
    /// - Parameters:
    ///   - cluster: nil: the one of the run.
    ///   - silenceLimit: of the informers.
    ///   - writesPerSecond: while `body` plays.
    static func play(
        in cluster: ClusterConfiguration? = nil, seed: UInt64 = 1, silenceLimit: Duration = .seconds(90),
        writesPerSecond: Int = 50, _ body: (FaultScene) async throws -> Void
    ) async throws {
        var configuration = cluster
        if configuration == nil {
            configuration = try await .load(kubeconfig: environmentVariable("CALLBOARD_TEST_KUBECONFIG"))
        }
        let scene = try await FaultScene(try #require(configuration), seed: seed, silenceLimit: silenceLimit)
        for follower in scene.followers { #expect(await follower.waitUntilSynced()) }
        await scene.waitForWatches()
        await scene.writer.start(perSecond: writesPerSecond)
        do {
            try await body(scene)
            try await scene.compare()
        } catch {
            await scene.end()
            throw error
        }
        await scene.end()
    }

    private init(_ cluster: ClusterConfiguration, seed: UInt64, silenceLimit: Duration) async throws {
        proxy = try await FaultProxy(to: cluster, seed: seed)
        // On a fast clock, on which the limit of writes is far above ours.
        direct = KubernetesClient(
            cluster, http: HTTPClient(name: "direct"), version: "test", clock: AcceleratedClock())
        namespace = "faults-\(UInt32.random(in: 0 ... .max))"
        _ = try await direct.create("/api/v1/namespaces", ["metadata": ["name": .string(namespace)]])
        try await Thing.define(in: direct)
        writer = ClusterWriter(direct, namespace: namespace, seed: seed)
        for _ in 0..<30 { await writer.step() }
        _ = try await direct.create(Thing.path(in: namespace), Thing.filler)
        let http = HTTPClient(name: "faults")
        let client = KubernetesClient(proxy.configuration, http: http, version: "test", clock: AcceleratedClock())
        let remote = KubernetesClient(
            proxy.remoteConfiguration, http: http, version: "test", clock: AcceleratedClock())
        let selection = Selection(namespace: namespace)
        configMaps = Follower(.configMaps, client: client, selection: selection, silenceLimit: silenceLimit)
        followers = [
            configMaps, Follower(.pods, client: client, selection: selection, silenceLimit: silenceLimit),
            Follower(.deployments, client: client, selection: selection, silenceLimit: silenceLimit),
            Follower(Thing.resource, client: remote, selection: selection, silenceLimit: silenceLimit),
        ]
    }

    /// Waits until further writes were confirmed and, if the informers are well, seen.
    func write(_ count: Int = 10) async {
        let before = await writer.writes
        #expect(await eventually { await writer.writes >= before + count }, "the writer is stuck")
    }

    /// Waits until every watch is open.
    func waitForWatches() async {
        #expect(await eventually { (try? await proxy.count("open")) == followers.count }, "not all watches are open")
    }

    /// Does something to every open watch, of which there must be one for each informer.
    func strike(_ command: JSONValue) async throws {
        await waitForWatches()
        try await proxy.streams(command)
    }

    /// Writes an event into every open watch, as soon as no other is under way: its frame where they are protobuf, else
    /// the line.
    func inject(_ frame: [UInt8], line: JSONValue) async throws {
        let json = String(decoding: line.serialized(), as: UTF8.self)
        try await strike(["do": "inject", "data": .string(Base64.encode(frame)), "json": .string(json)])
    }

    /// Tells every watch that its version is gone, which leads to a list.
    func expire() async throws { try await inject(error: 410, "Expired") }

    func inject(error code: Int, _ reason: String) async throws {
        let status: JSONValue = [
            "kind": "Status", "status": "Failure", "code": .int(Int64(code)), "reason": .string(reason),
        ]
        try await inject(
            Wire.event("ERROR", Wire.status(code: code, reason: reason), kind: "Status"),
            line: ["type": "ERROR", "object": status])
    }

    /// Waits until the proxy has applied a rule so often.
    func hasCounted(_ name: String, atLeast count: Int) async -> Bool {
        await eventually { (try? await proxy.count(name)).map { $0 >= count } ?? false }
    }

    /// Waits until each informer reports an error of this kind.
    func showsError(_ code: KubernetesError.Code) async -> Bool {
        await eventually { followers.allSatisfy { $0.status.lastError?.code == code } }
    }

    /// Takes the cluster back to an older state. What was deleted since may be there again, and versions go back.
    func restore(_ action: () async -> Void) async {
        await writer.stop()
        for follower in followers { follower.history.expectRestore() }
        await action()
        await writer.forget()
    }

    /// Ends the faults and the writing, then demands that everything comes to agree.
    func compare() async throws {
        try await proxy.clear()
        await writer.stop()
        let agrees = await eventually { await differences().isEmpty }
        let left = agrees ? [] : await differences()
        #expect(left == [])
        #expect(await eventually { followers.allSatisfy { $0.status.lastError == nil } }, "an error stays")
        let deleted = await writer.deleted
        for follower in followers {
            #expect(follower.history.faults == [], "\(follower.plural)")
            // An object that came and went while nobody looked was never there for us; any other has its end.
            let present = Set(follower.history.present.values.map(\.uid))
            #expect(present.isDisjoint(with: deleted), "\(follower.plural): a deletion was missed")
            #expect(follower.history.count > 0, "\(follower.plural): nothing was reported")
        }
    }

    private func differences() async -> [String] {
        var all: [String] = []
        for follower in followers {
            do {
                all += try await follower.differences(from: direct)
            } catch {
                all.append("\(follower.plural): \(error)")
            }
        }
        return all
    }

    private func end() async {
        await writer.stop()
        for follower in followers { await follower.stop() }
        try? await direct.delete("/api/v1/namespaces/\(namespace)")
    }
}
