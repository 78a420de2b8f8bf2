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
    /// Over which CPU was measured.
    package let windowSeconds: Int64
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
        windowSeconds = view["window"]?.stringValue.flatMap { goDurationSeconds($0) } ?? 0
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

/// Whole seconds of a length of time as Go prints it, rounded down: `30s`, `1m0s`, `1h2m3.5s`, `300ms`; nil for anything
/// else.
func goDurationSeconds(_ text: String) -> Int64? {
    let units: [String: Double] = ["h": 3_600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9]
    var rest = text[...]
    var total = 0.0
    repeat {
        let number = rest.prefix { $0 == "." || ("0"..."9").contains($0) }
        rest = rest[number.endIndex...]
        let unit = rest.prefix { $0 != "." && !("0"..."9").contains($0) }
        rest = rest[unit.endIndex...]
        guard let count = Double(number), let seconds = units[String(unit)] else { return nil }
        total += count * seconds
    } while !rest.isEmpty
    return total.isFinite && total < 1e12 ? Int64(total) : nil
}
