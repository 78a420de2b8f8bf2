internal import Base

/// What is read from the claims about a person (OpenID Connect Core §2, §5.1).
enum OpenIDIdentity {
    /// What a verified token must say beyond issuer, audience and times.
    ///
    /// - Throws: `invalidAnswer` for a token of another sign-in or another client, or without a subject.
    static func check(_ claims: JSONObject, nonce: String, clientID: String) throws(SignInError) {
        guard let found = claims["nonce"]?.stringValue, constantTimeEqual(Array(found.utf8), Array(nonce.utf8)) else {
            throw SignInError(.invalidAnswer, "the identity token has another nonce than the one that was sent")
        }
        let audiences = claims["aud"]?.arrayValue?.count ?? 1
        guard claims["azp"] == nil ? audiences == 1 : claims["azp"] == .string(clientID) else {
            throw SignInError(.invalidAnswer, "the identity token was made for another client")
        }
        guard claims["sub"]?.stringValue?.isEmpty == false else {
            throw SignInError(.invalidAnswer, "the identity token has no sub")
        }
    }

    /// - Parameters:
    ///   - token: the claims of the identity token.
    ///   - more: what the userinfo endpoint said beside it.
    static func identity(_ token: JSONObject, _ more: JSONObject = [:]) -> SignInIdentity {
        let claims = more.merging(token)
        var identity = SignInIdentity(provider: "oidc", id: claims["sub"]?.stringValue ?? "")
        identity.username = claims["preferred_username"]?.stringValue
        identity.email = verifiedEmail(token["email"] == nil ? more : token)
        identity.displayName = claims["name"]?.stringValue
        identity.groups = claims["groups"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return identity
    }

    /// An address that the provider does not vouch for, where it names it, could be anybody's. Some send the truth as a text.
    private static func verifiedEmail(_ claims: JSONObject) -> String? {
        let isVerified = claims["email_verified"] == true || claims["email_verified"] == "true"
        return isVerified ? claims["email"]?.stringValue : nil
    }
}
