/// Writes an answer, or a part of one, within a time: who asks and does not read must not keep for ever what the answer holds.
///
/// - Parameter sleep: returns when the time has passed.
/// - Throws: `SlowReaderError`; what the body throws.
func sending(
    within time: Duration,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
    _ body: @escaping @Sendable () async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await sleep(time)
            throw SlowReaderError(time: time)
        }
        try await group.next()
        group.cancelAll()
    }
}

/// The reader did not take the answer in time.
struct SlowReaderError: Error, CustomStringConvertible {
    let time: Duration

    /// For logs.
    var description: String { "the reader did not take what was sent within \(time)" }
}
