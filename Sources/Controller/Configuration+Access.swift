import API
import Access
import Actions
import Base
import HTTPClient
import KubeClient
import MCP

/// Who may come in besides those with a static token, from where, and where clients learn about that.
struct AccessConfiguration: Sendable {
    var issuers: [TokenIssuer] = []
    var legacy: [LegacyTokens.Secret] = []
    var kubernetes: KubernetesAccessConfiguration?
    /// `backend.auth.dangerouslyDisableDefaultAuthPolicy`.
    var isOpen = false
    /// `backend.baseUrl`; nil: the public address is not known.
    var baseURL: String?
    /// The keys of `mcpActions.servers`.
    var servers: Set<String> = []
    /// Issuers of tokens for the MCP endpoints that are not ours.
    var authorizationServers: [String] = []
    /// What a client is told to ask for at first.
    var scopes = ["catalog:read"]
    var origins: [String] = []
    var cors = CORSPolicy()
    var warnings: [String] = []

    init() {}

    init(_ root: ConfigurationNode) throws(ConfigurationError) {
        try readExternal(root)
        kubernetes = try root["callboard.auth.kubernetes"].flatMap { node throws(ConfigurationError) in
            try KubernetesAccessConfiguration(node)
        }
        isOpen = try root["backend.auth.dangerouslyDisableDefaultAuthPolicy"]?.bool() ?? false
        if isOpen {
            warnings.append(
                "backend.auth.dangerouslyDisableDefaultAuthPolicy is on: everybody who reaches the port may do EVERYTHING, "
                    + "without a token")
        }
        baseURL = try root["backend.baseUrl"].map { node throws(ConfigurationError) in try Self.baseURL(node) }
        servers = Set(root["mcpActions.servers"]?.members.map(\.key) ?? [])
        for node in try root["callboard.auth.authorizationServers"]?.elements() ?? [] {
            authorizationServers.append(try Self.webAddress(node))
        }
        if !authorizationServers.isEmpty, baseURL == nil, let node = root["callboard.auth.authorizationServers"] {
            throw node.refused("expected backend.baseUrl beside it, the public address of this service")
        }
        scopes = try root["callboard.auth.scopes"]?.strings() ?? scopes
        try readCORS(root)
    }

    /// Whether anybody can come in who has no static token.
    var letsIn: Bool { isOpen || !issuers.isEmpty || !legacy.isEmpty || kubernetes != nil }

    /// Nil while the public address is not known.
    var resources: ProtectedResources? {
        baseURL.map {
            ProtectedResources(
                baseURL: $0, servers: servers, authorizationServers: authorizationServers, scopes: scopes)
        }
    }

    /// Pages that may come: those of `backend.cors`, and our own.
    private mutating func readCORS(_ root: ConfigurationNode) throws(ConfigurationError) {
        if let baseURL { origins.append(Self.origin(of: baseURL)) }
        guard let node = root["backend.cors"] else { return }
        if let origin = node["origin"], origin.value != false {
            for text in try origin.strings() {
                guard Self.isWebAddress(text), Self.origin(of: text) == text else {
                    throw origin.refused(
                        "expected origins such as https://portal.example.com, each written out, found \"\(text)\"")
                }
                origins.append(text)
            }
        }
        cors.methods = try node["methods"]?.names() ?? cors.methods
        cors.allowedHeaders = try node["allowedHeaders"]?.names()
        cors.exposedHeaders = try node["exposedHeaders"]?.names() ?? []
        cors.allowsCredentials = try node["credentials"]?.bool() ?? false
        cors.maximumAge = try node["maxAge"].map { node throws(ConfigurationError) in
            Int(try node.integer(in: 0...86_400))
        }
    }

    private static func baseURL(_ node: ConfigurationNode) throws(ConfigurationError) -> String {
        let text = try webAddress(node)
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// As it is written: issuers are compared letter by letter.
    static func webAddress(_ node: ConfigurationNode) throws(ConfigurationError) -> String {
        let text = try node.string()
        guard isWebAddress(text) else { throw node.expected("an address such as https://callboard.example.com") }
        return text
    }

    private static func isWebAddress(_ text: String) -> Bool {
        guard let end = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
        let rest = text.dropFirst(end.count)
        // It goes into header fields between quotes.
        return !rest.isEmpty && !rest.hasPrefix("/")
            && rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !#""\<>?#@"#.utf8.contains($0) }
    }

    /// Scheme, host and port.
    private static func origin(of address: String) -> String {
        guard let scheme = address.firstRange(of: "://") else { return address }
        return String(address[..<scheme.upperBound] + address[scheme.upperBound...].prefix { $0 != "/" })
    }
}

extension ConfigurationNode {
    /// A list, or one text with commas or spaces between the names.
    func names() throws(ConfigurationError) -> [String] {
        guard case .string(let text) = value else { return try strings() }
        return text.split { $0 == "," || $0 == " " }.map(String.init)
    }
}
