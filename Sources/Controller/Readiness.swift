import API
import Base
import Reconcilers
import Store
import Synchronization

/// Whether the process is ready to be asked: the database answers, and what is led here has been brought up to date once.
///
/// A replica that leads nothing is ready with the database alone. One that was ready stays so when it begins to lead:
/// what is stored can be served meanwhile.
final class Readiness: Sendable {
    private let store: Store
    private let reconcilers: ReconcilerSet
    private let isSoleLeader: Bool
    private let schema = Gate()
    private let wasReady = Mutex(false)

    /// - Parameter isSoleLeader: this process is meant to lead everything.
    init(store: Store, reconcilers: ReconcilerSet, isSoleLeader: Bool) {
        self.store = store
        self.reconcilers = reconcilers
        self.isSoleLeader = isSoleLeader
    }

    func schemaIsThere() { schema.open() }

    func checks() async -> [ReadinessCheck] {
        var database: String?
        do {
            try await store.ping()
            if !schema.isOpen { database = "the schema is not up to date yet" }
        } catch {
            database = "it does not answer"
        }
        var checks = [ReadinessCheck(name: "database", problem: database)]
        let states = await reconcilers.states
        let led = Self.checks(states, isSoleLeader: isSoleLeader)
        let isReady = wasReady.withLock { wasReady in
            wasReady = wasReady || (database == nil && led.allSatisfy { $0.problem == nil })
            return wasReady
        }
        checks += isReady ? led.map { ReadinessCheck(name: $0.name, problem: nil) } : led
        return checks
    }

    /// The checks for what is led here. A cluster that cannot be reached does not keep the others from being served: with
    /// several of them, one that says why it is not complete counts as done.
    static func checks(_ states: [ReconcilerSet.State], isSoleLeader: Bool) -> [ReadinessCheck] {
        let clusters = states.filter { $0.shard != .catalog }
        let isAlone = clusters.count == 1
        var caches: [String] = []
        var workloads: [String] = []
        if isSoleLeader, clusters.isEmpty { caches.append("no cluster is followed yet") }
        for state in clusters {
            if !state.isSynced, isAlone || state.error == nil {
                caches.append("\(state.shard): \(state.error ?? "the first lists are not complete yet")")
            }
            if !state.isCaughtUp, state.isSynced || isAlone {
                workloads.append("\(state.shard): the first state is not written yet")
            }
        }
        var catalog: String?
        if let state = states.first(where: { $0.shard == .catalog }) {
            catalog = state.isCaughtUp ? nil : "the sources are not read yet"
        } else if isSoleLeader {
            catalog = "it is not led yet"
        }
        func check(_ name: String, _ problems: [String]) -> ReadinessCheck {
            ReadinessCheck(name: name, problem: problems.isEmpty ? nil : problems.joined(separator: "; "))
        }
        return [
            check("kubernetes-caches", caches), ReadinessCheck(name: "catalog", problem: catalog),
            check("workloads", workloads),
        ]
    }
}
