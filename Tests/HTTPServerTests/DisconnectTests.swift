import Base
import Glibc
import Synchronization
import Testing

@testable import HTTPServer

/// What happens when a side goes before the end.
@Suite struct DisconnectTests {
    private enum Event: Equatable { case started, cancelled, written(Int), failed, streamed }

    private final class Journal: Sendable {
        private let events = Mutex<[Event]>([])
        func add(_ event: Event) { events.withLock { $0.append(event) } }
        func has(_ event: Event) -> Bool { events.withLock { $0.contains(event) } }
        var writes: Int {
            events.withLock { $0.count { if case .written = $0 { true } else { false } } }
        }
    }

    private static func untilCancelled(_ journal: Journal) async {
        journal.add(.started)
        try? await Task.sleep(for: .seconds(60))
        if Task.isCancelled { journal.add(.cancelled) }
    }

    @Test("a client that disconnects cancels its handler")
    func disconnectCancels() async throws {
        let journal = Journal()
        let server = try HTTPServer(.init()) { _ in
            await Self.untilCancelled(journal)
            return HTTPServerResponse(status: 200)
        }
        let port = server.port
        await offPool {
            let connection = RawConnection.to(port: port)
            connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            while !journal.has(.started) { usleep(1000) }
        }
        #expect(await eventually { journal.has(.cancelled) })
        await server.stop(drain: .zero)
    }

    @Test("a client that disconnects ends a stream that has nothing to send")
    func disconnectEndsStream() async throws {
        let journal = Journal()
        let server = try HTTPServer(.init()) { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write(Array("first\n".utf8))
                    await Self.untilCancelled(journal)
                    do { try await writer.write([1]) } catch { journal.add(.failed) }
                })
        }
        let port = server.port
        let first = await offPool {
            let connection = RawConnection.to(port: port)
            connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            return connection.read(through: "first\n")
        }
        #expect(first?.contains("Transfer-Encoding: chunked") == true)
        #expect(await eventually { journal.has(.cancelled) && journal.has(.failed) })
        await server.stop(drain: .zero)
    }

    @Test("a writer waits while the client does not read, and goes on when it does")
    func backpressure() async throws {
        let journal = Journal()
        let piece = [UInt8](repeating: UInt8(ascii: "Z"), count: 64 << 10)
        let pieces = 300
        let server = try HTTPServer(.init()) { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    for index in 0..<pieces {
                        try await writer.write(piece)
                        journal.add(.written(index))
                    }
                    journal.add(.streamed)
                })
        }
        let port = server.port
        let (writesBefore, total) = await offPool {
            let connection = RawConnection.to(port: port)
            connection.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            _ = connection.read(through: "\r\n\r\n")
            // The buffers of the system fill up until nothing moves.
            var before = -1
            while journal.writes != before {
                before = journal.writes
                usleep(200_000)
            }
            return (before, connection.count(of: UInt8(ascii: "Z")))
        }
        #expect(writesBefore < pieces / 2)
        #expect(total == pieces * piece.count)
        #expect(journal.has(.streamed))
        await server.stop(drain: .zero)
    }

    @Test("a waiting writer fails when the client goes")
    func blockedWriterFails() async throws {
        let journal = Journal()
        let server = try HTTPServer(.init()) { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    do { while true { try await writer.write([UInt8](repeating: 65, count: 1 << 20)) } } catch {
                        journal.add(.failed)
                        throw error
                    }
                })
        }
        let port = server.port
        await offPool {
            let connection = RawConnection.to(port: port)
            connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = connection.read(through: "\r\n\r\n")
        }
        #expect(await eventually { journal.has(.failed) })
        await server.stop(drain: .zero)
    }

    @Test("a stream that throws leaves an incomplete body")
    func failedStream() async throws {
        struct Failure: Error {}
        let server = try HTTPServer(.init()) { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write(Array("part".utf8))
                    throw Failure()
                })
        }
        let port = server.port
        let text = await offPool {
            let connection = RawConnection.to(port: port)
            connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            return connection.readToEnd()
        }
        #expect(text.contains("part"))
        #expect(!text.hasSuffix("0\r\n\r\n"))
        await server.stop(drain: .zero)
    }

    @Test("a stop lets running requests end, and refuses new connections meanwhile")
    func stopDrains() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let journal = Journal()
        let server = try HTTPServer(.init()) { _ in
            journal.add(.started)
            for await _ in gate {}
            return HTTPServerResponse(status: 200, body: .bytes(Array("done".utf8)))
        }
        let port = server.port
        async let answer = offPool {
            let connection = RawConnection.to(port: port)
            connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            return connection.readToEnd()
        }
        #expect(await eventually { journal.has(.started) })
        async let stopped: Void = server.stop(drain: .seconds(60))
        #expect(await eventually { !canConnect(port) })
        open.finish()
        await stopped
        let text = await answer
        #expect(text.hasSuffix("done"))
        #expect(text.contains("Connection: close"))
    }

    @Test("a stop cuts what does not end in time, suspended or not")
    func stopCuts() async throws {
        let journal = Journal()
        let server = try HTTPServer(.init()) { request in
            if request.path == "/stream" {
                return HTTPServerResponse(
                    status: 200,
                    body: .stream { writer in
                        try await writer.write(Array("x".utf8))
                        await Self.untilCancelled(journal)
                    })
            }
            await Self.untilCancelled(journal)
            return HTTPServerResponse(status: 200)
        }
        let port = server.port
        async let texts = offPool {
            let connections = ["/", "/stream", "/", "/stream"].map { path in
                let connection = RawConnection.to(port: port)
                connection.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
                return connection
            }
            let half = RawConnection.to(port: port)
            half.send("GET / HT")
            return connections.map { $0.readToEnd() }
        }
        #expect(await eventually { journal.has(.started) })
        await server.stop(drain: .milliseconds(50))
        _ = await texts
        #expect(await eventually { journal.has(.cancelled) })
        await server.stop(drain: .zero)
    }

    @Test("a server under load can be stopped at any moment", arguments: 0..<10)
    func stopUnderLoad(_ round: Int) async throws {
        let server = try HTTPServer(.init()) { request in
            if request.path == "/stream" {
                return HTTPServerResponse(
                    status: 200,
                    body: .stream { writer in for _ in 0..<5 { try await writer.write([65, 66]) } })
            }
            await Task.yield()
            return HTTPServerResponse(status: 200, body: .bytes([65]))
        }
        let port = server.port
        let journal = Journal()
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    await offPool {
                        while let connection = RawConnection(ifListening: port) {
                            let path = worker.isMultiple(of: 2) ? "/" : "/stream"
                            for _ in 0..<10 { connection.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n") }
                            if connection.receive() { journal.add(.written(worker)) }
                        }
                    }
                }
            }
            _ = await eventually { journal.writes > 20 * (round + 1) }
            await server.stop(drain: .milliseconds(round.isMultiple(of: 2) ? 0 : 20))
        }
    }

    @Test("a server that is dropped stops listening")
    func dropped() async throws {
        var server: HTTPServer? = try HTTPServer(.init()) { _ in HTTPServerResponse(status: 200) }
        let port = try #require(server).port
        #expect(canConnect(port))
        server = nil
        #expect(await eventually { !canConnect(port) })
    }

    @Test("above the limit of connections new ones wait until one is closed")
    func connectionLimit() async throws {
        var configuration = HTTPServer.Configuration()
        configuration.maximumConnections = 2
        let server = try HTTPServer(configuration) { _ in HTTPServerResponse(status: 200) }
        let port = server.port
        let (isHeldBack, isServed) = await offPool {
            let request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
            var first: RawConnection? = RawConnection.to(port: port)
            let second = RawConnection.to(port: port)
            for connection in [first, second] {
                connection?.send(request)
                _ = connection?.readResponse()
            }
            let third = RawConnection.to(port: port)
            third.send(request)
            let isHeldBack = !third.receive(seconds: 1)
            first = nil
            return (isHeldBack, third.readResponse() != nil)
        }
        #expect(isHeldBack)
        #expect(isServed)
        await server.stop(drain: .zero)
    }

    @Test("an idle connection is closed")
    func idle() async throws {
        var configuration = HTTPServer.Configuration()
        configuration.idleTimeout = .seconds(1)
        let server = try HTTPServer(configuration) { _ in HTTPServerResponse(status: 200) }
        let port = server.port
        let text = await offPool {
            let connection = RawConnection.to(port: port)
            connection.send("GET / HTTP/1.1\r\nHo")
            return (connection.readToEnd(seconds: 8), connection.send("x") && connection.receive(seconds: 1))
        }
        #expect(!text.1)
        await server.stop(drain: .zero)
    }
}

private func canConnect(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}
