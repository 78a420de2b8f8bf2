import Testing

@testable import Access

@Suite("Redirect URIs and patterns")
struct RedirectURITests {
    @Test(
        "nobody is sent where a secret could be read or a script be run",
        arguments: [
            "http://client.example/cb", "javascript:alert(1)", "javascript://x/%0aalert(1)", "data:text/html,x",
            "file:///etc/x",
            "vbscript:x", "https://a.example/cb#f", "https://user@a.example/cb", "https://a.example\\@b.example/",
            "/cb",
            "https:///cb", "https://a.example:99999/cb", "", "https://a b/", "http://127.0.0.1.example/cb",
        ])
    func refused(_ text: String) {
        #expect(throws: OAuthError.self) { try RedirectURI(text) }
    }

    @Test(
        "the text must be the same, but for the port of a loopback address",
        arguments: [
            ("https://a.example/cb", "https://a.example/cb", true),
            ("https://a.example/cb", "https://a.example/cb/", false),
            ("https://a.example/cb", "https://a.example:443/cb", false),
            ("https://a.example/cb", "https://A.example/cb", false),
            ("https://a.example/cb", "https://a.example/cb?x=1", false),
            ("http://localhost/callback", "http://localhost:51234/callback", true),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb", true), ("http://[::1]/cb", "http://[::1]:2/cb", true),
            ("http://localhost/cb", "http://127.0.0.1:2/cb", false),
            ("http://localhost/cb", "http://localhost:2/other", false),
            ("http://localhost/cb", "http://localhost:2/cb?x", false), ("cursor://a/cb", "cursor://a/cb", true),
            ("cursor://a/cb", "cursor://a:1/cb", false),
        ])
    func same(_ registered: String, _ asked: String, _ expected: Bool) throws {
        #expect(try RedirectURI(asked).isSame(as: RedirectURI(registered)) == expected)
    }

    @Test(
        "an existing query stays byte for byte",
        arguments: [
            ("https://a.example/cb", "https://a.example/cb?code=c%26&state=a%20b"),
            ("https://a.example/cb?x=%2f+y", "https://a.example/cb?x=%2f+y&code=c%26&state=a%20b"),
            ("https://a.example/cb?", "https://a.example/cb?code=c%26&state=a%20b"),
        ])
    func adding(_ text: String, _ expected: String) throws {
        #expect(try RedirectURI(text).adding([("code", "c&"), ("state", "a b")]) == expected)
    }

    @Test(
        "a pattern is held to the pieces of a URL",
        arguments: [
            ("https://*.example.com/*", "https://a.b.example.com/x/y", true),
            ("https://*.example.com/*", "https://evil.example/.example.com/x", false),
            ("https://*.example.com/*", "https://a.example.com:8443/x", false),
            ("https://*.example.com/*", "http://a.example.com/x", false),
            ("http://localhost:*", "http://localhost:1/", true),
            ("http://localhost:*", "http://localhost:1/cb", false),
            ("http://localhost:*/*", "http://localhost:1/cb", true),
            ("http://localhost/cb", "http://localhost:9/cb", true),
            ("cursor://*", "cursor://anysphere/x/callback", true),
            ("https://a.example/*", "https://user@a.example/x", false),
            ("https://a.example/x", "https://a.example/x?y", false),
        ])
    func pattern(_ pattern: String, _ url: String, _ expected: Bool) throws {
        #expect(try #require(URLPattern(pattern)).matches(url) == expected)
    }

    @Test(
        "what has no scheme, or a user, is no pattern",
        arguments: ["*", "*://x/", "a.example/*", "https://u@a.example/"])
    func noPattern(_ text: String) { #expect(URLPattern(text) == nil) }

    @Test(
        "addresses within networks are not public",
        arguments: [
            ("93.184.216.34", true), ("10.0.0.1", false), ("127.0.0.1", false), ("169.254.169.254", false),
            ("172.31.255.255", false), ("172.32.0.1", true), ("192.168.1.1", false), ("100.64.0.1", false),
            ("100.128.0.1", true), ("0.0.0.0", false), ("224.0.0.1", false), ("255.255.255.255", false),
            ("198.18.0.1", false), ("2606:4700::1111", true), ("::1", false), ("fe80::1", false), ("fc00::1", false),
            ("::ffff:10.0.0.1", false), ("64:ff9b::a00:1", false), ("2002:a00:1::", false), ("2001:db8::1", false),
            ("2001::1", false), ("ff02::1", false), ("", false), ("localhost", false),
        ])
    func address(_ address: String, _ expected: Bool) { #expect(PublicAddress.isPublic(address) == expected) }
}
