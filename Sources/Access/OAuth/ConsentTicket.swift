internal import Base

/// A request that waits for a person's decision. The browser keeps it, sealed, so that any replica takes the decision; and
/// because only the page that was shown to this person has it, no other site can decide in their name.
struct ConsentTicket: Sendable, Hashable {
    let request: AuthorizationRequest
    /// The person who was asked.
    let subject: String
    let expires: Timestamp

    private static let purpose = "oauth-consent"

    /// The text that the page holds.
    func sealed(with keys: KeyRing) -> String {
        let json: JSONValue = [
            "subject": .string(subject), "expires": .int(expires.microseconds),
            "origin": .string(request.client.origin.rawValue), "client": .string(request.client.id),
            "name": .string(request.client.name), "refreshes": .bool(request.client.refreshes),
            "redirect": .string(request.redirectURI.text), "state": .init(request.state),
            "scopes": .array(request.scopes.map { .string($0.rawValue) }), "resource": .string(request.resource),
            "challenge": .string(request.challenge), "nonce": .init(request.nonce),
        ]
        return Base64.encode(keys.seal(json.serialized(), for: Self.purpose), alphabet: .urlSafe)
    }
}

extension ConsentTicket {
    /// Nil for what we did not seal.
    init?(_ text: String, keys: KeyRing) {
        guard let sealed = Base64.decode(text, alphabet: .urlSafe), let bytes = keys.open(sealed, for: Self.purpose),
            let json = try? JSONValue(parsing: bytes), let subject = json["subject"]?.stringValue,
            let expires = json["expires"]?.intValue, let request = AuthorizationRequest(json)
        else { return nil }
        self.init(request: request, subject: subject, expires: Timestamp(microseconds: expires))
    }
}

extension AuthorizationRequest {
    fileprivate init?(_ json: JSONValue) {
        guard let origin = json["origin"]?.stringValue.flatMap(OAuthClient.Origin.init),
            let id = json["client"]?.stringValue,
            let name = json["name"]?.stringValue, let redirect = json["redirect"]?.stringValue,
            let redirectURI = try? RedirectURI(redirect), let resource = json["resource"]?.stringValue,
            let challenge = json["challenge"]?.stringValue
        else { return nil }
        client = OAuthClient(
            origin, id: id, name: name, redirectURIs: [redirectURI], refreshes: json["refreshes"]?.boolValue ?? false)
        self.redirectURI = redirectURI
        self.resource = resource
        self.challenge = challenge
        state = json["state"]?.stringValue
        nonce = json["nonce"]?.stringValue
        scopes = (json["scopes"]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap(OAuthScope.init) }
    }
}

extension JSONValue {
    /// A text, or null.
    fileprivate init(_ text: String?) { self = text.map(JSONValue.string) ?? .null }
}
