import Base
import CostSources
import HTTPClient

/// OpenCost, or Kubecost, as a source of costs.
struct OpenCostConfiguration {
    /// None: there is no OpenCost.
    var endpoints: [OpenCostEndpoint] = []
    /// Nil: ten minutes after each hour.
    var pollInterval: Duration?
    /// Of an answer.
    var maximumBytes = 64 << 20
    /// What to tell the user about at the start.
    var warnings: [String] = []

    init() {}

    init(_ root: ConfigurationNode) throws(ConfigurationError) {
        guard let node = root["opencost"], try node["enabled"]?.bool() ?? true else { return }
        if node["url"] != nil || node["endpoints"] == nil { try read(node, "default") }
        for entry in try node["endpoints"]?.elements() ?? [] {
            try read(entry, entry.required("name", "a name by which answers call it").string())
        }
        if let length = node["pollInterval"] {
            pollInterval = try length.duration(in: .seconds(1)...(.seconds(21_600)))
        }
        if let size = node["maximumAnswerMegabytes"] { maximumBytes = Int(try size.integer(in: 1...1024)) << 20 }
    }

    private mutating func read(_ node: ConfigurationNode, _ name: String) throws(ConfigurationError) {
        guard !endpoints.contains(where: { $0.name == name }) else {
            throw node.refused("the name \(name) stands here twice")
        }
        let url = try node.required("url", Self.example).httpURL(Self.example)
        let token = try node["token"]?.bearerToken()
        if token != nil, url.hasPrefix("http://"), !HTTPRequest.isLoopback(url) {
            warnings.append("\(node.path).token goes to \(url), which is not encrypted; expected https")
        }
        let clusters = try node["clusters"]?.clusterNames("OpenCost") ?? [:]
        for ours in clusters.values where endpoints.contains(where: { $0.clusters.values.contains(ours) }) {
            throw node.refused("another endpoint tells of the cluster \(ours) too", at: "\(node.path).clusters")
        }
        endpoints.append(
            OpenCostEndpoint(
                name: name, baseURL: url, pathPrefix: try Self.prefix(node["pathPrefix"]), token: token,
                clusters: clusters,
                timeout: try node["timeout"]?.duration(in: .seconds(1)...(.seconds(300))) ?? .seconds(60)))
    }

    private static func prefix(_ node: ConfigurationNode?) throws(ConfigurationError) -> String {
        guard let node else { return "" }
        let text = try node.string()
        guard text.hasPrefix("/"), !text.contains(where: { "?#% ".contains($0) }) else {
            throw node.refused("expected a path such as /model, which is Kubecost's")
        }
        return text
    }

    private static let example = "a URL such as http://opencost.opencost:9003"
}

extension ConfigurationNode {
    /// The address of a server, perhaps with a path.
    func httpURL(_ expectation: String) throws(ConfigurationError) -> String {
        let text = try string()
        guard text.hasPrefix("https://") || text.hasPrefix("http://"), !text.contains(where: { "?#@ ".contains($0) })
        else { throw refused("expected \(expectation)") }
        return text
    }

    /// What goes into a header after `Bearer`.
    func bearerToken() throws(ConfigurationError) -> Secret {
        let text = try string()
        guard text.utf8.count >= Secret.minimumLength, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw refused("expected a bearer token of at least \(Secret.minimumLength) bytes without white space")
        }
        return Secret(text)
    }
}

extension OpenCostConfiguration {
    /// - Parameter http: shared with nobody, so that slow answers hold up nothing else.
    func clients(_ http: HTTPClient) -> [OpenCostClient] {
        endpoints.map { OpenCostClient($0, http: http, version: programVersion, maximumBytes: maximumBytes) }
    }
}
