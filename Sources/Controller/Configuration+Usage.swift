import Base
import CostSources
import Costs
import HTTPClient
import KubeClient
import Reconcilers

/// Where usage comes from, and how containers are sized by it.
struct UsageConfiguration {
    /// Between two questions.
    var interval: Duration = .seconds(60)
    /// None: `metrics.k8s.io` of each cluster is all there is.
    var prometheus: [PrometheusEndpoint] = []
    var sizing = SizingSettings()
    /// What is estimated of the time before the first metered hour, where there is a Prometheus.
    var backfillDays: Int64 = 7
    /// What to tell the user about at the start.
    var warnings: [String] = []

    init() {}

    init(_ root: ConfigurationNode) throws(ConfigurationError) {
        if let found = root["callboard.costs.usage.interval"] {
            interval = try found.duration(in: .seconds(1)...(.seconds(3_600)))
        }
        if let node = root["callboard.costs.prometheus"] { try readPrometheus(node) }
        if let found = root["callboard.costs.sizing.interval"] {
            sizing.interval = try found.duration(in: .seconds(1)...(.seconds(86_400)))
        }
        if let found = root["callboard.costs.backfillDays"] { backfillDays = try found.integer(in: 0...30) }
        try readFloor(root)
    }

    /// One, or a list of several.
    private mutating func readPrometheus(_ node: ConfigurationNode) throws(ConfigurationError) {
        if case .object = node.value { return prometheus.append(try endpoint(node)) }
        for entry in try node.elements() {
            let found = try endpoint(entry)
            let isTwice = prometheus.contains {
                $0.cluster == found.cluster && ($0.clusterLabel == nil) == (found.clusterLabel == nil)
            }
            guard !isTwice else {
                throw entry.refused("another Prometheus is for the same clusters; expected cluster to tell them apart")
            }
            prometheus.append(found)
        }
    }

    private mutating func endpoint(_ node: ConfigurationNode) throws(ConfigurationError) -> PrometheusEndpoint {
        let example = "a URL such as http://prometheus.monitoring:9090"
        let url = try node.required("url", example).httpURL(example)
        let token = try node["token"]?.bearerToken()
        if token != nil, url.hasPrefix("http://"), !HTTPRequest.isLoopback(url) {
            warnings.append("\(node.path).token goes to \(url), which is not encrypted; expected https")
        }
        return PrometheusEndpoint(
            baseURL: url, token: token, clusterLabel: try label(node), cluster: try node["cluster"]?.string(),
            timeout: try node["timeout"]?.duration(in: .seconds(1)...(.seconds(120))) ?? .seconds(30),
            hasNodePrices: try node["nodePrices"]?.bool() ?? false)
    }

    private func label(_ node: ConfigurationNode) throws(ConfigurationError) -> String? {
        guard let found = node["clusterLabel"] else { return nil }
        let text = try found.string()
        let isName = text.utf8.allSatisfy { Self.labelCharacters.contains($0) } && text.first?.isNumber == false
        guard isName else { throw found.expected("the name of a label, of letters, digits and _") }
        return text
    }

    private static let labelCharacters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_".utf8)

    private mutating func readFloor(_ root: ConfigurationNode) throws(ConfigurationError) {
        var floor = sizing.recommender.podFloor
        if let found = root["callboard.costs.sizing.minimumPodCPU"] {
            floor.cpuMillicores = try Self.quantity(found, Quantity.thousandths, "25m")
        }
        if let found = root["callboard.costs.sizing.minimumPodMemory"] {
            floor.memoryBytes = try Self.quantity(found, Quantity.units, "250Mi")
        }
        sizing.recommender.podFloor = floor
    }

    private static func quantity(
        _ node: ConfigurationNode, _ read: (String) -> Int64?, _ example: String
    ) throws(ConfigurationError) -> Int64 {
        // A bare number is a quantity too.
        let text: String
        if case .string(let found) = node.value {
            text = found
        } else {
            text = "\(try node.integer(in: 0...(1 << 50)))"
        }
        guard let amount = read(text), amount >= 0 else {
            throw node.refused("expected a quantity such as \(example), found \"\(text)\"")
        }
        return amount
    }
}

extension UsageConfiguration {
    /// Where the usage of each cluster comes from.
    /// - Parameters:
    ///   - home: the cluster that Callboard runs in.
    ///   - http: shared with nobody, so that slow answers hold up nothing else; nil without a Prometheus.
    func usage(home: String, _ http: HTTPClient?) -> UsageSettings {
        let clients =
            http.map { http in
                prometheus.map { PrometheusClient($0, http: http, version: programVersion) }
            } ?? []
        return UsageSettings(interval: interval, sizing: sizing, backfillDays: backfillDays) { cluster in
            // What names the cluster goes before what is for all.
            let named = clients.first { $0.endpoint.cluster == cluster }
            let client = named ?? clients.first { $0.endpoint.serves(cluster, home: home) }
            return client.map { PrometheusSource($0, cluster: cluster) }
        }
    }
}
