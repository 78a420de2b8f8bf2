import Base
import KubeClient

/// How replicas agree on who reconciles.
struct LeadershipConfiguration {
    /// Nil: when we run in a cluster.
    var isEnabled: Bool?
    /// Of the Leases; nil: that of the pod, or of the kubeconfig's context.
    var namespace: String?
    var timings = LeaseTimings.standard
    /// Replicas that do not lead keep the clusters' caches too.
    var isWarmStandby = false

    init() {}

    init(_ root: ConfigurationNode) throws(ConfigurationError) {
        guard let section = root["callboard.leaderElection"] else { return }
        isEnabled = try section["enabled"]?.bool()
        namespace = try section["namespace"]?.string()
        isWarmStandby = try section["warmStandby"]?.bool() ?? false
        let leaseDuration = try section["leaseDuration"].map(Self.seconds) ?? timings.leaseDuration
        let renewDeadline = try section["renewDeadline"].map(Self.seconds) ?? timings.renewDeadline
        let retryPeriod = try section["retryPeriod"].map(Self.seconds) ?? timings.retryPeriod
        do throws(LeaseTimings.Problem) {
            timings = try LeaseTimings(
                leaseDuration: leaseDuration, renewDeadline: renewDeadline, retryPeriod: retryPeriod)
        } catch {
            throw section.refused(error.description)
        }
    }

    private static func seconds(_ node: ConfigurationNode) throws(ConfigurationError) -> Duration {
        .seconds(try node.integer(in: 1...3_600))
    }
}
