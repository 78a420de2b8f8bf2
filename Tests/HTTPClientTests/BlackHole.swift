import Glibc

/// An address that takes no connection: its queue is full, and the kernel passes over who comes then.
final class BlackHole: Sendable {
    private let port: Int
    private let sockets: [Int32]

    var url: String { "http://127.0.0.1:\(port)/" }

    init() {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        port = bindToLoopback(listener)
        listen(listener, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        // A queue of 0 takes one; more than that are not let in either, but do no harm.
        sockets =
            [listener]
            + (0..<3).map { _ in
                let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
                _ = withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                return client
            }
    }

    deinit { for socket in sockets { close(socket) } }
}
