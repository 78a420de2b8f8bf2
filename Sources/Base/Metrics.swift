internal import Synchronization

/// Metrics of one process in Prometheus' text exposition format 0.0.4.
package final class MetricsRegistry: Sendable {
    private let families = Mutex<[String: MetricFamily]>([:])
    private let preparations = Mutex(Preparations())

    package init() {}

    /// Has values brought up to date each time before they are exposed: for what is a state rather than an event.
    ///
    /// - Parameter prepare: must return quickly; false when it is not to be called again.
    package func beforeExposition(_ prepare: @escaping @Sendable () -> Bool) {
        preparations.withLock { $0.add(prepare) }
    }

    /// A value that only rises. Asking again for a name gives the same counter.
    package func counter(_ name: String, help: String, labels: [String] = []) -> Counter {
        Counter(family: family(name, help: help, labels: labels, kind: .counter))
    }

    /// A value that may fall.
    package func gauge(_ name: String, help: String, labels: [String] = []) -> Gauge {
        Gauge(family: family(name, help: help, labels: labels, kind: .gauge))
    }

    /// Counts of observations in buckets up to the given bounds.
    package func histogram(
        _ name: String, help: String, labels: [String] = [],
        buckets: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    ) -> Histogram {
        Histogram(family: family(name, help: help, labels: labels, kind: .histogram(buckets)))
    }

    /// Every family, sorted by name.
    package func exposition() -> String {
        let ended = Set(preparations.withLock { $0.all }.filter { !$0.run() }.map(\.number))
        if !ended.isEmpty { preparations.withLock { $0.all.removeAll { ended.contains($0.number) } } }
        let sorted = families.withLock { $0.values.sorted { $0.name < $1.name } }
        return sorted.map { $0.exposition() }.joined()
    }

    private func family(_ name: String, help: String, labels: [String], kind: MetricFamily.Kind) -> MetricFamily {
        families.withLock { families in
            if let known = families[name] { return known }
            let made = MetricFamily(name: name, help: help, labels: labels, kind: kind)
            families[name] = made
            return made
        }
    }
}

/// What is called before an exposition, in the order in which it came. It is known by number, because several expositions
/// may be under way and more may come meanwhile.
private struct Preparations {
    var all: [(number: Int, run: @Sendable () -> Bool)] = []
    private var last = 0

    mutating func add(_ run: @escaping @Sendable () -> Bool) {
        last += 1
        all.append((last, run))
    }
}

/// A value that only rises.
package struct Counter: Sendable {
    let family: MetricFamily

    /// - Parameter labelValues: one for each label, in the order of the declaration.
    package func increment(by amount: Double = 1, _ labelValues: [String] = []) {
        family.update(labelValues) { $0.value += amount }
    }
}

/// A value that may fall.
package struct Gauge: Sendable {
    let family: MetricFamily

    package func set(_ value: Double, _ labelValues: [String] = []) {
        family.update(labelValues) { $0.value = value }
    }

    package func add(_ amount: Double, _ labelValues: [String] = []) {
        family.update(labelValues) { $0.value += amount }
    }

    /// Exposes this series no longer: what it told of is no more, or not known here. The next value brings it back.
    package func remove(_ labelValues: [String] = []) { family.remove(labelValues) }
}

/// Counts of observations in buckets.
package struct Histogram: Sendable {
    let family: MetricFamily

    /// Has a series from now on, so that a rate can be computed over its first observation.
    package func expect(_ labelValues: [String]) { family.update(labelValues) { _ in } }

    package func observe(_ value: Double, _ labelValues: [String] = []) {
        family.update(labelValues) { series in
            series.value += value
            series.count += 1
            for (index, bound) in family.bounds.enumerated() where value <= bound { series.buckets[index] += 1 }
        }
    }
}

/// One metric name with its series, one for each combination of label values.
final class MetricFamily: Sendable {
    enum Kind: Sendable {
        case counter, gauge
        case histogram([Double])
    }

    struct Series {
        var value = 0.0
        var count = 0
        var buckets: [Int]
    }

    let name: String
    let bounds: [Double]
    private let help: String
    private let labels: [String]
    private let typeName: String
    private let series = Mutex<[[String]: Series]>([:])

    init(name: String, help: String, labels: [String], kind: Kind) {
        self.name = name
        self.help = help
        self.labels = labels
        switch kind {
        case .counter: (typeName, bounds) = ("counter", [])
        case .gauge: (typeName, bounds) = ("gauge", [])
        case .histogram(let bounds): (typeName, self.bounds) = ("histogram", bounds)
        }
        // A series without labels exists from the start, so that a rate can be computed over its first increment.
        if labels.isEmpty { update([]) { _ in } }
    }

    func update(_ labelValues: [String], _ change: (inout Series) -> Void) {
        precondition(labelValues.count == labels.count, "\(name) has the labels \(labels)")
        series.withLock { series in
            change(&series[labelValues, default: Series(buckets: Array(repeating: 0, count: bounds.count))])
        }
    }

    func remove(_ labelValues: [String]) {
        precondition(labelValues.count == labels.count, "\(name) has the labels \(labels)")
        series.withLock { _ = $0.removeValue(forKey: labelValues) }
    }

    func exposition() -> String {
        var text = "# HELP \(name) \(help)\n# TYPE \(name) \(typeName)\n"
        let sorted = series.withLock { $0.sorted { $0.key.lexicographicallyPrecedes($1.key) } }
        for (values, one) in sorted {
            if typeName == "histogram" {
                for (bound, count) in zip(bounds, one.buckets) {
                    text += "\(name)_bucket\(labelText(values, bound: number(bound))) \(count)\n"
                }
                text += "\(name)_bucket\(labelText(values, bound: "+Inf")) \(one.count)\n"
                text += "\(name)_sum\(labelText(values)) \(number(one.value))\n"
                text += "\(name)_count\(labelText(values)) \(one.count)\n"
            } else {
                text += "\(name)\(labelText(values)) \(number(one.value))\n"
            }
        }
        return text
    }

    private func labelText(_ values: [String], bound: String? = nil) -> String {
        var pairs = zip(labels, values).map { "\($0)=\"\(escaped($1))\"" }
        if let bound { pairs.append("le=\"\(bound)\"") }
        return pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
    }

    private func escaped(_ value: String) -> String {
        // Scalars, not characters: "\r\n" is one character.
        value.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\\": text += #"\\"#
            case "\"": text += #"\""#
            case "\n": text += #"\n"#
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    private func number(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? value.description
    }
}
