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

    static func identity(_ claims: JSONObject) -> SignInIdentity {
        var identity = SignInIdentity(provider: "oidc", id: claims["sub"]?.stringValue ?? "")
        identity.username = claims["preferred_username"]?.stringValue
        // Some send the truth as a text. An address that the provider doubts could be anybody's.
        let isDoubtful = claims["email_verified"] == false || claims["email_verified"] == "false"
        identity.email = isDoubtful ? nil : claims["email"]?.stringValue
        identity.displayName = claims["name"]?.stringValue
        identity.groups = claims["groups"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return identity
    }
}
