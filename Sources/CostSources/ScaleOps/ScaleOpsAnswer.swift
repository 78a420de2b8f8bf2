package import Base
internal import HTTPClient

/// An answer whose body is still coming.
package struct ScaleOpsAnswer: Sendable {
    package let status: Int
    /// As sent: some of them are nobody else's business.
    package let headers: HTTPHeaders
    package var body: ScaleOpsBody
}

/// The body of an answer, without the secrets that were sent, should the server repeat them. One consumer.
package struct ScaleOpsBody: Sendable {
    private let stream: HTTPStream
    private let endpoint: ScaleOpsEndpoint
    private let shown: String
    /// Kept until the body has been read or let go.
    private let slot: Slots.Slot
    private let maximumBytes: Int
    private var mask: SecretMask
    private var read = 0
    private var hasEnded = false

    init(
        _ stream: HTTPStream, of request: ScaleOpsRequest, at endpoint: ScaleOpsEndpoint, _ slot: Slots.Slot,
        secrets: [Secret], maximumBytes: Int
    ) {
        self.stream = stream
        self.endpoint = endpoint
        shown = request.shown
        self.slot = slot
        self.maximumBytes = maximumBytes
        mask = SecretMask(secrets)
    }

    /// What came since the last call; nil at the end.
    package mutating func next() async throws(ScaleOpsError) -> [UInt8]? {
        while !hasEnded {
            let bytes = try await piece()
            hasEnded = bytes == nil
            let ready = bytes.map { mask.pass($0) } ?? mask.end()
            if !ready.isEmpty { return ready }
        }
        return nil
    }

    /// All that is left.
    package mutating func collect() async throws(ScaleOpsError) -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try await next() { bytes += piece }
        return bytes
    }

    private mutating func piece() async throws(ScaleOpsError) -> [UInt8]? {
        let bytes: [UInt8]?
        do {
            bytes = try await stream.next()
        } catch {
            throw ScaleOpsError(error, endpoint)
        }
        read += bytes?.count ?? 0
        guard read <= maximumBytes else {
            stream.cancel()
            throw ScaleOpsError(.tooLarge, endpoint, "\(shown): the answer is longer than \(maximumBytes) bytes")
        }
        return bytes
    }
}
