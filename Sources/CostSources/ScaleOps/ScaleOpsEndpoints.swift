/// The configured ScaleOps, by name.
package struct ScaleOpsEndpoints: Sendable {
    /// In the order configured; the first is asked when nobody says which.
    package let clients: [ScaleOpsClient]

    package init(_ clients: [ScaleOpsClient]) { self.clients = clients }

    /// One of them; nil when there is none of that name.
    ///
    /// - Parameter name: nil: the first.
    package func client(_ name: String?) -> ScaleOpsClient? {
        guard let name else { return clients.first }
        return clients.first { $0.endpoint.name == name }
    }
}
