import Base
import KubeClient

/// From nothing to complete caches of pods and Deployments, with the indexes that workloads need.
enum Sync {
    static func measure(_ configuration: ClusterConfiguration) async throws -> JSONObject {
        let started = ContinuousClock.now
        let processor = ProcessFigures.processorSeconds
        let client = KubeBench.client(configuration)
        let pods = Informer(Resource.pods, client: client, indexes: [.controller], logger: KubeBench.logger)
        let deployments = Informer(
            Resource.deployments, client: client, indexes: [.controller], logger: KubeBench.logger)
        let tasks = [Task { await pods.run() }, Task { await deployments.run() }]
        defer { for task in tasks { task.cancel() } }
        let deadline = started + .seconds(120)
        guard await deployments.waitUntilSynced(deadline: deadline), await pods.waitUntilSynced(deadline: deadline)
        else { throw BenchmarkError(description: "the caches were not complete after two minutes") }
        let took = started.duration(to: .now)
        let used = ProcessFigures.processorSeconds - processor
        // What was only needed while reading is given back.
        try await Task.sleep(for: .seconds(1))
        var figures = ProcessFigures.memory()
        figures["seconds"] = .double(took.inSeconds)
        figures["processorSeconds"] = .double(used)
        figures["pods"] = .int(Int64(pods.cache.count))
        figures["deployments"] = .int(Int64(deployments.cache.count))
        return figures
    }
}
