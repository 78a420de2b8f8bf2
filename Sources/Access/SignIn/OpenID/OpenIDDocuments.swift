internal import Base
internal import HTTPClient

/// The metadata and the keys of an OpenID provider, kept as long as they are likely to be right.
actor OpenIDDocuments {
    private let requests: ProviderRequests
    private let url: String
    private let now: @Sendable () -> Timestamp
    private var metadata: (value: OpenIDMetadata, readAt: Timestamp)?
    private var keys: JSONWebKeySet?

    /// In seconds: providers change their endpoints rarely, and announce it.
    private static let metadataLifetime = 3_600.0

    init(_ requests: ProviderRequests, metadataURL: String, now: @escaping @Sendable () -> Timestamp) {
        self.requests = requests
        self.now = now
        url = OpenIDMetadata.url(metadataURL)
    }

    /// What was read last when the provider cannot be asked now: who is under way there may be able to come back.
    ///
    /// - Throws: `unavailable` or `invalidAnswer`.
    func currentMetadata() async throws(SignInError) -> OpenIDMetadata {
        if let metadata, now().secondsSince(metadata.readAt) < Self.metadataLifetime { return metadata.value }
        do throws(SignInError) {
            let json = try await requests.document("the metadata", HTTPRequest(url: url))
            let value = try OpenIDMetadata(json, from: url)
            metadata = (value, now())
            return value
        } catch {
            guard let metadata, error.code == .unavailable else { throw error }
            return metadata.value
        }
    }

    /// Checks a token; with keys that are read anew when it names one that is not known yet.
    ///
    /// - Throws: `invalidAnswer` when it is not good, `unavailable` when the keys cannot be read.
    func verify(
        _ token: JSONWebToken, _ metadata: OpenIDMetadata, allowing algorithms: Set<JWTAlgorithm>, _ rules: ClaimRules
    ) async throws(SignInError) {
        do throws(JWTError) {
            if let keys { return try keys.verify(token, allowing: algorithms, rules: rules, at: now()) }
        } catch {
            guard error == .unknownKey else { throw Self.refused(error) }
        }
        let document = try await requests.document("the key set", HTTPRequest(url: metadata.keysURL))
        guard let fresh = JSONWebKeySet(parsing: document.serialized()) else {
            throw SignInError(.invalidAnswer, "\(metadata.keysURL) gives no key set")
        }
        keys = fresh
        do throws(JWTError) {
            try fresh.verify(token, allowing: algorithms, rules: rules, at: now())
        } catch {
            throw Self.refused(error)
        }
    }

    private static func refused(_ error: JWTError) -> SignInError {
        SignInError(.invalidAnswer, "the identity token is not good: \(error)")
    }
}
