internal import Base
internal import HTTPClient
package import KubeClient

/// Asks an API server whose a token is, and what that user may do. Neither the token nor what the server says of it gets into
/// errors.
package struct TokenReviews: Sendable {
    private static let deadline = Duration.seconds(5)

    private let send: @Sendable (KubernetesRequest) async throws -> [UInt8]

    /// - Parameter client: of the cluster; nil: it is not known at the moment.
    package init(client: @escaping @Sendable () -> KubernetesClient?) {
        self.init { request in
            guard let client = client() else { throw TokenError.unavailable("the cluster of the tokens is not known") }
            return try await client.send(request).body
        }
    }

    init(send: @escaping @Sendable (KubernetesRequest) async throws -> [UInt8]) { self.send = send }

    /// Nil: the token stands for nobody, or is meant for somebody else.
    ///
    /// - Parameter audiences: for which the token must be meant, one of these; empty: the API server itself.
    /// - Throws: `unavailable` when the server cannot be asked.
    func user(of token: String, audiences: Set<String>) async throws(TokenError) -> KubernetesUser? {
        var spec: JSONObject = ["token": .string(token)]
        if !audiences.isEmpty { spec["audiences"] = .array(audiences.sorted().map { .string($0) }) }
        let answer = try await status(
            "/apis/authentication.k8s.io/v1/tokenreviews",
            ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": .object(spec)])
        return KubernetesUser(reviewStatus: answer, audiences: audiences)
    }

    /// - Throws: `unavailable` when the server cannot be asked.
    func may(_ user: KubernetesUser, _ right: ClusterRule.Right) async throws(TokenError) -> Bool {
        let answer = try await status(
            "/apis/authorization.k8s.io/v1/subjectaccessreviews", right.review(of: user))
        return answer?["allowed"] == true && answer?["denied"] != true
    }

    private func status(_ path: String, _ review: JSONValue) async throws(TokenError) -> JSONValue? {
        var request = KubernetesRequest("POST", path, body: review.serialized())
        request.totalTimeout = Self.deadline
        request.maximumBodyBytes = 1 << 20
        request.isRepeated = false
        do {
            return try JSONValue(parsing: try await send(request))["status"]
        } catch let error as TokenError {
            throw error
        } catch let error as KubernetesError {
            throw .unavailable("\(request): \(error.label)")
        } catch {
            throw .unavailable("\(request): no answer that can be read")
        }
    }
}
