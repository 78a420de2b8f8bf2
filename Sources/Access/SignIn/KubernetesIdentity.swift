package import Base
package import KubeClient
internal import Synchronization

/// Tells whose a token of the cluster is.
package protocol KubernetesIdentity: Sendable {
    /// Nil when the cluster does not know the token.
    ///
    /// - Throws: `unavailable` when it cannot be asked.
    func identity(of token: String) async throws(SignInError) -> KubernetesPerson?
}

/// A user of the cluster.
package struct KubernetesPerson: Sendable, Hashable {
    package let username: String
    package let groups: [String]
    /// The end of the token; nil when it does not say.
    package let expires: Timestamp?

    package init(username: String, groups: [String], expires: Timestamp?) {
        self.username = username
        self.groups = groups
        self.expires = expires
    }
}

/// Asks the API server with a TokenReview, for a few at once: anybody may come with anything.
package final class PersonTokenReviews: KubernetesIdentity {
    private let create: @Sendable (JSONValue) async throws -> JSONValue
    /// For whom tokens must be; empty: the API server.
    private let audiences: [String]
    /// A ServiceAccount's token has about 1 KB.
    private static let maximumTokenBytes = 16 << 10
    static let maximumUnderWay = 8
    private let underWay = Mutex(0)

    package convenience init(_ client: KubernetesClient, audiences: [String]) {
        self.init(audiences: audiences) { try await client.create("/apis/authentication.k8s.io/v1/tokenreviews", $0) }
    }

    /// - Parameter create: makes a TokenReview and gives it back with its status.
    init(audiences: [String], create: @escaping @Sendable (JSONValue) async throws -> JSONValue) {
        self.create = create
        self.audiences = audiences
    }

    package func identity(of token: String) async throws(SignInError) -> KubernetesPerson? {
        guard token.utf8.count <= Self.maximumTokenBytes, JSONWebToken.looksLikeOne(token) else { return nil }
        let isTaken = underWay.withLock { count in
            guard count < Self.maximumUnderWay else { return false }
            count += 1
            return true
        }
        guard isTaken else { throw SignInError(.unavailable, "too many tokens are shown to the cluster at once") }
        defer { underWay.withLock { $0 -= 1 } }
        return try await review(token)
    }

    private func review(_ token: String) async throws(SignInError) -> KubernetesPerson? {
        var spec: JSONObject = ["token": .string(token)]
        if !audiences.isEmpty { spec["audiences"] = .array(audiences.map { .string($0) }) }
        let review: JSONValue = [
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": .object(spec),
        ]
        do {
            return Self.user(try await create(review)["status"] ?? .null, token, audiences)
        } catch {
            // The error names the request without its body, which has the token.
            throw SignInError(.unavailable, "the cluster cannot be asked: \(error)")
        }
    }

    /// What a review's status says.
    static func user(_ status: JSONValue, _ token: String, _ audiences: [String]) -> KubernetesPerson? {
        guard status["authenticated"] == true, let username = status["user"]?["username"]?.stringValue,
            !username.isEmpty
        else { return nil }
        func texts(_ json: JSONValue?) -> [String] { json?.arrayValue?.compactMap(\.stringValue) ?? [] }
        // A server that does not know audiences leaves them out, and has checked none.
        guard audiences.isEmpty || !Set(audiences).isDisjoint(with: texts(status["audiences"])) else { return nil }
        return KubernetesPerson(
            username: username, groups: texts(status["user"]?["groups"]), expires: expiry(of: token))
    }

    /// The claim `exp` of a token that the cluster has found good; nil when it is no JWT or has none.
    private static func expiry(of token: String) -> Timestamp? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64.decode(String(parts[1]), alphabet: .urlSafe),
            let seconds = (try? JSONValue(parsing: bytes))?["exp"]?.intValue, (0...1 << 40).contains(seconds)
        else { return nil }
        return Timestamp(seconds: seconds)
    }
}
