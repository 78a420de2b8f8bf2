import Base
import Testing

@testable import Access

@Suite("A sign-in under way")
struct SignInAttemptTests {
    private let keys = KeyRing(secrets: [String(repeating: "s", count: 32)])
    private let now = Timestamp(seconds: 1_800_000_000)

    private func attempt(_ path: String = "/back?a=b") -> SignInAttempt {
        SignInAttempt(provider: "oidc", returnPath: path, now: now)
    }

    @Test("it comes back from its cookie as it was, on any replica, and fits into a few")
    func sealed() throws {
        let attempt = attempt("/" + String(repeating: "a", count: SignInSite.maximumReturnBytes - 1))
        let cookie = attempt.sealed(keys)
        #expect(SignInAttempt(cookie, KeyRing(secrets: [String(repeating: "s", count: 32)])) == attempt)
        #expect(SignInAttempt(cookie, KeyRing.ephemeral()) == nil && SignInAttempt("x", keys) == nil)
        let fields = Cookies.setParts("__Host-callboard-sign-in-attempt", cookie, seconds: 600, isSecure: true)
        #expect(fields.count == 4 && fields.allSatisfy { $0.utf8.count < 4_096 })
    }

    @Test(
        "a value of any length comes back from its cookies, whatever was left of a longer one before",
        arguments: [0, 1, Cookies.maximumPart, Cookies.maximumPart + 1, 4 * Cookies.maximumPart])
    func parts(length: Int) throws {
        let value = String(repeating: "v", count: length)
        var cookies = ["a-1": "left", "a-2": "over", "b": "other"]
        for field in Cookies.setParts("a", value, seconds: 1, isSecure: false) {
            let pair = field.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            cookies[String(pair[0])] = String(pair[1])
        }
        #expect(Cookies.parts("a", in: cookies) == value)
        let ended = Cookies.endParts("a", in: cookies, isSecure: false).map { String($0.prefix { $0 != "=" }) }
        #expect(Set(ended) == Set(cookies.keys).subtracting(["b"]))
        for wrong in ["", "5.v", "0.v", "-1.v", "v", "4.v"] {
            #expect(Cookies.parts("a", in: ["a": wrong, "a-1": "x"]) == nil)
        }
    }

    @Test("state, nonce and verifier are new each time; the challenge is the verifier's digest")
    func secrets() {
        let (one, other) = (attempt(), attempt())
        #expect(Set([one.state, one.nonce, one.verifier, other.state, other.nonce, other.verifier]).count == 6)
        // RFC 7636 §4.1: 43 to 128 characters.
        #expect(one.verifier.count == 43)
        #expect(one.challenge == Base64.encode(sha256(Array(one.verifier.utf8)), alphabet: .urlSafe))
    }

    /// What comes back, with `S` for the state that was sent; the provider; how much later in seconds; what becomes of it.
    private static let callbacks: [(String, String, Int64, SignInError.Code?)] = [
        ("code=c&state=S", "oidc", 0, nil), ("state=S&code=c&iss=x&extra=1", "oidc", 599, nil),
        ("code=c&state=S", "oidc", 600, .expired), ("code=c&state=other", "oidc", 0, .mismatch),
        ("code=c", "oidc", 0, .mismatch), ("code=c&state=", "oidc", 0, .mismatch),
        ("code=c&state=S", "github", 0, .mismatch), ("error=access_denied&state=S", "oidc", 0, .declined),
        ("error=access_denied", "oidc", 0, .mismatch), ("error=server_error&state=S", "oidc", 0, .refused),
        ("error=login_required&code=c&state=S", "oidc", 0, .refused), ("state=S", "oidc", 0, .invalidAnswer),
        ("code=&state=S", "oidc", 0, .invalidAnswer), ("code=c&code=d&state=S", "oidc", 0, .invalidAnswer),
        ("code=c&state=S&state=S", "oidc", 0, .invalidAnswer),
        ("state=S&code=" + String(repeating: "c", count: 4_097), "oidc", 0, .invalidAnswer),
    ]

    @Test("only the answer to what was sent, in time and once, has a code", arguments: callbacks)
    func callback(query: String, provider: String, later: Int64, expected: SignInError.Code?) {
        let attempt = attempt()
        let parameters = query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: String(parts[0]), value: parts[1] == "S" ? attempt.state : String(parts[1]))
        }
        do {
            let code = try attempt.code(in: parameters, from: provider, now: now.adding(seconds: later))
            #expect(code == "c" && expected == nil)
        } catch {
            #expect(error.code == expected)
        }
    }

    @Test("what a provider calls its error is repeated only when it is a word of OAuth")
    func shownCode() {
        #expect(SignInError.shownCode("invalid_grant") == "invalid_grant")
        for text in [nil, "secret 123", "<b>", String(repeating: "a", count: 41)] {
            #expect(SignInError.shownCode(text) == "an error")
        }
    }
}
