import API
import Base
import HTTPServer

extension RequestLimitSettings {
    /// `backend.rateLimit`: the same for REST and MCP.
    private static let usual = RateLimit(limit: 600)

    /// - Throws: `ConfigurationError` for the first value that cannot be used.
    init(_ root: ConfigurationNode) throws(ConfigurationError) {
        self.init()
        if let node = root["backend.rateLimit"] { try readRequests(node) }
        if let node = root["callboard.auth.failuresPerMinute"] {
            let limit = Int(try node.integer(in: 0...1_000_000))
            failures = limit == 0 ? nil : RateLimit(limit: limit)
        }
        if let node = root["callboard.mcp.rateLimit"] {
            tools = try Self.rule(node, limit: "limit", RateLimit(limit: 300))
        }
        if let node = root["callboard.trustedProxies"] { trustedProxies = try Self.networks(node) }
    }

    private mutating func readRequests(_ node: ConfigurationNode) throws(ConfigurationError) {
        guard node.value.objectValue != nil else {
            requests = try node.bool() ? Self.usual : nil
            return
        }
        requests = try Self.rule(node, limit: "incomingRequestLimit", Self.usual)
        skipsSuccessful = try node["skipSuccessfulRequests"]?.bool() ?? false
        skipsFailed = try node["skipFailedRequests"]?.bool() ?? false
        if let list = node["ipAllowList"] {
            allowed = try Self.networks(list)
            allowedFailures = allowed
        }
        // Counts are kept in each process, so there is no store that could fail.
        _ = try node["passOnStoreError"]?.bool()
        if try node["global"]?.bool() == false { requests = nil }
    }

    private static func rule(
        _ node: ConfigurationNode, limit key: String, _ usual: RateLimit
    ) throws(ConfigurationError) -> RateLimit {
        var rule = usual
        if let limit = node[key] { rule.limit = Int(try limit.integer(in: 1...1_000_000)) }
        if let window = node["window"] { rule.window = try window.duration(in: .seconds(1) ... .seconds(86_400)) }
        return rule
    }

    private static func networks(_ node: ConfigurationNode) throws(ConfigurationError) -> [IPNetwork] {
        var networks: [IPNetwork] = []
        for text in try node.strings() {
            guard let network = IPNetwork(text) else {
                throw node.refused("expected addresses or networks such as 10.0.0.0/8, found \"\(text)\"")
            }
            networks.append(network)
        }
        return networks
    }
}
