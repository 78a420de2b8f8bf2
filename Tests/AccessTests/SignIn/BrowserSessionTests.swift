import Base
import Testing

@testable import Access

@Suite("Sessions of browsers")
struct BrowserSessionTests {
    private let keys = KeyRing(secrets: [String(repeating: "s", count: 32)])
    private let time = TestTime()

    private func sessions(_ keys: KeyRing? = nil, baseURL: String = "https://callboard.example") throws
        -> BrowserSessions
    {
        BrowserSessions(
            keys: keys ?? self.keys, site: try #require(SignInSite(baseURL: baseURL)), now: { [time] in time.now })
    }

    private func person(seconds: Int64 = 3_600, user: String? = "user:default/ann") -> Person {
        Person(
            subject: "oidc:1", displayName: "Ann Ö.", userEntityRef: user,
            expires: time.now.adding(seconds: seconds))
    }

    /// What a browser sends after a `Set-Cookie` field.
    private func sent(_ field: String) -> [String: String] {
        Cookies.read(["Cookie": String(field.prefix { $0 != ";" })])
    }

    @Test("a session is read by every replica with the secret, and by no other")
    func replicas() throws {
        for user in ["user:default/ann", nil] {
            let cookies = sent(try sessions().cookie(for: person(user: user)))
            #expect(try sessions().person(of: cookies) == person(user: user))
            #expect(try sessions(KeyRing(secrets: [String(repeating: "x", count: 32)])).person(of: cookies) == nil)
        }
        #expect(try sessions().person(of: [:]) == nil)
    }

    @Test("a session ends when its time is over, and is not one when a character of it was changed")
    func ends() throws {
        let cookies = sent(try sessions().cookie(for: person(seconds: 60)))
        let (name, value) = try #require(cookies.first)
        for index in stride(from: 0, to: value.count, by: 7) {
            var characters = Array(value)
            characters[index] = characters[index] == "A" ? "B" : "A"
            #expect(try sessions().person(of: [name: String(characters)]) == nil, "\(index)")
        }
        time.advance(seconds: 59)
        #expect(try sessions().person(of: cookies) != nil)
        time.advance(seconds: 1)
        #expect(try sessions().person(of: cookies) == nil)
    }

    @Test("over TLS the cookie is held to this host; nothing in it can be read")
    func cookie() throws {
        let field = try sessions().cookie(for: person())
        #expect(field.hasPrefix("__Host-callboard-session="))
        #expect(field.hasSuffix("; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure"))
        #expect(!field.contains("oidc") && !field.contains("ann"))
        let local = try sessions(baseURL: "http://localhost:7007").cookie(for: person())
        #expect(local.hasPrefix("callboard-session=") && !local.contains("Secure"))
        #expect(try sessions().endingCookie.hasPrefix("__Host-callboard-session=; Path=/; Max-Age=0;"))
    }

    @Test("the longest session fits into a cookie")
    func length() throws {
        let longest = Person(
            subject: "kubernetes:" + String(repeating: "x", count: 512),
            displayName: String(repeating: "漢", count: 100),
            userEntityRef: "user:" + String(repeating: "n", count: 63) + "/" + String(repeating: "m", count: 63),
            expires: time.now)
        #expect(try sessions().cookie(for: longest).utf8.count < 4_096)
    }

    @Test("a form's token is good in its session and for its form alone")
    func formTokens() throws {
        let sessions = try sessions()
        let (first, second) = (sent(sessions.cookie(for: person())), sent(sessions.cookie(for: person())))
        let token = try #require(sessions.formToken(for: "consent", first))
        #expect(sessions.isFormToken(token, for: "consent", first))
        #expect(!sessions.isFormToken(token, for: "consent", second))
        #expect(!sessions.isFormToken(token, for: "sign-out", first))
        for wrong in [nil, "", "x", token + "A"] { #expect(!sessions.isFormToken(wrong, for: "consent", first)) }
        #expect(sessions.formToken(for: "consent", [:]) == nil && !sessions.isFormToken(token, for: "consent", [:]))
        time.advance(seconds: 3_600)
        #expect(!sessions.isFormToken(token, for: "consent", first))
    }

    @Test("an attempt's cookie is no session, nor the other way round")
    func purposes() throws {
        let attempt = SignInAttempt(provider: "oidc", returnPath: "/", now: time.now).sealed(keys)
        #expect(try sessions().person(of: ["__Host-callboard-session": attempt]) == nil)
        let session = sent(try sessions().cookie(for: person())).values.first ?? ""
        #expect(SignInAttempt(session, keys) == nil)
    }

    @Test(
        "cookies are read by name; one that comes with two values counts for none",
        arguments: [
            (["a=1; b=2"], ["a": "1", "b": "2"]), (["a=1", "b=x=y"], ["a": "1", "b": "x=y"]),
            (["a=1; a=2; b=3"], ["b": "3"]),
            (["a=1; a=1"], ["a": "1"]), ([";;a; =; b="], ["": "", "b": ""]), ([], [:]),
        ] as [([String], [String: String])])
    func reading(fields: [String], expected: [String: String]) {
        var headers = HTTPHeaders()
        for field in fields { headers.add("Cookie", field) }
        #expect(Cookies.read(headers) == expected)
    }
}

@Suite("Where browsers find the service")
struct SignInSiteTests {
    @Test(
        "a base URL is https, or http on this machine",
        arguments: [
            ("https://callboard.example", "https://callboard.example", ""),
            ("https://callboard.example/", "https://callboard.example", ""),
            ("https://example:8443/tools/callboard/", "https://example:8443", "/tools/callboard"),
            ("http://localhost:7007", "http://localhost:7007", ""), ("http://127.0.0.1:1", "http://127.0.0.1:1", ""),
            ("http://[::1]:1", "http://[::1]:1", ""),
        ])
    func good(url: String, origin: String, prefix: String) throws {
        let site = try #require(SignInSite(baseURL: url))
        #expect(site.origin == origin && site.prefix == prefix)
        #expect(site.url("/a") == origin + prefix + "/a")
    }

    @Test(
        "anything else is refused",
        arguments: [
            "http://callboard.example", "callboard.example", "ftp://x", "https://", "https://a b", "https://u@x",
            "https://x?y", "https://x#y", "https://x/\r\nSet-Cookie: a", "http://localhost.evil.example",
        ])
    func bad(url: String) { #expect(SignInSite(baseURL: url) == nil) }

    @Test(
        "only a path on this origin is one to come back to",
        arguments: [
            ("/", true), ("/api/auth/v1/authorize?a=b&c=%20", true), ("//evil.example", false),
            ("/\\evil.example", false), ("/\t/evil.example", false), ("https://evil.example", false), ("", false),
            ("evil", false), ("/a\r\nSet-Cookie: x", false), ("/a b", false), ("/ä", false), ("/a#b", false),
            ("javascript:alert(1)", false), ("/" + String(repeating: "a", count: 8_191), true),
            ("/" + String(repeating: "a", count: 8_192), false),
        ])
    func returnPath(path: String, expected: Bool) { #expect(SignInSite.isReturnPath(path) == expected) }
}
