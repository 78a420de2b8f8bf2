import Testing

@testable import HTTPClient

@Suite struct RequestURLTests {
    @Test("a TLS server name goes into the URL, and the connection and the Host field keep the URL's host")
    func serverName() throws {
        let url = try #require(RequestURL("https://10.0.0.1:6443/api?x=1", serverName: "kubernetes"))
        #expect(url.text == "https://kubernetes:6443/api?x=1")
        #expect(url.connectTo == "::10.0.0.1:6443")
        #expect(url.hostField == "10.0.0.1:6443")
        let standard = try #require(RequestURL("https://[fd00::1]/", serverName: "k"))
        #expect(standard.connectTo == "::[fd00::1]:443")
        #expect(standard.hostField == "[fd00::1]")
        let same = try #require(RequestURL("https://k/", serverName: "k"))
        #expect(same.connectTo == nil && same.hostField == nil)
    }

    @Test(
        "loopback is known by name and address",
        arguments: [
            ("localhost", true), ("a.localhost", true), ("127.0.0.1", true), ("127.1", true), ("[::1]", true),
            ("127.0.0.1.example.com", false), ("128.0.0.1", false), ("example.com", false),
        ])
    func loopback(_ host: String, _ expected: Bool) throws {
        #expect(try #require(RequestURL("http://\(host)/", serverName: nil)).isLoopback == expected)
    }
}
