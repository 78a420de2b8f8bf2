internal import Base
internal import Store

/// What becomes of a code or a refresh token that came. Pure: what is stored and what was sent go in, a verdict comes out.
enum TokenDecision {
    /// Of an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.6).
    ///
    /// - Parameters:
    ///   - verifier: PKCE's.
    ///   - grantExpires: when what follows ends, if it is good.
    static func code(
        _ code: OAuthCode, of grant: OAuthGrant, clientID: String, redirectURI: String?, verifier: String,
        now: Timestamp, grantExpires: Timestamp, next: OAuthRefresh?
    ) -> OAuthVerdict {
        // Whoever is second: one of the two stole it.
        guard !code.isUsed else { return .revoke }
        guard !grant.isRevoked, now < code.expires, now < grantExpires, grant.clientID == clientID,
            redirectURI.map({ $0 == code.redirectURI }) ?? true, matches(verifier, code.challenge)
        else { return .refuse }
        return .use(grantExpires: grantExpires, next: next)
    }

    /// Of a refresh token. One that is used twice is in two hands (RFC 9700 §4.14.2), unless the answer to the first use was
    /// lost: then its successor is unused, and the same answer is given for a short while.
    static func refresh(
        _ token: OAuthRefresh, of grant: OAuthGrant, clientID: String, now: Timestamp, next: OAuthRefresh
    ) -> OAuthVerdict {
        guard grant.clientID == clientID, !grant.isRevoked, now < grant.expires else { return .refuse }
        if let used = token.used {
            let isLost = now < used.adding(seconds: OAuthConfiguration.grace) && !token.successorIsUsed
            guard isLost else { return .revoke }
            // Another secret signs since then: the same token cannot be made again.
            return token.successor == next.hash ? .repeatAnswer : .refuse
        }
        return now < token.expires ? .use(grantExpires: grant.expires, next: next) : .refuse
    }

    /// RFC 7636 §4.1 and §4.6.
    private static func matches(_ verifier: String, _ challenge: String) -> Bool {
        let digest = Base64.encode(sha256(Array(verifier.utf8)), alphabet: .urlSafe)
        return constantTimeEqual(Array(digest.utf8), Array(challenge.utf8))
    }

    /// 43 to 128 of the unreserved characters (RFC 7636 §4.1).
    static func isVerifier(_ text: String) -> Bool {
        (43...128).contains(text.utf8.count) && text.utf8.allSatisfy(unreserved.contains)
    }

    private static let unreserved = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
}
