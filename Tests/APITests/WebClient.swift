import Base
import Glibc
import Testing

/// Sends one request over a socket of its own, exactly as a test writes it.
struct WebClient: Sendable {
    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        /// Null when the body is no JSON.
        var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    }

    let port: Int
    /// Sent as a bearer token unless a request brings credentials of its own; nil: none.
    var token: String?

    func get(_ target: String, _ headers: [(String, String)] = []) async throws -> Answer {
        try await send("GET", target, headers)
    }

    func send(
        _ method: String, _ target: String, _ headers: [(String, String)] = [], body: JSONValue? = nil
    ) async throws -> Answer {
        try await send(method, target, headers, bytes: body?.serialized())
    }

    /// The same with a body of any bytes.
    func send(
        _ method: String, _ target: String, _ headers: [(String, String)] = [], bytes body: [UInt8]?
    ) async throws -> Answer {
        var fields = [("Host", "localhost:\(port)"), ("Connection", "close")] + headers
        if let token, !headers.contains(where: { $0.0 == "Authorization" }) {
            fields.append(("Authorization", "Bearer \(token)"))
        }
        let bytes = body ?? []
        if body != nil { fields.append(("Content-Length", "\(bytes.count)")) }
        let head = "\(method) \(target) HTTP/1.1\r\n" + fields.map { "\($0): \($1)\r\n" }.joined() + "\r\n"
        let request = Array(head.utf8) + bytes
        let response = await withCheckedContinuation { continuation in
            startThread(name: "web-client") { [port] in continuation.resume(returning: exchange(request, port: port)) }
        }
        return try #require(Answer(response), "\(method) \(target) got no answer")
    }
}

extension WebClient {
    /// Sends a request and reads nothing of the answer. The socket is to be closed by the caller.
    func ask(_ target: String) throws -> Int32 {
        let (descriptor, isConnected) = connection(port: port)
        let head = "GET \(target) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token ?? "")\r\n\r\n"
        let request = Array(head.utf8)
        try #require(
            isConnected && Glibc.send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count)
        return descriptor
    }
}

extension WebClient.Answer {
    /// Nil when the bytes are no HTTP response.
    fileprivate init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let parts = lines.first?.split(separator: " ") ?? []
        guard parts.count > 1, let status = Int(parts[1]) else { return nil }
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            let field = line.split(separator: ":", maxSplits: 1)
            guard field.count == 2 else { return nil }
            headers.add(String(field[0]), String(field[1].drop { $0 == " " }))
        }
        let body = bytes[end.upperBound...]
        guard headers["Transfer-Encoding"] == "chunked" else {
            self.init(status: status, headers: headers, body: Array(body))
            return
        }
        guard let whole = Self.dechunked(body) else { return nil }
        self.init(status: status, headers: headers, body: whole)
    }

    /// RFC 9112 §7.1, without extensions and trailers; nil when the body is not whole.
    private static func dechunked(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var (body, rest): ([UInt8], ArraySlice<UInt8>) = ([], bytes)
        while let line = rest.firstRange(of: Array("\r\n".utf8)) {
            guard let size = Int(String(decoding: rest[..<line.lowerBound], as: UTF8.self), radix: 16) else {
                return nil
            }
            if size == 0 { return body }
            rest = rest[line.upperBound...]
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return nil
    }
}

private func connection(port: Int) -> (descriptor: Int32, isConnected: Bool) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    let connected = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    return (descriptor, connected == 0)
}

/// Sends the bytes and returns all that comes until the other side closes, or is silent for 20 s. Blocks.
private func exchange(_ request: [UInt8], port: Int) -> [UInt8] {
    let (descriptor, isConnected) = connection(port: port)
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    guard isConnected, send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
        return []
    }
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return received }
        received += buffer[..<count]
    }
}
