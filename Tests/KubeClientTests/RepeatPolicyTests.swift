import Testing

@testable import KubeClient

@Suite("Repeat policy")
struct RepeatPolicyTests {
    private func waits(
        _ method: String, _ error: KubernetesError, _ cause: RepeatPolicy.Cause = .other, attempts: Int = 12,
        repeats: Bool = true
    ) -> [Duration] {
        var policy = RepeatPolicy(method: method, repeats: repeats)
        var waits: [Duration] = []
        while waits.count < attempts, let wait = policy.wait(after: error, cause: cause) { waits.append(wait) }
        return waits
    }

    private func error(_ code: KubernetesError.Code) -> KubernetesError {
        KubernetesError(code: code, request: "GET /", detail: "")
    }

    private func answer(_ status: Int, retryAfter: String?) -> KubernetesError {
        KubernetesError(Status(code: status), request: "GET /", retryAfter: retryAfter)
    }

    @Test("a lost connection is tried again a few times by what only asks, and by nothing else")
    func lostConnection() {
        for method in ["GET", "HEAD", "OPTIONS"] {
            #expect(waits(method, error(.connectionLost)) == [.seconds(1), .seconds(1), .seconds(1)])
        }
        for method in ["POST", "PUT", "PATCH", "DELETE"] { #expect(waits(method, error(.connectionLost)).isEmpty) }
        for code in [KubernetesError.Code.unreachable, .timeout, .cancelled, .undecodable] {
            #expect(waits("GET", error(code)).isEmpty)
        }
    }

    @Test("who has a loop of its own gets every failure at once, but new credentials are tried")
    func withoutRepeats() {
        #expect(waits("GET", answer(429, retryAfter: "2"), repeats: false).isEmpty)
        #expect(waits("GET", answer(503, retryAfter: "2"), repeats: false).isEmpty)
        #expect(waits("GET", error(.connectionLost), repeats: false).isEmpty)
        #expect(waits("GET", answer(401, retryAfter: nil), .refusedCredentials, repeats: false) == [.zero])
    }

    @Test("a refusal that names a wait is waited for, whatever the method, but never long or for ever")
    func retryAfter() {
        for method in ["GET", "POST"] {
            #expect(
                waits(method, answer(429, retryAfter: "2")) == [.seconds(2), .seconds(2), .seconds(2), .seconds(2)])
            #expect(waits(method, answer(503, retryAfter: "600")) == Array(repeating: .seconds(10), count: 4))
        }
        #expect(waits("GET", answer(429, retryAfter: nil)).isEmpty)
        #expect(waits("GET", answer(409, retryAfter: "1")).isEmpty)
    }

    @Test("renewed credentials and renewed trust are tried once, at once")
    func renewal() {
        #expect(waits("POST", answer(401, retryAfter: nil), .refusedCredentials) == [.zero])
        #expect(waits("POST", error(.unreachable), .renewedTrust) == [.zero])
    }
}

@Suite("Write limiter")
struct WriteLimiterTests {
    @Test("thirty writes go at once, then twenty a second, and a rest fills the bucket again")
    func bucket() {
        var bucket = TokenBucket(burst: 30, period: .seconds(1) / 20)
        for _ in 0..<30 { #expect(bucket.take(at: .seconds(5), limit: .seconds(1)) == .zero) }
        for place in 1...20 {
            #expect(bucket.take(at: .seconds(5), limit: .seconds(1)) == .milliseconds(50 * place))
        }
        #expect(bucket.take(at: .seconds(5), limit: .seconds(1)) == nil)
        // A place that was not taken is not counted.
        #expect(bucket.take(at: .seconds(5), limit: .seconds(2)) == .milliseconds(1050))
        for _ in 0..<30 { #expect(bucket.take(at: .seconds(60), limit: .seconds(1)) == .zero) }
        #expect(bucket.take(at: .seconds(60), limit: .seconds(1)) == .milliseconds(50))
    }

    @Test(
        "writes wait for their turn; reads, leases, events and reviews do not",
        arguments: [
            ("POST", "/api/v1/namespaces/a/configmaps", true),
            ("PATCH", "/apis/apps/v1/namespaces/a/deployments/b", true),
            ("DELETE", "/api/v1/namespaces/leases", true), ("PUT", "/api/v1/nodes/a", true),
            ("GET", "/api/v1/pods", false), ("HEAD", "/api", false),
            ("PUT", "/apis/coordination.k8s.io/v1/namespaces/a/leases/b", false),
            ("POST", "/apis/events.k8s.io/v1/namespaces/a/events", false),
            ("POST", "/api/v1/namespaces/a/events", false),
            ("POST", "/apis/authentication.k8s.io/v1/tokenreviews", false),
            ("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", false), ("POST", "/", true),
        ])
    func exemptions(method: String, path: String, isLimited: Bool) {
        #expect(WriteLimiter.limits(KubernetesRequest(method, path)) == isLimited)
    }
}
