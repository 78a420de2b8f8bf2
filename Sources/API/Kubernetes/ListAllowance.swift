internal import Synchronization

/// How many bytes of lists the process has in memory, however many clusters, requests and readers there are: what has
/// come of a list counts from its first byte until the last who has it lets it go, be that the request that was given
/// up, the cache, or the answer that is sent.
final class ListAllowance: Sendable {
    private struct State {
        var held = 0
        var most = 0
    }

    let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// What is taken now.
    var heldBytes: Int { state.withLock { $0.held } }
    /// The most that was ever taken at the same time.
    var mostHeldBytes: Int { state.withLock { $0.most } }

    func share() -> Share { Share(of: self) }

    private func exchange(_ old: Int, for new: Int) -> Bool {
        state.withLock { state in
            guard new <= old || new - old <= limit - state.held else { return false }
            state.held += new - old
            state.most = max(state.most, state.held)
            return true
        }
    }

    /// What one list has taken. It is given back when nobody has the share any more.
    final class Share: Sendable {
        private let allowance: ListAllowance
        private let taken = Mutex(0)

        fileprivate init(of allowance: ListAllowance) { self.allowance = allowance }

        deinit { _ = taken.withLock { allowance.exchange($0, for: 0) } }

        /// Takes so many bytes in place of those that it had; false, and nothing changes, when they are not there.
        func resize(to bytes: Int) -> Bool {
            taken.withLock { taken in
                guard allowance.exchange(taken, for: bytes) else { return false }
                taken = bytes
                return true
            }
        }
    }
}
