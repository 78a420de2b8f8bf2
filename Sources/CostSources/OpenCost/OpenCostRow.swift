package import Base
package import Costs

/// What OpenCost allocates to something in one step.
package struct OpenCostRow: Sendable, Equatable {
    /// Whom it is about.
    package enum Share: Sendable, Hashable {
        case controller(kind: String, name: String)
        /// Capacity that nobody requested.
        case idle
        /// Volumes and load balancers without pods.
        case unmounted
        /// Pods without a controller.
        case unallocated
    }

    /// When the step begins.
    package let step: Timestamp
    /// As OpenCost calls it.
    package let cluster: String
    /// Empty when it is of none.
    package let namespace: String
    /// Empty when it is of several, or of none.
    package let node: String
    /// Empty unless asked for by pod.
    package let pod: String
    package let share: Share
    /// For how long there was anything of it in the step.
    package let seconds: Int64
    package let cost: ResourceCost
    package let use: CapacityTime
    /// Nil where OpenCost does not know.
    package let used: CapacityTime?
}

/// Reads one allocation. Fields that are null are missing, and those that cannot be used are counted.
struct OpenCostRowReader {
    private var texts: [String: String] = [:]
    private var numbers: [String: Double] = [:]
    private var windowStart: Timestamp?
    private let key: String
    private(set) var malformed = 0

    init(_ row: JSONView, key: String) {
        self.key = key
        row.forEachMember { name, value in
            let name = String(decoding: name, as: UTF8.self)
            switch name {
            case "properties": value.forEachMember { readText(String(decoding: $0, as: UTF8.self), $1) }
            case "window": windowStart = value["start"]?.stringValue.flatMap { Timestamp(rfc3339: $0) }
            case "name": texts["row"] = value.stringValue
            case "start", "end": texts[name] = value.stringValue
            default: if Self.wanted.contains(name) { readNumber(name, value) }
            }
        }
    }

    private static let wanted: Set<String> = [
        "minutes", "cpuCost", "cpuCostAdjustment", "ramCost", "ramCostAdjustment", "gpuCost", "gpuCostAdjustment",
        "pvCost", "pvCostAdjustment", "networkCost", "networkCostAdjustment", "loadBalancerCost",
        "loadBalancerCostAdjustment", "sharedCost", "externalCost", "cpuCoreHours", "ramByteHours", "gpuHours",
        "cpuCoreUsageAverage", "ramByteUsageAverage",
    ]

    private mutating func readText(_ name: String, _ value: JSONView) {
        // PostgreSQL keeps no text with U+0000.
        guard let text = value.stringValue, !text.utf8.contains(0) else { return }
        texts[name] = text
    }

    private mutating func readNumber(_ name: String, _ value: JSONView) {
        if value.isNull { return }
        guard let number = value.value().doubleValue, number.isFinite else { return malformed += 1 }
        numbers[name] = number
    }

    var cluster: String { texts["cluster"] ?? "" }

    /// - Parameter steps: those that were asked for. Some versions give one that reaches beyond the end.
    /// - Returns: nil when it is of another step, or, which is counted, cannot be told from others.
    mutating func row(in steps: Set<Timestamp>, stepHours: Int) -> OpenCostRow? {
        let start = texts["start"].flatMap { Timestamp(rfc3339: $0) }
        guard let step = windowStart ?? (stepHours == 1 ? start?.startOfHour : start?.startOfDay), !cluster.isEmpty
        else {
            malformed += 1
            return nil
        }
        guard steps.contains(step) else { return nil }
        let seconds = seconds(from: start, stepHours)
        return OpenCostRow(
            step: step, cluster: cluster, namespace: property("namespace"), node: property("node"),
            pod: property("pod"), share: share, seconds: seconds, cost: cost(), use: use,
            used: used(forSeconds: Double(seconds)))
    }

    /// Reserved words such as `__unallocated__` stand where there is nothing to name.
    private func property(_ name: String) -> String {
        guard let text = texts[name], !text.hasPrefix("__") else { return "" }
        return text
    }

    /// Names of Kubernetes have no underscores, so a word with them anywhere in the row's name is OpenCost's.
    private var share: OpenCostRow.Share {
        func isNamed(_ word: String) -> Bool {
            key.contains(word) || texts["row"]?.contains(word) == true
                || ["namespace", "controllerKind", "controller", "pod", "container"].contains { texts[$0] == word }
        }
        if isNamed("__idle__") { return .idle }
        if isNamed("__unmounted__") { return .unmounted }
        let (kind, name) = (property("controllerKind"), property("controller"))
        return kind.isEmpty || name.isEmpty ? .unallocated : .controller(kind: kind, name: name)
    }

    private func seconds(from start: Timestamp?, _ stepHours: Int) -> Int64 {
        let whole = Double(stepHours) * 3_600
        let between = texts["end"].flatMap { Timestamp(rfc3339: $0) }.flatMap { end in start.map(end.secondsSince) }
        let found = numbers["minutes"].map { $0 * 60 } ?? between ?? whole
        return Int64(min(max(found, 0), whole).rounded())
    }

    private mutating func cost() -> ResourceCost {
        ResourceCost(
            cpu: money("cpuCost", "cpuCostAdjustment"), memory: money("ramCost", "ramCostAdjustment"),
            gpu: money("gpuCost", "gpuCostAdjustment"), storage: money("pvCost", "pvCostAdjustment"),
            network: money("networkCost", "networkCostAdjustment"),
            loadBalancer: money("loadBalancerCost", "loadBalancerCostAdjustment"),
            shared: money("sharedCost", "externalCost"))
    }

    /// Below zero is no cost: what is idle could come out so before OpenCost bounded it.
    private mutating func money(_ name: String, _ adjustment: String) -> Money {
        let parts = [name, adjustment].compactMap { numbers[$0] }.map { Money(dollars: $0) }
        let sum = parts.reduce(Money.zero) { $0 + ($1 ?? .zero) }
        if parts.contains(nil) || sum < .zero { malformed += 1 }
        return max(sum, .zero)
    }

    private var use: CapacityTime {
        CapacityTime(
            millicoreSeconds: Self.whole(numbers["cpuCoreHours"], 3_600_000),
            byteSeconds: Self.whole(numbers["ramByteHours"], 3_600), gpuSeconds: Self.whole(numbers["gpuHours"], 3_600))
    }

    private func used(forSeconds seconds: Double) -> CapacityTime? {
        guard let cores = numbers["cpuCoreUsageAverage"], let bytes = numbers["ramByteUsageAverage"] else { return nil }
        return CapacityTime(
            millicoreSeconds: Self.whole(cores, 1_000 * seconds), byteSeconds: Self.whole(bytes, seconds))
    }

    private static func whole(_ number: Double?, _ factor: Double) -> Int64 {
        Int64(min(max((number ?? 0) * factor, 0), 1e18).rounded())
    }
}
