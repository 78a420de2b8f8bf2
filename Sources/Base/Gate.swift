internal import Synchronization

/// Lets tasks wait until something has happened once.
package final class Gate: Sendable {
    private enum State {
        case closed([Int: CheckedContinuation<Bool, Never>], nextID: Int)
        case open
    }

    private let state = Mutex(State.closed([:], nextID: 0))

    /// Closed.
    package init() {}

    /// Whether it has been opened.
    package var isOpen: Bool { state.withLock { if case .open = $0 { true } else { false } } }

    /// Lets everybody through, from now on.
    package func open() {
        let waiting = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
            guard case .closed(let waiting, _) = state else { return [] }
            state = .open
            return Array(waiting.values)
        }
        for continuation in waiting { continuation.resume(returning: true) }
    }

    /// Waits until the gate is open.
    ///
    /// - Returns: false when the deadline passed, or the task was cancelled, while the gate was closed.
    package func wait(until deadline: ContinuousClock.Instant) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.wait() }
            group.addTask {
                try? await Task.sleep(until: deadline, clock: .continuous)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    /// Waits until the gate is open.
    ///
    /// - Returns: false when the task was cancelled while the gate was closed.
    package func wait() async -> Bool {
        let id = state.withLock { state -> Int in
            guard case .closed(let waiting, let id) = state else { return 0 }
            state = .closed(waiting, nextID: id + 1)
            return id
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let passes = register(continuation, id) { continuation.resume(returning: passes) }
            }
        } onCancel: {
            abandon(id)
        }
    }

    /// Nil when the continuation waits; else what to answer at once.
    private func register(_ continuation: CheckedContinuation<Bool, Never>, _ id: Int) -> Bool? {
        state.withLock { state in
            guard case .closed(var waiting, let nextID) = state else { return true }
            if Task.isCancelled { return false }
            waiting[id] = continuation
            state = .closed(waiting, nextID: nextID)
            return nil
        }
    }

    private func abandon(_ id: Int) {
        let continuation = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard case .closed(var waiting, let nextID) = state else { return nil }
            let abandoned = waiting.removeValue(forKey: id)
            state = .closed(waiting, nextID: nextID)
            return abandoned
        }
        continuation?.resume(returning: false)
    }
}
