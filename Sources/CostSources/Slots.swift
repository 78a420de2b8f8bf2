internal import Base
internal import Synchronization

/// Lets so many work at once; others wait in the order in which they came, and only so many of them.
final class Slots: Sendable {
    /// A place among those who work; given back when it is let go.
    final class Slot: Sendable {
        private let slots: Slots

        fileprivate init(_ slots: Slots) { self.slots = slots }

        deinit { slots.release() }
    }

    private struct State {
        var free: Int
        var waiting: [Gate] = []
    }

    private let state: Mutex<State>
    private let maximumWaiting: Int

    init(count: Int, maximumWaiting: Int) {
        state = Mutex(State(free: count))
        self.maximumWaiting = maximumWaiting
    }

    /// A place; nil when too many wait already, none came free in time, or the task was cancelled.
    func take(until deadline: ContinuousClock.Instant) async -> Slot? {
        let gate = Gate()
        let isHere = state.withLock { state -> Bool? in
            if state.free > 0 {
                state.free -= 1
                return true
            }
            guard state.waiting.count < maximumWaiting else { return false }
            state.waiting.append(gate)
            return nil
        }
        if let isHere { return isHere ? Slot(self) : nil }
        if await gate.wait(until: deadline) { return Slot(self) }
        let isWaiting = state.withLock { state in
            let index = state.waiting.firstIndex { $0 === gate }
            if let index { state.waiting.remove(at: index) }
            return index != nil
        }
        // The place came in the moment in which waiting ended.
        return isWaiting ? nil : Slot(self)
    }

    private func release() {
        let next = state.withLock { state -> Gate? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.open()
    }
}
