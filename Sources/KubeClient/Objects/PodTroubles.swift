package import Base

/// What is wrong with a pod. A class: few pods have one.
package final class PodTroubles: Sendable, Hashable {
    /// Why the pod failed (`Evicted`), or why it has no node (`Unschedulable`); empty when it did not and has.
    package let reason: String
    /// The containers that are worth a word, in the order of the pod's status, init containers first.
    package let containers: [ContainerTrouble]

    package init(reason: String = "", containers: [ContainerTrouble] = []) {
        self.reason = reason
        self.containers = containers
    }

    package static func == (left: PodTroubles, right: PodTroubles) -> Bool {
        left === right || (left.reason == right.reason && left.containers == right.containers)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(reason)
        hasher.combine(containers)
    }
}

/// A container that waits for more than its turn, was restarted, ended badly, or is not ready although it has a probe.
package struct ContainerTrouble: Sendable, Hashable {
    package var name: String
    package var restartCount: Int32
    /// Why it waits, such as `CrashLoopBackOff`; empty when it does not.
    package var waitingReason: String
    /// The same for people, bounded; empty when nothing is said.
    package var waitingMessage: String
    /// How it ended now, or the time before; nil when it never did.
    package var termination: ContainerTermination?
    /// When its readiness probe should have succeeded; nil unless it runs, has such a probe, and is not ready.
    package var readyDue: Timestamp?

    package init(
        name: String, restartCount: Int32 = 0, waitingReason: String = "", waitingMessage: String = "",
        termination: ContainerTermination? = nil, readyDue: Timestamp? = nil
    ) {
        self.name = name
        self.restartCount = restartCount
        self.waitingReason = waitingReason
        self.waitingMessage = waitingMessage
        self.termination = termination
        self.readyDue = readyDue
    }
}

/// How a container ended. What it wrote as its termination message is not kept: that is the application's text.
package struct ContainerTermination: Sendable, Hashable {
    /// Such as `OOMKilled`, `Error` or `Completed`.
    package let reason: String
    package let exitCode: Int32
    /// Nil when the server does not say.
    package let finishedAt: Timestamp?

    package init(reason: String, exitCode: Int32, finishedAt: Timestamp?) {
        self.reason = reason
        self.exitCode = exitCode
        self.finishedAt = finishedAt
    }
}
