internal import Base
internal import CMicrohttpd

/// A response as libmicrohttpd gets it.
struct OutgoingResponse {
    private var response: HTTPServerResponse
    private static let log = Logger("http-server")
    /// libmicrohttpd keeps a buffer of that size with every streamed response, and uses it only for clients of HTTP/1.0:
    /// chunks are written where the connection has its memory.
    private static let unchunkedBlock = 1 << 10

    /// - Parameter closes: the connection is not to be kept for another request.
    init(_ response: HTTPServerResponse, id: String, closes: Bool) {
        self.response = response
        if !id.isEmpty { self.response.headers.set("X-Request-Id", id) }
        if closes { self.response.headers.set("Connection", "close") }
    }

    /// False when libmicrohttpd does not take it, which is when the connection is closing.
    func queue(on connection: OpaquePointer, for exchange: Exchange, method: String) -> Bool {
        guard (200...599).contains(response.status) else {
            let refusal = Refusal.invalidStatus(response.status)
            var replacement = self
            replacement.response.status = refusal.status
            replacement.response.body = refusal.response(method: method, target: "").body
            return replacement.queue(on: connection, for: exchange, method: method)
        }
        guard let pointer = makeResponse(for: exchange) else { return false }
        defer { MHD_destroy_response(pointer) }
        for (name, value) in response.headers where !isServersOwn(name) {
            if MHD_add_response_header(pointer, name, value) != .YES {
                Self.log.warning("a response header field is not valid and was left out", ["name": .string(name)])
            }
        }
        return MHD_queue_response(connection, UInt32(response.status), pointer) == .YES
    }

    private func makeResponse(for exchange: Exchange) -> OpaquePointer? {
        switch response.body {
        case .bytes(let bytes):
            bytes.withUnsafeBytes { buffer in
                MHD_create_response_from_buffer(
                    buffer.count, UnsafeMutableRawPointer(mutating: buffer.baseAddress), .RESPMEM_MUST_COPY)
            }
        case .stream:
            // The response keeps the exchange until libmicrohttpd frees it.
            MHD_create_response_from_callback(
                UInt64.max, Self.unchunkedBlock,
                { context, _, buffer, count in
                    guard let context, let buffer else { return StreamBuffer.brokenEnd }
                    return Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
                        .read(into: UnsafeMutableRawBufferPointer(start: buffer, count: count))
                }, Unmanaged.passRetained(exchange).toOpaque(),
                { context in
                    if let context { Unmanaged<Exchange>.fromOpaque(context).release() }
                })
        }
    }

    private func isServersOwn(_ name: String) -> Bool {
        ["Content-Length", "Transfer-Encoding", "Date"].contains { equalIgnoringASCIICase($0, name) }
    }
}
