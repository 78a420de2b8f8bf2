import Base
import HTTPClient
import HTTPServer
import KubeClient

/// How fast changes come through: bytes of a local server's watch, decoder, cache, handler, queue, consumer.
enum Burst {
    static func measure(_ configuration: ClusterConfiguration, events: Int) async throws -> JSONObject {
        let replay = try Replay(list: try await list(configuration), events: events)
        let server = try replay.serve()
        let queue = CoalescingQueue()
        let local = KubeBench.client(ClusterConfiguration(server: "http://127.0.0.1:\(server.port)"))
        let pods = Informer(
            Resource.pods, client: local, indexes: [.controller], logger: KubeBench.logger
        ) { change in
            if change.cause == .watch { queue.add(change.key) }
        }
        let consumer = Task {
            while !Task.isCancelled {
                guard let key = queue.take() else {
                    try? await Task.sleep(for: .milliseconds(1))
                    continue
                }
                _ = pods.cache.get(key)
            }
        }
        let informer = Task { await pods.run() }
        guard await pods.waitUntilSynced(deadline: .now + .seconds(60)) else {
            throw BenchmarkError(description: "the cache was not complete after a minute")
        }
        let started = ContinuousClock.now
        let processor = ProcessFigures.processorSeconds
        while pods.status.events < events {
            guard started.duration(to: .now) < .seconds(60) else {
                throw BenchmarkError(description: "\(pods.status.events) of \(events) events after a minute")
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        let took = started.duration(to: .now)
        let used = ProcessFigures.processorSeconds - processor
        consumer.cancel()
        informer.cancel()
        await informer.value
        await server.stop(drain: .zero)
        return [
            "events": .int(Int64(events)), "seconds": .double(took.inSeconds),
            "eventsPerSecond": .double((Double(events) / took.inSeconds).rounded()),
            // With those of the server that sends the frames.
            "processorSeconds": .double(used), "megabytes": .double(Double(replay.frames.count) / 1e6),
            "deepestQueue": .int(Int64(queue.figures.deepest)),
            "distinctKeys": .int(Int64(min(events, replay.podCount))),
        ]
    }

    /// The cluster's pods in protobuf.
    private static func list(_ configuration: ClusterConfiguration) async throws -> [UInt8] {
        var request = KubernetesRequest(
            "GET", "/api/v1/pods", query: [("resourceVersion", "0")], accept: KubernetesRequest.protobuf)
        request.maximumBodyBytes = 1 << 30
        return try await KubeBench.client(configuration).send(request).body
    }
}
