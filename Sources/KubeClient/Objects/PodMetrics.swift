package import Base

/// What the containers of a pod use, as `metrics.k8s.io/v1beta1` tells: the API that metrics-server and others serve
/// behind the API server's aggregation layer.
package struct PodMetrics: Sendable, Hashable {
    /// What a container uses.
    package struct Container: Sendable, Hashable {
        package let name: String
        /// On average over the window.
        package let cpuNanocores: Int64
        /// The working set.
        package let memoryBytes: Int64
    }

    package let key: ObjectKey
    /// The end of the window.
    package let at: Timestamp
    /// Those with both resources.
    package let containers: [Container]

    /// Nil when the object has no name or time, or no container with both resources.
    init?(from view: JSONView) {
        guard let name = view["metadata"]?["name"]?.stringValue,
            let at = view["timestamp"]?.stringValue.flatMap({ Timestamp(rfc3339: $0) })
        else { return nil }
        var containers: [Container] = []
        view["containers"]?.forEachElement { container in
            if let container = Container(from: container) { containers.append(container) }
        }
        guard !containers.isEmpty else { return nil }
        self.containers = containers
        self.at = at
        key = ObjectKey(namespace: view["metadata"]?["namespace"]?.stringValue ?? "", name: name)
    }
}

extension PodMetrics.Container {
    fileprivate init?(from view: JSONView) {
        guard let name = view["name"]?.stringValue,
            let cpu = view["usage"]?["cpu"]?.stringValue.flatMap({ Quantity.billionths($0) }), cpu >= 0,
            let memory = view["usage"]?["memory"]?.stringValue.flatMap({ Quantity.units($0) }), memory >= 0
        else { return nil }
        self.init(name: name, cpuNanocores: cpu, memoryBytes: memory)
    }
}
