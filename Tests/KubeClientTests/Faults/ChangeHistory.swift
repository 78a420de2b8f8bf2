import Synchronization

@testable import KubeClient

/// Everything that an informer reported, by key, and what is wrong with it.
final class ChangeHistory: Sendable {
    /// Which state of which object.
    struct Identity: Hashable, CustomStringConvertible {
        let uid: ObjectUID
        let version: ResourceVersion
        var description: String { "\(uid)@\(version.text)" }

        init(_ meta: ObjectMeta) { (uid, version) = (meta.uid, meta.resourceVersion) }
        init(uid: ObjectUID, version: ResourceVersion) { (self.uid, self.version) = (uid, version) }
    }

    private struct State {
        var last: [ObjectKey: Identity] = [:]
        var gone: Set<ObjectUID> = []
        var faults: [String] = []
        var count = 0
        var isRestored = false
    }

    private let state = Mutex(State())

    /// How many changes there were.
    var count: Int { state.withLock { $0.count } }

    /// What contradicts what was reported before: an event told twice, one left out, an object that grew older.
    var faults: [String] { state.withLock { $0.faults } }

    /// Every key that is there by what was reported.
    var present: [ObjectKey: Identity] { state.withLock { $0.last } }

    /// The objects whose end was reported.
    var gone: Set<ObjectUID> { state.withLock { $0.gone } }

    /// From now on objects may grow older and come back.
    func expectRestore() { state.withLock { $0.isRestored = true } }

    func add<Object>(_ change: CacheChange<Object>) {
        let old = change.old.map { Identity($0.meta) }
        let new = change.new.map { Identity($0.meta) }
        state.withLock { state in
            state.count += 1
            let known = state.last[change.key]
            let told = "\(change.key): \(old.map(\.description) ?? "-") > \(new.map(\.description) ?? "-")"
            if known != old { state.faults.append("\(told), but it was \(known.map(\.description) ?? "-")") }
            if old == new { state.faults.append("\(told) changes nothing") }
            if let old, let new {
                if old.uid != new.uid { state.faults.append("\(told) is another object") }
                if !state.isRestored, let from = Int(old.version.text), let to = Int(new.version.text), from > to {
                    state.faults.append("\(told) goes back")
                }
            }
            if new == nil, let old { state.gone.insert(old.uid) }
            if let new, !state.isRestored, state.gone.contains(new.uid) { state.faults.append("\(told) was gone") }
            state.last[change.key] = new
        }
    }
}
