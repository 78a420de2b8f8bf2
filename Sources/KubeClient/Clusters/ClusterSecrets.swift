internal import Base

/// Follows the Secrets of one namespace that describe clusters (label `callboard.dev/cluster=true`). They are few and
/// small, so they are listed again and again instead of watched; what that needs is `list` on Secrets of that namespace.
package struct ClusterSecrets: Sendable {
    /// The label that makes a Secret a cluster.
    package static let label = "callboard.dev/cluster"

    private let client: KubernetesClient
    private let namespace: String
    private let pause: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - client: of the cluster that holds the Secrets.
    ///   - interval: between two listings.
    package init(
        client: KubernetesClient, namespace: String, interval: Duration = .seconds(30),
        clock: some Clock<Duration> = ContinuousClock()
    ) {
        self.client = client
        self.namespace = namespace
        pause = { try await clock.sleep(for: interval) }
    }

    /// Tells what the Secrets say, at once and whenever it is something else, until the task is cancelled. While they
    /// cannot be read, the last good definitions stay, and a problem says why.
    package func run(_ update: @Sendable (ClusterReading) async -> Void) async {
        var state = ClusterSecretsState()
        while !Task.isCancelled {
            if let reading = await next(&state) { await update(reading) }
            try? await pause()
        }
    }

    private func next(_ state: inout ClusterSecretsState) async -> ClusterReading? {
        do {
            let path = Endpoint(GroupVersion(version: "v1"), "secrets").path(namespace: namespace)
            let list = try await client.get(path, query: [("labelSelector", "\(Self.label)=true")])
            return state.read(list["items"]?.arrayValue ?? [])
        } catch {
            if Task.isCancelled { return nil }
            return state.fail(
                ClusterProblem(cluster: "", path: "Secrets of the namespace \(namespace)", detail: "\(error)"))
        }
    }
}
