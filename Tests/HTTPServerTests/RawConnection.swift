import Base
import Glibc

/// A client socket that sends exactly what a test says. Its calls block: use them within `offPool`.
final class RawConnection {
    private let descriptor: Int32
    private var received: [UInt8] = []

    /// Nil when nobody listens there.
    init?(ifListening port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        var noDelay: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { return nil }
    }

    /// To a port on which somebody must listen.
    static func to(port: Int) -> RawConnection {
        guard let connection = RawConnection(ifListening: port) else {
            preconditionFailure("cannot connect to port \(port)")
        }
        return connection
    }

    deinit { close(descriptor) }

    /// False when the other side has closed.
    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(descriptor, buffer.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// One `recv`, appended to what is there; false at the end or when nothing came within the limit.
    func receive(atMost count: Int = 65536, seconds: Int = 10) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, Int32(seconds * 1000)) == 1 else { return false }
        var buffer = [UInt8](repeating: 0, count: count)
        let got = recv(descriptor, &buffer, count, 0)
        guard got > 0 else { return false }
        received += buffer[..<got]
        return true
    }

    /// Everything until the other side closes or is silent for the limit.
    func readToEnd(seconds: Int = 10) -> String {
        while receive(seconds: seconds) {}
        defer { received = [] }
        return String(decoding: received, as: UTF8.self)
    }

    /// How often the byte comes until the other side closes.
    func count(of byte: UInt8) -> Int {
        var count = 0
        repeat {
            for candidate in received where candidate == byte { count += 1 }
            received.removeAll(keepingCapacity: true)
        } while receive(atMost: 1 << 20)
        return count
    }

    /// Waits until the text has come, and takes everything up to and including it; nil when it does not come.
    func read(through text: String) -> String? {
        while true {
            if let range = received.firstRange(of: Array(text.utf8)) {
                defer { received.removeSubrange(..<range.upperBound) }
                return String(decoding: received[..<range.upperBound], as: UTF8.self)
            }
            if !receive() { return nil }
        }
    }

    /// One response with a `Content-Length`.
    func readResponse() -> (head: String, body: String)? {
        guard let head = read(through: "\r\n\r\n") else { return nil }
        let field = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
        guard let field, let length = Int(field.dropFirst("content-length:".count).drop { $0 == " " }) else {
            return nil
        }
        while received.count < length { if !receive() { return nil } }
        defer { received.removeFirst(length) }
        return (head, String(decoding: received[..<length], as: UTF8.self))
    }
}

/// Runs blocking code on a thread of its own, so that it does not hold a thread that handlers need.
func offPool<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T {
    await withCheckedContinuation { continuation in
        startThread(name: "test") { continuation.resume(returning: body()) }
    }
}

/// Waits until the condition holds; false when it does not within 60 s.
func eventually(_ condition: @Sendable () -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return condition()
}
