import Base
import Glibc
import HTTPClient
import Synchronization
import Testing

/// What is set on connections, and what is measured of them.
@Suite struct ConnectionTests {
    private let client = HTTPClient(name: "test")

    @Test("dead peers are noticed: keep-alive after 30 s every 10 s, unacknowledged data for 30 s at most")
    func keepAlive() async throws {
        let server = ScriptedServer { connection in
            _ = connection.readHead()
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            connection.waitForClose()
        }
        let stream = try await client.open(HTTPRequest(url: server.url, totalTimeout: nil))
        defer { stream.cancel() }
        let descriptor = try #require((3..<1024).first { peerPort(of: $0) == server.port })
        func option(_ level: Int32, _ name: Int32) -> Int32 {
            var (value, length) = (Int32(), socklen_t(MemoryLayout<Int32>.size))
            getsockopt(descriptor, level, name, &value, &length)
            return value
        }
        #expect(option(SOL_SOCKET, SO_KEEPALIVE) == 1)
        #expect(option(Int32(IPPROTO_TCP), TCP_KEEPIDLE) == 30)
        #expect(option(Int32(IPPROTO_TCP), TCP_KEEPINTVL) == 10)
        #expect(option(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT) == 30_000)
    }

    /// The port at the other end of a connected IPv4 socket of this process.
    private func peerPort(of descriptor: Int32) -> Int? {
        var (address, length) = (sockaddr_in(), socklen_t(MemoryLayout<sockaddr_in>.size))
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
        }
        return result == 0 ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }

    @Test("the time until the header is measured, and the look-up of a name for new connections only")
    func timing() async throws {
        let server = ScriptedServer { connection in
            while !connection.readHead().isEmpty {
                connection.pause(milliseconds: 60)
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        let named = HTTPRequest(url: "http://localhost:\(server.port)/")
        let first = try await client.send(named).timing
        #expect(first.untilHead >= .milliseconds(60))
        #expect(first.nameLookup.map { $0 >= .zero && $0 < first.untilHead } == true)
        #expect(try await client.send(named).timing.nameLookup == nil)
        let other = ScriptedServer { connection in
            _ = connection.readHead()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        #expect(try await client.send(HTTPRequest(url: other.url)).timing.nameLookup == nil)
    }

    @Test("the end of a body is told once with its size, also of a stream that is cancelled, and not without an answer")
    func bodyEnd() async throws {
        let ends = Mutex<[Int]>([])
        let server = ScriptedServer { connection in
            let head = connection.readHead()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")
            if head.hasPrefix("GET /whole") { connection.send("cde") } else { connection.waitForClose() }
        }
        func request(_ url: String) -> HTTPRequest {
            var request = HTTPRequest(url: url)
            request.onBodyEnd = { bytes in ends.withLock { $0.append(bytes) } }
            return request
        }
        _ = try await client.send(request(server.url + "/whole"))
        #expect(ends.withLock { $0 } == [5])
        let stream = try await client.open(request(server.url + "/part"))
        #expect(try await stream.next() == Array("ab".utf8))
        stream.cancel()
        stream.cancel()
        #expect(ends.withLock { $0 } == [5, 2])
        _ = try? await client.send(request("http://127.0.0.1:\(unusedPort())/"))
        #expect(ends.withLock { $0 } == [5, 2])
    }
}
