import CatalogSources
import Synchronization

/// Collects a source's announcements and lets a test wait for one.
final class ChangeLog: Sendable {
    private struct State {
        var changes: [CatalogSourceChange] = []
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func add(_ change: CatalogSourceChange) {
        let waiters = state.withLock { state in
            state.changes.append(change)
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    var changes: [CatalogSourceChange] { state.withLock { $0.changes } }

    /// Every location named so far.
    var announced: Set<String> {
        changes.reduce(into: []) { result, change in
            if case .locations(let locations) = change { result.formUnion(locations) }
        }
    }

    var listings: Int { changes.count { $0 == .listing } }

    func clear() { state.withLock { $0.changes = [] } }

    /// Waits until the changes so far satisfy the condition; false after ten seconds.
    func wait(until condition: @escaping @Sendable (ChangeLog) -> Bool) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                while true {
                    // Counted before the condition looks, so that a change that comes meanwhile is not waited for.
                    let seen = self.changes.count
                    if condition(self) { return true }
                    if Task.isCancelled { return false }
                    await self.nextChange(after: seen)
                }
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(10))
                return false
            }
            let result = await group.next() ?? false
            group.cancelAll()
            wake()
            return result
        }
    }

    private func nextChange(after seen: Int) async {
        await withCheckedContinuation { continuation in
            let isNew = state.withLock { state in
                guard state.changes.count == seen else { return true }
                state.waiters.append(continuation)
                return false
            }
            if isNew { continuation.resume() }
        }
    }

    private func wake() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
