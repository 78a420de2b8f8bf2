internal import Synchronization

/// The clusters that Callboard knows at the moment, each with its client. Every replica has all of them, also those that
/// another replica reconciles, because anybody may ask any replica.
package final class ClusterDirectory: Sendable {
    /// A cluster and the way to it.
    package struct Entry: Sendable {
        package let definition: ClusterDefinition
        package let client: KubernetesClient

        package init(definition: ClusterDefinition, client: KubernetesClient) {
            self.definition = definition
            self.client = client
        }
    }

    private let current = Mutex<[String: Entry]>([:])

    package init(_ entries: [Entry] = []) { replace(with: entries) }

    /// In the order of their names.
    package var entries: [Entry] {
        current.withLock { $0.values.sorted { $0.definition.name < $1.definition.name } }
    }

    /// The cluster of a name; nil when there is none.
    package func entry(named name: String) -> Entry? { current.withLock { $0[name] } }

    /// Makes these the clusters. Of two with the same name the first counts.
    package func replace(with entries: [Entry]) {
        let named = Dictionary(entries.map { ($0.definition.name, $0) }, uniquingKeysWith: { first, _ in first })
        current.withLock { $0 = named }
    }
}
