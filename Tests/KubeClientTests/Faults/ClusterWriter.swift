import Base
import TestSupport

@testable import KubeClient

/// Creates, changes and deletes objects at a steady rate, with the same choices for the same seed.
actor ClusterWriter {
    private struct Kind {
        let path: String
        let make: @Sendable (String) -> JSONValue
        /// Uids by name.
        var objects: [String: String] = [:]
    }

    /// Few names, so that objects often come back under the name of one that went.
    private static let namesPerKind = 12
    private let client: KubernetesClient
    private var kinds: [Kind]
    private var random: SeededRandom
    private var task: Task<Void, Never>?
    /// Writes that the server confirmed.
    private(set) var writes = 0
    /// What was deleted.
    private(set) var deleted: Set<ObjectUID> = []

    init(_ client: KubernetesClient, namespace: String, seed: UInt64) {
        self.client = client
        random = SeededRandom(seed: seed)
        kinds = [
            Kind(path: "/api/v1/namespaces/\(namespace)/configmaps", make: Self.configMap),
            Kind(path: "/api/v1/namespaces/\(namespace)/pods", make: Self.pod),
            Kind(path: "/apis/apps/v1/namespaces/\(namespace)/deployments", make: Self.deployment),
            Kind(path: Thing.path(in: namespace), make: Thing.make),
        ]
    }

    func start(perSecond: Int) {
        let period = Duration.seconds(1) / perSecond
        task = Task {
            var next = ContinuousClock.now
            while !Task.isCancelled {
                await step()
                next = max(next + period, .now - .seconds(1))
                try? await Task.sleep(until: next, clock: .continuous)
            }
        }
    }

    /// Returns when the last write is done.
    func stop() async {
        task?.cancel()
        await task?.value
        task = nil
    }

    /// The cluster is not what it was: names are to be found out anew, and what was deleted may be there again.
    func forget() {
        for index in kinds.indices { kinds[index].objects = [:] }
        deleted = []
    }

    /// One write. It may fail while the server does; then it is not known whether it was done, and the name is left
    /// alone until a later write finds out.
    func step() async {
        let index = Int.random(in: kinds.indices, using: &random)
        let name = "o\(Int.random(in: 0..<Self.namesPerKind, using: &random))"
        let path = kinds[index].path
        let deletes = Int.random(in: 0..<5, using: &random) == 0
        do {
            guard let uid = kinds[index].objects[name] else {
                let object = try await client.create(path, kinds[index].make(name))
                kinds[index].objects[name] = object["metadata"]?["uid"]?.stringValue
                writes += 1
                return
            }
            if deletes {
                try await client.delete("\(path)/\(name)", gracePeriodSeconds: 0)
                kinds[index].objects[name] = nil
                deleted.insert(ObjectUID(uid))
            } else {
                let note = "Käse 🎭 \(UInt32.random(in: 0 ... .max, using: &random))"
                let patch: JSONValue = ["metadata": ["annotations": ["note": .string(note)]]]
                _ = try await client.patch("\(path)/\(name)", .merge, patch)
            }
            writes += 1
        } catch let error as KubernetesError where error.code == .notFound {
            kinds[index].objects[name] = nil
        } catch let error as KubernetesError where error.code == .alreadyExists {
            let object = try? await client.get("\(path)/\(name)")
            kinds[index].objects[name] = object?["metadata"]?["uid"]?.stringValue
        } catch {}
    }

    @Sendable private static func configMap(_ name: String) -> JSONValue {
        ["metadata": ["name": .string(name)], "data": ["text": "Grüße aus dem Süden 🌞, \(name)"]]
    }

    @Sendable private static func pod(_ name: String) -> JSONValue {
        let container: JSONValue = ["name": "main", "image": "registry.example/image:1"]
        return [
            "metadata": ["name": .string(name), "labels": ["app": "fault"]],
            "spec": ["schedulerName": "nobody", "containers": [container]],
        ]
    }

    @Sendable private static func deployment(_ name: String) -> JSONValue {
        let labels: JSONValue = ["app": .string(name)]
        let container: JSONValue = ["name": "main", "image": "registry.example/image:1"]
        return [
            "metadata": ["name": .string(name)],
            "spec": [
                "replicas": 0, "selector": ["matchLabels": labels],
                "template": ["metadata": ["labels": labels], "spec": ["containers": [container]]],
            ],
        ]
    }
}
