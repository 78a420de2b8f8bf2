import Base
import HTTPClient
import Testing

/// Against `openssl s_server` with certificates made for the test.
@Suite struct TLSTests {
    private let client = HTTPClient(name: "test")
    private let certificates = TestCertificates.shared

    private func get(_ server: TLSServer, host: String = "localhost", _ tls: TLSOptions) async throws -> HTTPResponse {
        try await client.send(HTTPRequest(url: "https://\(host):\(server.port)/file.txt", tls: tls))
    }

    @Test("a server of the given authority is trusted")
    func trusted() async throws {
        let server = try TLSServer(certificates)
        let response = try await get(server, TLSOptions(certificateAuthorityPEM: certificates.authority))
        #expect(response.status == 200)
        #expect(String(decoding: response.body, as: UTF8.self) == "over TLS\n")
    }

    @Test("a server of another authority, or of the system's only, is refused")
    func untrusted() async throws {
        let server = try TLSServer(certificates)
        for authority in [certificates.otherAuthority, nil] {
            let tls = TLSOptions(certificateAuthorityPEM: authority)
            #expect(await errorCode { _ = try await get(server, tls) } == .tls)
        }
        #expect(try await get(server, TLSOptions(insecureSkipVerify: true)).status == 200)
    }

    @Test("an authority that is no certificate is a TLS error")
    func garbage() async throws {
        let server = try TLSServer(certificates)
        #expect(
            await errorCode { _ = try await get(server, TLSOptions(certificateAuthorityPEM: Array("x".utf8))) } == .tls)
    }

    @Test("a certificate for another name is refused, unless that is the server name asked for")
    func names() async throws {
        let server = try TLSServer(certificates)
        let plain = TLSOptions(certificateAuthorityPEM: certificates.authority)
        #expect(await errorCode { _ = try await get(server, host: "127.0.0.1", plain) } == .tls)
        var named = plain
        named.serverName = "localhost"
        #expect(try await get(server, host: "127.0.0.1", named).status == 200)
        named.serverName = "other.example"
        #expect(await errorCode { _ = try await get(server, named) } == .tls)
    }

    @Test("a server that wants a client certificate gets it")
    func clientCertificate() async throws {
        let server = try TLSServer(certificates, needsClientCertificate: true)
        var tls = TLSOptions(certificateAuthorityPEM: certificates.authority)
        #expect(await errorCode { _ = try await get(server, tls) } == .tls)
        tls.clientCertificatePEM = certificates.client
        tls.clientKeyPEM = certificates.clientKey
        #expect(try await get(server, tls).status == 200)
        // Certificate and key in one text.
        tls.clientCertificatePEM = certificates.client + certificates.clientKey
        tls.clientKeyPEM = nil
        #expect(try await get(server, tls).status == 200)
    }

    @Test("what is no TLS server is a TLS error")
    func notTLS() async {
        let server = ScriptedServer { connection in
            connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.waitForClose()
        }
        let url = "https://127.0.0.1:\(server.port)/"
        #expect(await errorCode { _ = try await client.send(HTTPRequest(url: url)) } == .tls)
    }
}
