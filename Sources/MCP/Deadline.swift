/// What ``withDeadline(_:clock:_:)`` throws when the time is up.
struct DeadlineExceeded: Error {}

/// Runs an operation and gives up on it after `limit`: it is cancelled then, and not waited for, so that an operation
/// which does not heed cancellation cannot keep the caller. Cancelling the caller cancels the operation.
func withDeadline<Value: Sendable>(
    _ limit: Duration, clock: any Clock<Duration>, _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let (outcomes, door) = AsyncStream.makeStream(
        of: Result<Value, any Error>.self, bufferingPolicy: .bufferingOldest(1))
    let work = Task {
        do { door.yield(.success(try await operation())) } catch { door.yield(.failure(error)) }
    }
    let timer = Task {
        try await clock.sleep(for: limit)
        door.yield(.failure(DeadlineExceeded()))
    }
    defer {
        work.cancel()
        timer.cancel()
    }
    for await outcome in outcomes { return try outcome.get() }
    throw CancellationError()
}
