import Base
import HTTPClient
import Synchronization
import Testing

/// Proxies that a request names. The servers behind them do not exist, so an answer proves that the proxy was asked.
@Suite struct ProxyTests {
    private let client = HTTPClient(name: "test")
    private let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    @Test("an http proxy is asked for the whole URL, and for a tunnel when the server speaks TLS")
    func http() async throws {
        let heads = Mutex<[String]>([])
        let proxy = ScriptedServer { [answer] connection in
            let head = connection.readHead()
            heads.withLock { $0.append(head) }
            connection.send(head.hasPrefix("CONNECT ") ? "HTTP/1.1 403 Forbidden\r\n\r\n" : answer)
        }
        let response = try await client.send(HTTPRequest(url: "http://server.invalid/path", proxy: proxy.url))
        #expect(response.status == 200)
        let code = await errorCode {
            _ = try await client.send(HTTPRequest(url: "https://server.invalid/", proxy: proxy.url))
        }
        #expect(code == .cannotConnect)
        #expect(heads.withLock { $0[0].hasPrefix("GET http://server.invalid/path HTTP/1.1\r\n") })
        #expect(heads.withLock { $0[1].hasPrefix("CONNECT server.invalid:443 HTTP/1.1\r\n") })
    }

    @Test("a proxy's user and password are sent to it and appear in no error")
    func authentication() async throws {
        let heads = Mutex<[String]>([])
        let proxy = ScriptedServer { connection in
            heads.withLock { $0.append(connection.readHead()) }
            connection.send("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        }
        let url = "http://me:secret@127.0.0.1:\(proxy.port)"
        let error = await clientError {
            _ = try await client.send(HTTPRequest(url: "https://server.invalid/", proxy: url))
        }
        #expect(
            heads.withLock { $0[0].contains("Proxy-Authorization: Basic \(Base64.encode(Array("me:secret".utf8)))") })
        #expect(error.map { "\($0)".contains("secret") } == false)
    }

    @Test("a socks5h proxy looks up the name itself")
    func socks() async throws {
        let asked = Mutex<[UInt8]>([])
        let proxy = ScriptedServer { [answer] connection in
            // RFC 1928: greeting, request, then the stream.
            let methods = connection.readBytes(2)
            _ = connection.readBytes(Int(methods.last ?? 0))
            connection.send(bytes: [5, 0])
            let head = connection.readBytes(5)
            let name = connection.readBytes(Int(head.last ?? 0) + 2)
            asked.withLock { $0 = head + name }
            connection.send(bytes: [5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
            _ = connection.readHead()
            connection.send(answer)
        }
        let request = HTTPRequest(url: "http://server.invalid/", proxy: "socks5h://127.0.0.1:\(proxy.port)")
        #expect(try await client.send(request).status == 200)
        #expect(asked.withLock { $0 } == [5, 1, 0, 3, 14] + Array("server.invalid".utf8) + [0, 80])
    }

    @Test("a proxy behind TLS is trusted by the same authority as the server, and by no other")
    func secureProxy() async throws {
        let certificates = TestCertificates.shared
        // It does not know what a proxy is asked for and falls silent: enough to see that the connection was trusted.
        let proxy = try TLSServer(certificates)
        func code(_ authority: [UInt8]) async -> HTTPClientError.Code? {
            await errorCode {
                _ = try await client.send(
                    HTTPRequest(
                        url: "http://server.invalid/file.txt", tls: TLSOptions(certificateAuthorityPEM: authority),
                        proxy: "https://localhost:\(proxy.port)", totalTimeout: .seconds(1)))
            }
        }
        #expect(await code(certificates.otherAuthority) == .tls)
        #expect(await code(certificates.authority) == .timeout)
    }
}
