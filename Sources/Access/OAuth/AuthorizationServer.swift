package import Base
package import HTTPClient
package import Store

/// Gives programs access in the name of persons (OAuth 2.1 as MCP uses it): a person signs in and agrees, the program gets a
/// code and changes it for tokens. All that must last is in the database or sealed in the browser, so every step may be taken
/// at another replica.
package final class AuthorizationServer: Sendable {
    package let configuration: OAuthConfiguration
    let store: OAuthStore
    let ring: KeyRing
    let keys: SigningKeys
    let registered: RegisteredClients?
    let documents: ClientDocuments?
    let directory: any UserDirectory
    let logger: Logger
    let now: @Sendable () -> Timestamp
    /// Checks the tokens that this gives out.
    package let verifier: OAuthTokenVerifier

    /// - Parameters:
    ///   - ring: of secrets that all replicas share.
    ///   - directory: where users are that may leave.
    ///   - http: for documents of clients; nil: clients have none here.
    package init(
        _ configuration: OAuthConfiguration, store: OAuthStore, ring: KeyRing, directory: any UserDirectory,
        http: HTTPClient?, logger: Logger,
        now: @escaping @Sendable () -> Timestamp = { .now() }
    ) {
        self.configuration = configuration
        self.store = store
        self.ring = ring
        self.directory = directory
        self.logger = logger
        self.now = now
        keys = SigningKeys(store: store, ring: ring)
        registered = configuration.registration.map { RegisteredClients(keys: ring, allowed: $0) }
        documents = http.flatMap { http in configuration.documents.map { ClientDocuments($0, http: http) } }
        verifier = OAuthTokenVerifier(configuration, store: store, keys: keys, now: now)
    }

    /// The client of an id, which is asked for access.
    ///
    /// - Throws: ``OAuthError`` `invalid_client` when there is none.
    func client(_ id: String) async throws(OAuthError) -> OAuthClient {
        if let client = knownClient(id) { return client }
        guard ClientDocument.isMeant(id), let documents else {
            throw OAuthError(.invalidClient, "there is no client with this client_id")
        }
        return try await documents.client(id, now: now())
    }

    /// One that is known without asking anybody.
    func knownClient(_ id: String) -> OAuthClient? {
        configuration.clients.first { $0.id == id } ?? registered?.client(id)
    }

    /// Registers a client that says of itself what it is (RFC 7591).
    ///
    /// - Throws: ``OAuthError``.
    package func register(_ request: JSONValue) throws(OAuthError) -> JSONValue {
        guard let registered else { throw OAuthError(.invalidRequest, "clients do not register here") }
        let answer = try registered.register(request, now: now())
        logger.info("a client registered", ["name": answer["client_name"] ?? .null])
        return answer
    }

    /// The public keys that check tokens (RFC 7517 §5).
    ///
    /// - Throws: `StoreError`.
    package func keySet() async throws -> JSONValue { ["keys": try await keys.published(now: now())] }

    /// What a client needs to know (RFC 8414); the same document for OpenID Connect's way of asking.
    package var metadata: JSONValue {
        let base = configuration.issuer
        var document: JSONObject = [
            "issuer": .string(base), "authorization_endpoint": .string(base + "/v1/authorize"),
            "token_endpoint": .string(base + "/v1/token"), "revocation_endpoint": .string(base + "/v1/revoke"),
            "userinfo_endpoint": .string(base + "/v1/userinfo"),
            "jwks_uri": .string(base + "/.well-known/jwks.json"), "response_types_supported": ["code"],
            "response_modes_supported": ["query"], "grant_types_supported": .array(grantTypes),
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": .array(ClientMetadata.authMethods.map { .string($0) }),
            "revocation_endpoint_auth_methods_supported": .array(ClientMetadata.authMethods.map { .string($0) }),
            "client_id_metadata_document_supported": .bool(documents != nil),
            "authorization_response_iss_parameter_supported": true, "scopes_supported": .array(scopes),
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
        ]
        if registered != nil { document["registration_endpoint"] = .string(base + "/v1/register") }
        return .object(document)
    }

    private var grantTypes: [JSONValue] {
        ["authorization_code"] + (configuration.givesRefreshTokens ? ["refresh_token"] : [])
    }

    private var scopes: [JSONValue] {
        OAuthScope.allCases.filter { $0 != .offlineAccess || configuration.givesRefreshTokens }.map {
            .string($0.rawValue)
        }
    }
}
