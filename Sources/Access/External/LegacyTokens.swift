package import Actions
package import Base

/// Tokens that Backstage's backends of before 1.24 made for each other: an entry of the type `legacy` in
/// `backend.auth.externalAccess`. They are signed with a shared secret (HS256), have the subject `backstage-server` and no
/// audience; some have no end.
package struct LegacyTokens: TokenVerifier {
    package struct Secret: Sendable {
        let key: VerificationKey
        let caller: Caller

        package init(_ bytes: [UInt8], caller: Caller) {
            key = VerificationKey(secret: bytes)
            self.caller = caller
        }
    }

    private let secrets: [Secret]
    private let now: @Sendable () -> Timestamp

    package init(_ secrets: [Secret], now: @escaping @Sendable () -> Timestamp = Timestamp.now) {
        self.secrets = secrets
        self.now = now
    }

    package func caller(of text: String) async throws(TokenError) -> Caller? {
        guard JSONWebToken.looksLikeOne(text), let token = try? JSONWebToken(parsing: text),
            token.algorithm == .hs256, token.claims["sub"] == "backstage-server", token.claims["aud"] == nil
        else { return nil }
        for secret in secrets {
            do throws(JWTError) {
                try token.verify(with: secret.key, allowing: [.hs256])
            } catch {
                continue
            }
            do throws(JWTError) {
                try ClaimRules(needsExpiry: false).check(token.claims, at: now())
            } catch {
                throw .invalid(error.description)
            }
            return secret.caller
        }
        return nil
    }
}
