package import Base
package import KubeClient

/// Shares shards among replicas: stands for those that are free, leads them, and hands over what is too much.
///
/// One lease for each shard decides who leads it; one for each replica says who is there. `ShardBalance` decides from what
/// is seen of both.
package actor ShardElector {
    /// Leads a shard until it is cancelled.
    package typealias Work = @Sendable (Shard, LeaseTerm) async throws -> Void

    private struct Candidacy {
        let elector: LeaderElector
        let task: Task<Void, Never>
        var isStopping = false
    }

    /// A replica that did not show itself for so long will not come back under its name; its lease is deleted.
    private static let forgetting: Duration = .seconds(600)

    private let leases: any ShardLeases
    private let identity: String
    private let timings: LeaseTimings
    private let time: LeaseTime
    private let logger: Logger
    private let makeElector: @Sendable (Shard) -> LeaderElector
    private var presence: ReplicaPresence
    private var balance: ShardBalance
    private var observations: [String: LeaseObservation] = [:]
    private var candidacies: [Shard: Candidacy] = [:]
    private var lastFailure = ""

    /// - Parameters:
    ///   - identity: of this process; see `processIdentity`.
    ///   - onLost: called at once when the lease of a shard was lost while it was led; a program ends its process here.
    package init(
        leases: any ShardLeases, identity: String, timings: LeaseTimings, time: LeaseTime = LeaseTime(),
        metrics: MetricsRegistry, logger: Logger,
        onLost: @escaping @Sendable (Shard, LeaseMachine.Loss) -> Void
    ) {
        self.leases = leases
        self.identity = identity
        self.timings = timings
        self.time = time
        self.logger = logger
        presence = ReplicaPresence(leases, identity: identity, timings: timings)
        balance = ShardBalance(me: identity)
        makeElector = { shard in
            LeaderElector(
                name: shard.leaseName, lease: leases.lease(of: shard), identity: identity, timings: timings, time: time,
                metrics: metrics, logger: logger, onLost: { onLost(shard, $0) })
        }
    }

    /// The shards that this process leads, as far as it knows.
    package var led: Set<Shard> { Set(candidacies.filter { $0.value.elector.isLeader }.keys) }

    /// For `/livez`; see `LeaderElector.problem`.
    package var problem: String? { candidacies.values.lazy.compactMap(\.elector.problem).first }

    /// Takes part until the task is cancelled; then ends what it leads, gives the leases back, and is gone for others.
    ///
    /// - Parameter shards: all that there are now; asked for again and again.
    package func run(shards: @escaping @Sendable () -> Set<Shard>, leading: @escaping Work) async {
        while !Task.isCancelled {
            let pause = await turn(shards(), leading)
            try? await time.sleep(pause)
        }
        // A task of its own, which is not cancelled: requests are still to be made.
        await Task { await self.leave() }.value
    }

    /// Looks, decides and acts once.
    ///
    /// - Returns: how long to wait.
    private func turn(_ shards: Set<Shard>, _ leading: @escaping Work) async -> Duration {
        let retry = timings.retryPeriod * Double.random(in: 1...LeaseTimings.jitter)
        for shard in candidacies.keys where !shards.contains(shard) { stop(shard) }
        do {
            try await renewPresence()
            try await look()
            lastFailure = ""
        } catch {
            note(error)
            return retry
        }
        let now = time.elapsed()
        let view = view(shards, now)
        let decision = balance.decide(view, at: now)
        for shard in decision.stand where candidacies[shard] == nil { stand(for: shard, leading) }
        // Who stands for a shard that another one got in the meantime need not go on asking.
        for case (let shard, let holder?) in view.holders where holder != identity { stop(shard) }
        if let shard = decision.handOver {
            logger.info("handing a shard over", ["shard": .string(shard.description)])
            stop(shard)
        }
        let events = observations.values.compactMap(\.expiry).filter { $0 > now } + [decision.next].compactMap { $0 }
        return min(retry, events.min().map { $0 - now } ?? retry)
    }

    private func renewPresence() async throws {
        var renewed = presence
        defer { presence = renewed }
        try await renewed.renew(at: time.timeOfDay())
    }

    private func look() async throws {
        let found = try await leases.list(within: timings.requestTimeout)
        let now = time.elapsed()
        for lease in found { observations[lease.name, default: LeaseObservation()].see(lease, at: now) }
        let names = Set(found.map(\.name))
        for name in observations.keys where !names.contains(name) {
            observations[name]?.see(nil, at: now)
            if observations[name]?.holder(at: now) == nil { observations[name] = nil }
        }
        for lease in found where ReplicaPresence.isPresence(lease) {
            guard let age = observations[lease.name]?.age(at: now), age > Self.forgetting else { continue }
            // Another replica may do so at the same moment.
            try? await leases.delete(lease, within: timings.requestTimeout)
        }
    }

    private func view(_ shards: Set<Shard>, _ now: Duration) -> ShardBalance.View {
        var view = ShardBalance.View(replicas: [identity], holders: [:])
        for observation in observations.values {
            guard let lease = observation.lease, ReplicaPresence.isPresence(lease) else { continue }
            if let replica = observation.holder(at: now) { view.replicas.insert(replica) }
        }
        for shard in shards {
            let observation = observations[shard.leaseName]
            let holder = candidacies[shard]?.elector.isLeader == true ? identity : observation?.holder(at: now)
            view.holders[shard] = .some(holder)
            if let holder { view.replicas.insert(holder) }
        }
        // Who let the lease of a shard expire is not there, even if it seemed so a moment ago.
        for shard in shards where view.holders[shard] == .some(nil) {
            let dead = observations[shard.leaseName]?.lease?.record.holderIdentity
            if let dead, dead != identity { view.replicas.remove(dead) }
        }
        return view
    }

    private func stand(for shard: Shard, _ leading: @escaping Work) {
        let elector = makeElector(shard)
        let observed = observations[shard.leaseName] ?? LeaseObservation()
        let task = Task {
            await elector.run(observed: observed) { try await leading(shard, $0) }
            self.ended(shard)
        }
        candidacies[shard] = Candidacy(elector: elector, task: task)
    }

    private func stop(_ shard: Shard) {
        guard candidacies[shard]?.isStopping == false else { return }
        candidacies[shard]?.isStopping = true
        candidacies[shard]?.task.cancel()
    }

    private func ended(_ shard: Shard) { candidacies[shard] = nil }

    private func leave() async {
        for shard in candidacies.keys { stop(shard) }
        for candidacy in candidacies.values { await candidacy.task.value }
        do {
            guard let lease = try await presence.present() else { return }
            try await leases.delete(lease, within: timings.requestTimeout)
        } catch {
            note(error)
        }
    }

    private func note(_ error: any Error) {
        let text = "\(error)"
        if text != lastFailure { logger.warning("the leases cannot be read", ["error": .string(text)]) }
        lastFailure = text
    }
}
