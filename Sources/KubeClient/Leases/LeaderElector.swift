package import Base
internal import Synchronization

/// Leads when it holds a lease: gets the lease, runs the led work, renews, and gives the lease back.
///
/// The lease keeps most double leading away; it cannot prevent all of it, because a process may be stopped at any
/// instruction. What the led work writes must be fenced besides.
package final class LeaderElector: Sendable {
    /// What a leader does, until it is cancelled. When it ends by itself, by an error or not, the lease is given back and
    /// this process stands again after a pause.
    package typealias Work = @Sendable (LeaseTerm) async throws -> Void

    /// A holder that has not renewed for so long after its lease was over hangs; the tolerance that Kubernetes' own
    /// components give.
    private static let watchdogTolerance: Duration = .seconds(20)

    let name: String
    let identity: String
    let timings: LeaseTimings
    let lease: any LeaseResource
    let time: LeaseTime
    let metrics: LeaderMetrics
    let logger: Logger
    let onLost: @Sendable (LeaseMachine.Loss) -> Void
    private let renewedAt = Mutex<Duration?>(nil)

    /// - Parameters:
    ///   - name: of the lease, for metrics and logs.
    ///   - identity: no other process may ever have it; see `processIdentity`.
    ///   - onLost: called at once when the lease was lost while the led work was running. A program ends its process here:
    ///     that is the only way to stop everything that is led in the time that is left.
    package init(
        name: String, lease: any LeaseResource, identity: String, timings: LeaseTimings, time: LeaseTime = LeaseTime(),
        metrics: MetricsRegistry, logger: Logger, onLost: @escaping @Sendable (LeaseMachine.Loss) -> Void
    ) {
        self.name = name
        self.lease = lease
        self.identity = identity
        self.timings = timings
        self.time = time
        self.metrics = LeaderMetrics(metrics, name: name)
        self.logger = logger.with(["lease": .string(name)])
        self.onLost = onLost
    }

    /// Stands for election, leads and renews until the task is cancelled; then ends the led work, waits for its end,
    /// renewing meanwhile, and gives the lease back.
    ///
    /// - Parameter observed: what is known of the lease already, on the clock of `time`.
    package func run(observed: LeaseObservation = LeaseObservation(), leading: @escaping Work) async {
        let (signals, send) = AsyncStream.makeStream(of: ElectionRun.Signal.self)
        // A task of its own, which is not cancelled: the lease must still be given back.
        let run = Task {
            var run = ElectionRun(self, observed: observed, leading, signals: signals, send: send)
            await run.run()
        }
        await withTaskCancellationHandler {
            await run.value
        } onCancel: {
            send.yield(.stop)
        }
    }

    /// Whether this process holds the lease, as far as it knows.
    package var isLeader: Bool { renewedAt.withLock { $0 != nil } }

    /// For `/livez`: what is wrong when the lease is held and was not renewed long after it was over, so that the process
    /// must hang; nil when all is well.
    package var problem: String? {
        guard let renewedAt = renewedAt.withLock({ $0 }) else { return nil }
        let silence = time.elapsed() - renewedAt
        guard silence > timings.leaseDuration + Self.watchdogTolerance else { return nil }
        return "the lease \(name) is held and was not renewed for \(silence.components.seconds) s"
    }

    func note(renewedAt moment: Duration?) {
        renewedAt.withLock { $0 = moment }
        metrics.isLeader(moment != nil)
    }
}

/// The metrics of client-go's leader election.
struct LeaderMetrics: Sendable {
    private let status: Gauge
    private let slowPath: Counter
    private let name: String

    init(_ registry: MetricsRegistry, name: String) {
        self.name = name
        status = registry.gauge(
            "leader_election_master_status", help: "1 where the lease is held, 0 elsewhere.", labels: ["name"])
        slowPath = registry.counter(
            "leader_election_slowpath_total", help: "Renewals that had to read the lease first.", labels: ["name"])
        isLeader(false)
        slowPath.increment(by: 0, [name])
    }

    func isLeader(_ isLeader: Bool) { status.set(isLeader ? 1 : 0, [name]) }
    func tookSlowPath() { slowPath.increment([name]) }
}
