package import Base

/// Clients that register themselves (RFC 7591). Nothing is stored: a client's id is what it said, signed, so that nobody can
/// fill the database by registering.
package struct RegisteredClients: Sendable {
    private let keys: KeyRing
    private let allowed: [URLPattern]

    private static let prefix = "callboard."
    private static let idPurpose = "oauth-client-id"
    private static let secretPurpose = "oauth-client-secret"
    /// An id travels in URLs.
    private static let maximumIDLength = 4_000

    /// - Parameter allowed: which redirect URIs they may have.
    package init(keys: KeyRing, allowed: [URLPattern]) {
        self.keys = keys
        self.allowed = allowed
    }

    /// Registers a client.
    ///
    /// - Returns: the answer, with the client's secret when it wanted one.
    /// - Throws: ``OAuthError``.
    package func register(_ request: JSONValue, now: Timestamp) throws(OAuthError) -> JSONValue {
        let metadata = try ClientMetadata(request)
        guard ClientMetadata.authMethods.contains(metadata.authMethod) else {
            throw OAuthError(
                .invalidClientMetadata,
                "expected token_endpoint_auth_method as one of \(ClientMetadata.authMethods.joined(separator: ", "))")
        }
        try check(metadata)
        let issued = now.microseconds / 1_000_000
        let id = id(of: metadata, issued: issued)
        guard id.utf8.count <= Self.maximumIDLength else {
            throw OAuthError(.invalidClientMetadata, "name and redirect_uris together are too long")
        }
        var answer: JSONObject = [
            "client_id": .string(id), "client_id_issued_at": .int(issued), "client_name": .string(metadata.name),
            "redirect_uris": .array(metadata.redirectURIs.map { .string($0.text) }),
            "grant_types": .array(metadata.grantTypes.map { .string($0) }), "response_types": ["code"],
            "token_endpoint_auth_method": .string(metadata.authMethod),
        ]
        if metadata.authMethod != "none" {
            answer["client_secret"] = .string(secret(of: id))
            answer["client_secret_expires_at"] = 0
        }
        return .object(answer)
    }

    /// The client of an id; nil for what is no id that was given out with one of our secrets.
    package func client(_ id: String) -> OAuthClient? {
        guard id.hasPrefix(Self.prefix), id.utf8.count <= Self.maximumIDLength else { return nil }
        let parts = id.dropFirst(Self.prefix.count).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let bytes = Base64.decode(String(parts[0]), alphabet: .urlSafe),
            let signature = Base64.decode(String(parts[1]), alphabet: .urlSafe),
            keys.verify(signature, of: bytes, for: Self.idPurpose), let json = try? JSONValue(parsing: bytes),
            let metadata = try? ClientMetadata(json), (try? check(metadata)) != nil
        else { return nil }
        return OAuthClient(
            .registered, id: id, name: metadata.name, redirectURIs: metadata.redirectURIs,
            refreshes: metadata.refreshes,
            secretHash: metadata.authMethod == "none" ? nil : sha256(Array(secret(of: id).utf8)))
    }

    /// What the configuration allowed once it may forbid later.
    private func check(_ metadata: ClientMetadata) throws(OAuthError) {
        for uri in metadata.redirectURIs where !allowed.contains(where: { $0.matches(uri.text) }) {
            throw OAuthError(
                .invalidRedirectURI,
                "auth.experimentalDynamicClientRegistration.allowedRedirectUriPatterns has none for it")
        }
    }

    private func id(of metadata: ClientMetadata, issued: Int64) -> String {
        let json: JSONValue = [
            "client_name": .string(metadata.name), "iat": .int(issued),
            "redirect_uris": .array(metadata.redirectURIs.map { .string($0.text) }),
            "grant_types": .array(metadata.grantTypes.map { .string($0) }),
            "token_endpoint_auth_method": .string(metadata.authMethod),
        ]
        let bytes = json.serialized()
        let signature = keys.sign(bytes, for: Self.idPurpose)
        return Self.prefix + [bytes, signature].map { Base64.encode($0, alphabet: .urlSafe) }.joined(separator: ".")
    }

    /// Follows from the id and the secret that signs now; so a client with a secret registers anew when that one is replaced.
    private func secret(of id: String) -> String {
        Base64.encode(keys.sign(Array(id.utf8), for: Self.secretPurpose), alphabet: .urlSafe)
    }
}
