internal import Synchronization

/// Work that is done once for all who ask for it at the same time.
///
/// A task that is cancelled stops waiting at once; when nobody waits any more the work is given up.
package final class SharedWork<Success: Sendable>: Sendable {
    private final class Run: Sendable {
        let ended = Gate()
        let task: Task<Success, any Error>

        init(_ body: @escaping @Sendable () async throws -> Success) {
            let ended = ended
            task = Task {
                defer { ended.open() }
                return try await body()
            }
        }
    }

    private let isGivenUp: Bool
    private let current = Mutex<(run: Run, waiters: Int)?>(nil)

    /// - Parameter isGivenUp: whether the work is cancelled when nobody waits any more. If not, as when it could not be
    ///   stopped by that, the next who asks waits for it too.
    package init(isGivenUp: Bool = true) { self.isGivenUp = isGivenUp }

    /// What the work gives that is under way, or else that of `body`, which then begins. What `body` learned is best
    /// kept by itself: those who come when it has ended begin it anew.
    ///
    /// - Throws: what the work throws, and `CancellationError`.
    package func value(_ body: @escaping @Sendable () async throws -> Success) async throws -> Success {
        let run = join(body)
        defer { leave(run) }
        guard await run.ended.wait() else { throw CancellationError() }
        return try await run.task.value
    }

    /// How many wait.
    var waiterCount: Int { current.withLock { $0?.waiters ?? 0 } }

    private func join(_ body: @escaping @Sendable () async throws -> Success) -> Run {
        current.withLock { current in
            if let (run, waiters) = current, !run.ended.isOpen {
                current = (run, waiters + 1)
                return run
            }
            let run = Run(body)
            current = (run, 1)
            return run
        }
    }

    private func leave(_ run: Run) {
        current.withLock { current in
            guard let (running, waiters) = current, running === run else { return }
            let isLast = waiters == 1 && isGivenUp
            if isLast { run.task.cancel() }
            current = isLast || run.ended.isOpen ? nil : (run, waiters - 1)
        }
    }
}
