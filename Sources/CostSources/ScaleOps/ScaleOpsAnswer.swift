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
    private let clock: @Sendable () -> ContinuousClock.Instant
    private var mask: SecretMask
    private var read = 0
    private var hasEnded = false
    /// Called at the end, be it clean or not.
    private let ended: @Sendable (ScaleOpsError?) -> Void
    /// For how long the consumer was busy with other things; the transfer's time went on.
    private var held: Duration = .zero
    private var given: ContinuousClock.Instant?

    /// Who held the transfer for longer than this may be why it took too long.
    private static let longestHeld: Duration = .seconds(1)

    init(
        _ stream: HTTPStream, of request: ScaleOpsRequest, at endpoint: ScaleOpsEndpoint, _ slot: Slots.Slot,
        secrets: [Secret], manner: ScaleOpsClient.Manner, ended: @escaping @Sendable (ScaleOpsError?) -> Void
    ) {
        self.stream = stream
        self.endpoint = endpoint
        shown = request.shown
        self.slot = slot
        maximumBytes = manner.maximumBytes
        clock = manner.clock
        mask = SecretMask(secrets)
        self.ended = ended
    }

    /// What came since the last call; nil at the end.
    package mutating func next() async throws(ScaleOpsError) -> [UInt8]? {
        while !hasEnded {
            let bytes = try await notedPiece()
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

    /// A timeout that the consumer may have brought about says nothing of ScaleOps.
    private mutating func notedPiece() async throws(ScaleOpsError) -> [UInt8]? {
        if let given { held += clock() - given }
        defer { given = clock() }
        do {
            let bytes = try await piece()
            hasEnded = bytes == nil
            if hasEnded { ended(nil) }
            return bytes
        } catch {
            if error.code != .timeout || held < Self.longestHeld { ended(error) }
            throw error
        }
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
