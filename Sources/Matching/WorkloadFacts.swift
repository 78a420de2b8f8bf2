package import Base

/// How a workload fares, beyond what it is and what it costs.
package struct WorkloadFacts: Sendable, Hashable {
    /// `status.availableReplicas`, or what stands for it; nil where the kind has no such number.
    package var availableReplicas: Int?
    /// Replicas of the newest template; nil where the kind has no such number.
    package var updatedReplicas: Int?
    /// Whether a change of its spec has not reached all its pods yet.
    package var isRollingOut = false
    /// Whether it was told to start no pods for now (`spec.suspend` of Jobs and CronJobs).
    package var isSuspended = false
    /// All its pods, the finished ones included.
    package var pods = PodCounts()
    /// What its placed pods may use of CPU at most, in thousandths of a core; containers without a limit add nothing.
    package var limitCPUMillicores: Int64 = 0
    /// What its placed pods may use of memory at most, in bytes; containers without a limit add nothing.
    package var limitMemoryBytes: Int64 = 0
    /// Containers of unfinished pods that lack a request for CPU or memory, so that their cost is not seen.
    package var containersWithoutRequests = 0
    /// Containers of unfinished pods that lack a memory limit.
    package var containersWithoutMemoryLimit = 0
    /// Containers that ended, now or the last time, because they used more memory than they may.
    package var oomKills = 0
    /// When that happened last; nil when it did not, or the server does not say.
    package var lastOOMKillAt: Timestamp?
    /// The latest end of a container that was restarted or failed; nil when there is none.
    package var lastTermination: WorkloadTermination?
    /// Why containers wait or pods have no node, such as `CrashLoopBackOff`, with how many do.
    package var waitingReasons = ReasonCounts()
    /// Why pods failed, such as `Evicted`, with how many did.
    package var failureReasons = ReasonCounts()
    /// The images of its unfinished pods, sorted, at most `maximumImages`.
    package private(set) var images: [String] = []
    /// What is wrong.
    package var problems = ProblemList()

    /// More different images than this mean that tags are made for each pod; nobody reads them all.
    package static let maximumImages = 10

    /// Nothing is known but what the defaults say.
    package init() {}

    /// Adds the images of a pod; of more than `maximumImages` those that sort first are kept.
    package mutating func add(images more: [String]) {
        // Pods of one template have the same images.
        guard !more.allSatisfy(images.contains) else { return }
        images = Array(Set(images).union(more).sorted().prefix(Self.maximumImages))
    }

    /// Takes the end of a container if it is the latest; among ends at the same time that of the pod that sorts first.
    package mutating func add(termination: WorkloadTermination) {
        guard let known = lastTermination else { return lastTermination = termination }
        func order(_ end: WorkloadTermination) -> Int64 { end.at?.microseconds ?? .min }
        let (new, old) = (order(termination), order(known))
        if new > old || (new == old && (termination.pod, termination.container) < (known.pod, known.container)) {
            lastTermination = termination
        }
    }
}

/// How many pods are in each phase.
package struct PodCounts: Sendable, Hashable {
    package var pending = 0
    package var running = 0
    package var succeeded = 0
    package var failed = 0
    /// The node does not answer.
    package var unknown = 0

    package init(pending: Int = 0, running: Int = 0, succeeded: Int = 0, failed: Int = 0, unknown: Int = 0) {
        self.pending = pending
        self.running = running
        self.succeeded = succeeded
        self.failed = failed
        self.unknown = unknown
    }
}

/// How a container of a workload ended.
package struct WorkloadTermination: Sendable, Hashable {
    package let pod: String
    package let container: String
    /// Such as `OOMKilled` or `Error`.
    package let reason: String
    package let exitCode: Int
    /// Nil when the server does not say.
    package let at: Timestamp?

    package init(pod: String, container: String, reason: String, exitCode: Int, at: Timestamp?) {
        self.pod = pod
        self.container = container
        self.reason = reason
        self.exitCode = exitCode
        self.at = at
    }
}

/// Reasons with how often each occurs: the most frequent ones by name, the others together as `Other`.
package struct ReasonCounts: Sendable, Hashable {
    package let counts: [String: Int]

    /// Kubernetes has about a dozen reasons; whoever makes more of them does not fill the memory.
    package static let maximumReasons = 10

    /// Takes what was counted before.
    package init(counts: [String: Int]) { self.counts = counts }

    /// Takes reasons as they occur; empty ones are none.
    package init(_ reasons: some Sequence<String> = EmptyCollection()) {
        var all: [String: Int] = [:]
        for reason in reasons where !reason.isEmpty { all[reason, default: 0] += 1 }
        guard all.count > Self.maximumReasons else {
            counts = all
            return
        }
        let sorted = all.sorted { (-$0.value, $0.key) < (-$1.value, $1.key) }
        var kept = Dictionary(uniqueKeysWithValues: sorted.prefix(Self.maximumReasons - 1).map { ($0.key, $0.value) })
        kept["Other", default: 0] += sorted.dropFirst(Self.maximumReasons - 1).reduce(0) { $0 + $1.value }
        counts = kept
    }
}
