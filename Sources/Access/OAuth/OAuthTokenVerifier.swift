package import Actions
package import Base
internal import Store
internal import Synchronization

/// Checks the access tokens that the authorization server gives out: for the place where they are shown, and not ended
/// meanwhile.
package final class OAuthTokenVerifier: TokenVerifier {
    private struct Known {
        let caller: Caller
        let until: Timestamp
    }

    private let configuration: OAuthConfiguration
    private let store: OAuthStore
    private let keys: SigningKeys
    private let now: @Sendable () -> Timestamp
    private let known = Mutex(Memory())

    private struct Memory {
        var callers: [[UInt8]: Known] = [:]
        /// How often all was forgotten: what was looked up before the last time is not kept.
        var age = 0
    }

    /// The kind of token (RFC 9068 §2.1).
    static let type = "at+jwt"
    /// In seconds: how long a replica that hears nothing from the others does not know that a grant has ended.
    private static let memory: Int64 = 15
    private static let maximumKnown = 10_000

    init(
        _ configuration: OAuthConfiguration, store: OAuthStore, keys: SigningKeys,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.configuration = configuration
        self.store = store
        self.keys = keys
        self.now = now
    }

    /// The caller at a place that is no MCP server.
    package func caller(of token: String) async throws(TokenError) -> Caller? { try await caller(of: token, at: "/") }

    package func caller(of token: String, at path: String) async throws(TokenError) -> Caller? {
        guard JSONWebToken.looksLikeOne(token), let parsed = try? JSONWebToken(parsing: token),
            parsed.claims["iss"]?.stringValue == configuration.issuer
        else { return nil }
        let (time, resource) = (now(), configuration.resource(at: path))
        let key = sha256(Array("\(resource) \(token)".utf8))
        let (known, age) = known.withLock { ($0.callers[key], $0.age) }
        if let known, time < known.until { return known.caller }
        let claims = try await claims(of: parsed, resource: resource, time)
        let caller = try await caller(of: claims)
        let end = min(time.adding(seconds: Self.memory), Self.end(claims))
        keep(Known(caller: caller, until: end), key, age, time)
        return caller
    }

    /// The claims of a token of ours, wherever it is for.
    ///
    /// - Throws: ``TokenError``.
    func claims(of token: String) async throws(TokenError) -> JSONObject {
        guard let parsed = try? JSONWebToken(parsing: token) else { throw .invalid("The token is not one of ours") }
        return try await claims(of: parsed, resource: nil, now())
    }

    /// Who the person is (OpenID Connect Core §5.3).
    ///
    /// - Throws: ``TokenError``.
    package func person(of token: String) async throws(TokenError) -> JSONValue {
        let grant = try await grant(of: try await claims(of: token))
        var person: JSONObject = ["sub": .string(grant.subject), "name": .string(grant.displayName)]
        person["user_entity_ref"] = grant.userEntityRef.map(JSONValue.string)
        return .object(person)
    }

    /// Has every grant looked up again.
    package func forget() {
        known.withLock { known in
            known.callers = [:]
            known.age += 1
        }
    }

    private func claims(
        of token: JSONWebToken, resource: String?, _ now: Timestamp
    ) async throws(TokenError) -> JSONObject {
        let set = try await Self.available { try await self.keys.verifying(token.keyID, now: now) }
        let rules = ClaimRules(issuer: configuration.issuer, audiences: resource.map { [$0] })
        do {
            try set.verify(token, allowing: [.es256], rules: rules, at: now)
        } catch {
            throw .invalid(error.description)
        }
        guard token.type == Self.type else { throw .invalid("The token is not an access token") }
        return token.claims
    }

    private func caller(of claims: JSONObject) async throws(TokenError) -> Caller {
        let grant = try await grant(of: claims)
        let scopes = (claims["scope"]?.stringValue ?? "").split(separator: " ").compactMap {
            OAuthScope(rawValue: String($0))
        }
        return Caller(
            subject: grant.subject, restrictions: OAuthScope.restrictions(of: scopes),
            userEntityRef: grant.userEntityRef, expires: Self.end(claims), canAskForMore: true)
    }

    private func grant(of claims: JSONObject) async throws(TokenError) -> OAuthGrant {
        guard let id = claims["gid"]?.stringValue else { throw .invalid("The token is not an access token") }
        let grant = try await Self.available { try await self.store.grant(id) }
        guard let grant, !grant.isRevoked, now() < grant.expires else { throw .invalid("The access has been ended") }
        return grant
    }

    private static func available<Value>(_ body: () async throws -> Value) async throws(TokenError) -> Value {
        do {
            return try await body()
        } catch {
            throw .unavailable("\(error)")
        }
    }

    private static func end(_ claims: JSONObject) -> Timestamp { Timestamp(seconds: claims["exp"]?.intValue ?? 0) }

    private func keep(_ caller: Known, _ key: [UInt8], _ age: Int, _ now: Timestamp) {
        known.withLock { known in
            guard known.age == age else { return }
            if known.callers.count >= Self.maximumKnown {
                known.callers = known.callers.filter { $0.value.until > now }
            }
            if known.callers.count >= Self.maximumKnown { known.callers = [:] }
            known.callers[key] = caller
        }
    }
}
