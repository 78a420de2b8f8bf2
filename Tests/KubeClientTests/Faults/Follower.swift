import Base
import Synchronization

@testable import KubeClient

/// An informer under observation, of whatever kind.
protocol Following: Sendable {
    var plural: String { get }
    var status: InformerStatus { get }
    var history: ChangeHistory { get }
    /// What the informer warned of.
    var warnings: [String] { get }
    func waitUntilSynced() async -> Bool
    /// In what the cache, the reported changes and the cluster differ.
    func differences(from cluster: KubernetesClient) async throws -> [String]
    func stop() async
}

/// Runs an informer, records what it reports, and compares its cache with the cluster.
final class Follower<Object: KubernetesObject>: Following {
    let history = ChangeHistory()
    let informer: Informer<Object>
    private let selection: Selection
    private let log = Log()
    private let task: Task<Void, Never>

    init(_ resource: Resource<Object>, client: KubernetesClient, selection: Selection, silenceLimit: Duration) {
        self.selection = selection
        let informer = Informer(
            resource, client: client, selection: selection, silenceLimit: silenceLimit,
            logger: Logger("test", sink: log.add), clock: AcceleratedClock(), onChange: history.add)
        self.informer = informer
        task = Task { await informer.run() }
    }

    var plural: String { informer.resource.plural }
    var status: InformerStatus { informer.status }

    var warnings: [String] { log.warnings }

    func waitUntilSynced() async -> Bool { await informer.waitUntilSynced(deadline: .now + .seconds(60)) }

    func differences(from cluster: KubernetesClient) async throws -> [String] {
        guard let endpoint = try await cluster.endpoint(of: informer.resource) else { return ["\(plural): not served"] }
        let list = try await cluster.get(endpoint.path(namespace: selection.namespace))
        var there: [ObjectKey: ChangeHistory.Identity] = [:]
        for item in list["items"]?.arrayValue ?? [] {
            let text = { (name: String) in item["metadata"]?[name]?.stringValue ?? "" }
            there[ObjectKey(namespace: text("namespace"), name: text("name"))] = ChangeHistory.Identity(
                uid: ObjectUID(text("uid")), version: ResourceVersion(text("resourceVersion")))
        }
        let cached = Dictionary(
            uniqueKeysWithValues: informer.cache.list().map { ($0.key, ChangeHistory.Identity($0.meta)) })
        return Self.compare(cached, there, "the cache", plural)
            + Self.compare(history.present, there, "the reported state", plural)
    }

    private static func compare(
        _ ours: [ObjectKey: ChangeHistory.Identity], _ theirs: [ObjectKey: ChangeHistory.Identity], _ what: String,
        _ plural: String
    ) -> [String] {
        Set(ours.keys).union(theirs.keys).sorted().filter { ours[$0] != theirs[$0] }.map { key in
            let (our, their) = (ours[key].map(\.description) ?? "-", theirs[key].map(\.description) ?? "-")
            return "\(plural) \(key): \(what) has \(our), the cluster \(their)"
        }
    }

    func stop() async {
        task.cancel()
        await task.value
    }
}

private final class Log: Sendable {
    private let lines = Mutex<[String]>([])
    var warnings: [String] { lines.withLock { $0.filter { $0.contains("warn") } } }
    @Sendable func add(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
}
