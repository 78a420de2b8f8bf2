internal import KubeClient
internal import Synchronization

/// The kinds that a configuration declares as workloads, and what is known of each at this moment.
final class DeclaredKinds: Sendable {
    let workloads: [CustomWorkload]
    private let kinds: [WorkloadKind]
    private let knowledge: Mutex<[KindKnowledge]>

    init(_ workloads: [CustomWorkload] = []) {
        self.workloads = workloads
        kinds = workloads.map(\.workloadKind)
        knowledge = Mutex(Array(repeating: KindKnowledge(), count: workloads.count))
    }

    var isEmpty: Bool { kinds.isEmpty }

    /// The declared kind of that group and name; nil when there is none, or the server does not have it: then its name
    /// in a reference means nothing, and what it is said to own stands for itself.
    func find(group: String, name: String) -> WorkloadKind? {
        guard let index = kinds.firstIndex(where: { $0.name == name && $0.group == group }) else { return nil }
        return knowledge.withLock { $0[index].state } == .absent ? nil : kinds[index]
    }

    /// The declared kind of a workload's key; nil when there is none of that name.
    func find(keyName: String) -> WorkloadKind? { kinds.first { $0.keyName == keyName } }

    func isNamespaced(_ kind: WorkloadKind) -> Bool {
        kinds.firstIndex(of: kind).map { workloads[$0].isNamespaced } ?? true
    }

    /// What may be concluded about a declared kind.
    func state(of kind: WorkloadKind) -> KindKnowledge.State {
        guard let index = kinds.firstIndex(of: kind) else { return .absent }
        return knowledge.withLock { $0[index].state }
    }

    /// Takes how the informers fare.
    ///
    /// - Returns: whether something else may be concluded now than before.
    func observe(_ status: (WorkloadKind) -> InformerStatus?, at now: Duration) -> Bool {
        let statuses = kinds.map(status)
        return knowledge.withLock { knowledge in
            var isChanged = false
            for (index, status) in statuses.enumerated() {
                guard let status else { continue }
                let before = knowledge[index].state
                knowledge[index].observe(lists: status.lists, isServed: status.isServed, at: now)
                if knowledge[index].state != before { isChanged = true }
            }
            return isChanged
        }
    }
}

/// What may be concluded about the objects of a kind that a server need not have. Pure.
///
/// A server answers "not found" for a custom resource also for a moment while it starts or while its extension's schema is
/// replaced, so the answer counts only when it has been the same for a while.
struct KindKnowledge: Equatable {
    enum State: Equatable {
        /// Nothing: the kind was never listed, because it is forbidden or the server does not answer, or the server has
        /// not said for long that it is absent.
        case unknown
        /// What the cache has, although it may be stale.
        case known
        /// There are none: the server does not have the kind.
        case absent
    }

    /// The reflector asks once a minute or so; the answer was the same at least twice then.
    static let confirmation: Duration = .seconds(120)

    private(set) var state = State.unknown
    private var unservedSince: Duration?

    /// - Parameters:
    ///   - lists: how many lists were complete.
    ///   - isServed: whether the server had the kind when it was last asked.
    ///   - now: from a clock that only rises.
    mutating func observe(lists: Int, isServed: Bool, at now: Duration) {
        guard !isServed else {
            unservedSince = nil
            state = lists > 0 ? .known : .unknown
            return
        }
        let since = unservedSince ?? now
        unservedSince = since
        state = now - since >= Self.confirmation ? .absent : .unknown
    }
}
