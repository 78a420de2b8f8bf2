internal import Base

/// A request as far as it has come. Pure: the daemon's callbacks feed it, and what it says is what they do.
struct RequestDraft {
    let target: String
    private(set) var method = ""
    private(set) var id = ""
    private var headers = HTTPHeaders()
    private var remoteAddress = ""
    private var body: [UInt8] = []
    private var limit = 0
    private var discarded = 0
    private var refusal: Refusal?

    /// The header has been read.
    private(set) var hasBegun = false

    init(target: String) { self.target = target }

    /// Takes the header.
    ///
    /// - Throws: what to answer without reading the body.
    mutating func begin(
        method: String, headers: HTTPHeaders, headerBytes: Int, remoteAddress: String, limits: HTTPServer.Configuration
    ) throws(Refusal) {
        hasBegun = true
        self.method = method
        self.headers = headers
        self.remoteAddress = remoteAddress
        limit = limits.maximumBodyBytes
        id = headers["X-Request-Id"].flatMap { Self.isRequestID($0) ? $0 : nil } ?? Hex.encode(randomBytes(16))
        if headerBytes > limits.maximumHeaderBytes { throw .headersTooLarge(limit: limits.maximumHeaderBytes) }
        guard let text = headers["Content-Length"], let length = UInt64(text) else { return }
        if length > UInt64(limit) { throw .bodyTooLarge(limit: limit) }
        body.reserveCapacity(Int(length))
    }

    /// Takes a part of the body. A body that turns out too long is read on and dropped up to twice the limit, so that
    /// the client can be told; false: it is longer still, give the connection up.
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if refusal == nil, bytes.count <= limit - body.count {
            body.append(contentsOf: bytes)
            return true
        }
        if refusal == nil {
            refusal = .bodyTooLarge(limit: limit)
            discarded = body.count
            body = []
        }
        discarded += bytes.count
        return discarded <= 2 * limit
    }

    /// The whole request. Called once, at its end.
    ///
    /// - Throws: what to answer instead of calling the handler.
    mutating func finish() throws(Refusal) -> HTTPServerRequest {
        if let refusal { throw refusal }
        guard let target = RequestTarget(target) else { throw .malformedPath }
        defer { body = [] }
        return HTTPServerRequest(
            method: method, target: target, headers: headers, body: body, remoteAddress: remoteAddress, id: id)
    }

    private static func isRequestID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
