/// The bytes of a streamed body between the handler's task, which writes, and libmicrohttpd's thread, which sends.
struct StreamBuffer {
    /// Unsent bytes above which writers wait.
    static let limit = 64 << 10
    /// `MHD_CONTENT_READER_END_OF_STREAM`.
    static let wholeEnd = -1
    /// `MHD_CONTENT_READER_END_WITH_ERROR`: the connection is closed.
    static let brokenEnd = -2

    private var bytes: [UInt8] = []
    private var sent = 0
    private var end: Int?
    var waiters: [CheckedContinuation<Void, Never>] = []

    var room: Exchange.Room { bytes.count - sent > Self.limit ? .full : .free }

    mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    mutating func end(isWhole: Bool) { end = isWhole ? Self.wholeEnd : Self.brokenEnd }

    /// The number of bytes copied; 0 when there are none yet; one of the ends when there will be none.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, bytes.count - sent)
        guard count > 0 else { return end ?? 0 }
        bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[sent..<(sent + count)])) }
        sent += count
        if sent == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.count <= 2 * Self.limit)
            sent = 0
        }
        return count
    }

    mutating func takeWaitersIfRoom() -> [CheckedContinuation<Void, Never>] { room == .free ? takeWaiters() : [] }

    mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
        defer { waiters = [] }
        return waiters
    }
}
