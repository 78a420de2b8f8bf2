internal import Base

/// How the authorization server is to behave.
package struct OAuthConfiguration: Sendable {
    /// How long a person need not agree or sign in again, where a client can keep a token.
    package struct RefreshTokens: Sendable, Hashable {
        /// In seconds: a token that is not used for so long ends.
        package var idle: Int64 = 30 * 86_400
        /// In seconds: after that a person signs in again, however often the token was used.
        package var absolute: Int64 = 365 * 86_400
        /// Of a person; one more ends the oldest.
        package var maximumPerPerson = 20
        /// Whether a person whose user left the catalog loses the access that was given in their name.
        package var looksForUsers = true

        package init() {}
    }

    /// The address that people use, without a slash at the end, such as `https://callboard.example.com`.
    package let baseURL: String
    /// Who signs tokens.
    package let issuer: String
    /// Paths on this origin that a token can be for, the usual one first; a longer one is for what is below it.
    package let resourcePaths: [String]
    package var clients: [OAuthClient] = []
    /// Nil: clients with documents are refused.
    package var documents: ClientDocuments.Rules?
    /// Which redirect URIs clients may register; nil: none registers.
    package var registration: [URLPattern]?
    /// Nil: none are given.
    package var refreshTokens: RefreshTokens?

    /// In seconds: an access token.
    static let accessLifetime: Int64 = 3_600
    /// In seconds: an authorization code (RFC 6749 §4.1.2 advises ten minutes at most; clients change it at once).
    static let codeLifetime: Int64 = 60
    /// In seconds: until a person decides.
    static let decisionLifetime: Int64 = 600
    /// In seconds: what a person agreed to.
    static let consentLifetime: Int64 = 90 * 86_400
    /// In seconds: a client whose answer was lost gets it again.
    static let grace: Int64 = 20

    /// - Parameter servers: keys of further MCP servers, each at a path of its own.
    package init(baseURL: String, servers: [String] = []) {
        self.baseURL = baseURL
        issuer = baseURL + "/api/auth"
        resourcePaths =
            ["/api/mcp-actions/v1"] + servers.map { "/api/mcp-actions/v1/\($0)" } + ["/api/mcp-actions/sse", ""]
    }

    /// What tokens can be for; the last is everything that is not an MCP server.
    package var resources: [String] { resourcePaths.map { baseURL + $0 } }

    /// The path of the base URL; usually empty.
    package var basePath: String { URLPieces(baseURL)?.path ?? "" }

    /// What a token must be for to be good at a path of ours, as requests name it.
    func resource(at path: String) -> String {
        let fitting = resourcePaths.filter { path == $0 || path.hasPrefix($0 + "/") }
        return baseURL + (fitting.max { $0.utf8.count < $1.utf8.count } ?? "")
    }

    var givesRefreshTokens: Bool { refreshTokens != nil }
}
