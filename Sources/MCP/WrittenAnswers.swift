import Base
import Synchronization

/// Results of calls as they were sent, for the next call that is answered the same.
final class WrittenAnswers: Sendable {
    struct Key: Hashable {
        let tool: String
        let version: ProtocolVersion
        /// ``ToolAnswerAtHand/name``
        let answer: String
    }

    private struct Written {
        let source: [UInt8]
        let bytes: [UInt8]
    }

    /// What an answer takes besides its bytes, roughly: its key twice, and its places.
    private static let overhead = 400
    private let memory: Mutex<ShortMemory<Key, Written>>
    private let beginning = ContinuousClock.now

    /// - Parameter maximumBytes: of all that is kept.
    init(maximumBytes: Int = 8 << 20) {
        memory = Mutex(ShortMemory(lifetime: .seconds(600), limit: maximumBytes))
    }

    /// What was written of this source; else writes it, and keeps that. Nil when it cannot be written.
    func bytes(_ key: Key, of source: [UInt8], write: () -> [UInt8]?) -> [UInt8]? {
        let now = ContinuousClock.now - beginning
        // Equal arrays are mostly one and the same, which is seen at a glance.
        if let found = memory.withLock({ $0.value(key, at: now) }), found.source == source { return found.bytes }
        guard let bytes = write() else { return nil }
        let cost = bytes.count + source.count + Self.overhead
        memory.withLock { $0.keep(Written(source: source, bytes: bytes), for: key, cost: cost, at: now) }
        return bytes
    }

    /// Of all that is kept.
    var cost: Int { memory.withLock { $0.cost } }
}
