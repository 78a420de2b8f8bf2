package import Base

/// The sessions of browsers. All that there is of one is in a sealed cookie, so any replica that shares the secret knows it,
/// and nothing of it is stored.
package struct BrowserSessions: PersonSource {
    private let keys: KeyRing
    private let site: SignInSite
    private let now: @Sendable () -> Timestamp
    private static let purpose = "browser-session"

    package init(keys: KeyRing, site: SignInSite, now: @escaping @Sendable () -> Timestamp = Timestamp.now) {
        self.keys = keys
        self.site = site
        self.now = now
    }

    package func person(of cookies: [String: String]) -> Person? {
        guard let value = cookies[name], let json = keys.openJSON(value, for: Self.purpose),
            let subject = json["sub"]?.stringValue, let displayName = json["name"]?.stringValue,
            let expires = json["exp"]?.intValue.map(Timestamp.init(microseconds:)), now() < expires
        else { return nil }
        return Person(
            subject: subject, displayName: displayName, userEntityRef: json["user"]?.stringValue, expires: expires)
    }

    package func signInPath(returningTo path: String) -> String {
        site.path("/api/auth/sign-in") + "?return=" + percentEncoded(path)
    }

    /// The `Set-Cookie` field that begins a person's session.
    package func cookie(for person: Person) -> String {
        var json: JSONObject = [
            "sub": .string(person.subject), "name": .string(person.displayName),
            "exp": .int(person.expires.microseconds),
        ]
        json["user"] = person.userEntityRef.map { .string($0) }
        let seconds = Int64(person.expires.secondsSince(now()))
        return Cookies.set(
            name, keys.sealJSON(json, for: Self.purpose), seconds: seconds, isSecure: site.isSecure)
    }

    /// The `Set-Cookie` field that ends the session in this browser.
    package var endingCookie: String { Cookies.set(name, "", seconds: 0, isSecure: site.isSecure) }

    /// What a form of a signed-in person carries, so that only our own pages can send it (CSRF).
    ///
    /// - Parameter form: which form it is; the token of one is worth nothing for another.
    /// - Returns: nil when nobody is signed in.
    package func formToken(for form: String, _ cookies: [String: String]) -> String? {
        guard person(of: cookies) != nil, let value = cookies[name] else { return nil }
        return FormToken(keys: keys).make(for: form, boundTo: value)
    }

    /// Whether a form came from our page, in the session in which that was shown.
    package func isFormToken(_ token: String?, for form: String, _ cookies: [String: String]) -> Bool {
        guard person(of: cookies) != nil, let value = cookies[name] else { return false }
        return FormToken(keys: keys).isGood(token, for: form, boundTo: value)
    }

    private var name: String { site.cookieName("session") }
}

/// Ties a form to a cookie that other sites neither read nor set.
package struct FormToken: Sendable {
    private let keys: KeyRing

    package init(keys: KeyRing) { self.keys = keys }

    package func make(for form: String, boundTo cookie: String) -> String {
        Base64.encode(keys.sign(Array(cookie.utf8), for: "form:" + form), alphabet: .urlSafe)
    }

    package func isGood(_ token: String?, for form: String, boundTo cookie: String) -> Bool {
        guard let token, let signature = Base64.decode(token, alphabet: .urlSafe) else { return false }
        return keys.verify(signature, of: Array(cookie.utf8), for: "form:" + form)
    }
}

extension KeyRing {
    /// Sealed JSON in the characters of cookies and URLs.
    func sealJSON(_ json: JSONObject, for purpose: String) -> String {
        Base64.encode(seal(JSONValue.object(json).serialized(), for: purpose), alphabet: .urlSafe)
    }

    /// What `sealJSON` sealed; nil for anything else.
    func openJSON(_ text: String, for purpose: String) -> JSONValue? {
        guard let sealed = Base64.decode(text, alphabet: .urlSafe), let bytes = open(sealed, for: purpose) else {
            return nil
        }
        return try? JSONValue(parsing: bytes)
    }
}
