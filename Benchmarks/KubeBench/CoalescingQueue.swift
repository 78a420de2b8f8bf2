import KubeClient
import Synchronization

/// Keys that wait for their turn, each once, as in a work queue.
final class CoalescingQueue: Sendable {
    private struct State {
        var waiting: Set<ObjectKey> = []
        var order: [ObjectKey] = []
        var next = 0
        var taken = 0
        var deepest = 0
    }

    private let state = Mutex(State())

    func add(_ key: ObjectKey) {
        state.withLock { state in
            guard state.waiting.insert(key).inserted else { return }
            state.order.append(key)
            state.deepest = max(state.deepest, state.waiting.count)
        }
    }

    /// The key that has waited longest; nil when there is none.
    func take() -> ObjectKey? {
        state.withLock { state in
            guard state.next < state.order.count else {
                state.order.removeAll(keepingCapacity: true)
                state.next = 0
                return nil
            }
            let key = state.order[state.next]
            state.next += 1
            state.taken += 1
            state.waiting.remove(key)
            return key
        }
    }

    /// How many keys were taken, and the most that waited at once.
    var figures: (taken: Int, deepest: Int) { state.withLock { ($0.taken, $0.deepest) } }
}
