import Base
import Glibc

/// A server that does to each connection what a test says, on a thread of its own. Connections are served one after
/// another.
final class ScriptedServer: Sendable {
    let port: Int
    private let listener: Int32

    var url: String { "http://127.0.0.1:\(port)" }

    init(_ script: @escaping @Sendable (Connection) -> Void) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        port = bindToLoopback(listener)
        listen(listener, 16)
        startThread(name: "scripted") {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                script(Connection(descriptor: client))
                close(client)
            }
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    struct Connection {
        let descriptor: Int32

        /// The header of a request; empty when the client closes before.
        func readHead() -> String {
            var head = ""
            var byte: UInt8 = 0
            while !head.hasSuffix("\r\n\r\n") {
                guard recv(descriptor, &byte, 1, 0) == 1 else { return "" }
                head.unicodeScalars.append(UnicodeScalar(byte))
            }
            return head
        }

        /// As many bytes; fewer when the client closes before.
        func readBytes(_ count: Int) -> [UInt8] {
            var bytes: [UInt8] = []
            var byte: UInt8 = 0
            while bytes.count < count, recv(descriptor, &byte, 1, 0) == 1 { bytes.append(byte) }
            return bytes
        }

        func send(_ text: String) { send(bytes: Array(text.utf8)) }

        func send(bytes: [UInt8]) {
            _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }

        func pause(milliseconds: Int) { usleep(UInt32(milliseconds * 1000)) }

        /// Until the client closes or 10 s have passed.
        func waitForClose() {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            var byte: UInt8 = 0
            while poll(&entry, 1, 10_000) == 1, recv(descriptor, &byte, 1, 0) == 1 {}
        }
    }
}

/// A port that nobody listens on.
func unusedPort() -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    return bindToLoopback(descriptor)
}

func bindToLoopback(_ descriptor: Int32) -> Int {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            let result = bind(descriptor, $0, length)
            precondition(result == 0, "cannot bind a socket to loopback")
            getsockname(descriptor, $0, &length)
        }
    }
    return Int(UInt16(bigEndian: address.sin_port))
}
