internal import Base
internal import KubeClient
internal import Matching

// Backstage's rules of error detection, each a function of one object and the time of day.

extension Pod {
    /// What is wrong with its containers. A pod that has done its work has no problems left.
    func problems(at now: Timestamp) -> [WorkloadProblem] {
        guard phase != .succeeded, let troubles else { return [] }
        let source = WorkloadProblem.Source(apiGroup: "", kind: "Pod", name: meta.name, namespace: meta.namespace)
        return troubles.containers.flatMap { $0.problems(in: source, at: now) }
    }

    /// When a container becomes a problem if nothing happens; nil when none does.
    func nextProblem(after now: Timestamp) -> Timestamp? {
        guard phase != .succeeded else { return nil }
        return troubles?.containers.compactMap(\.readyDue).filter { $0 > now }.min()
    }
}

extension ContainerTrouble {
    fileprivate func problems(in source: WorkloadProblem.Source, at now: Timestamp) -> [WorkloadProblem] {
        var problems: [WorkloadProblem] = []
        if !waitingMessage.isEmpty {
            problems.append(
                WorkloadProblem(
                    .containerWaiting, message: waitingMessage, source: source, container: name, cause: waitingCause))
        }
        if restartCount > 0 {
            problems.append(
                WorkloadProblem(
                    .containersRestarting, message: "container=\(name) restarted \(restartCount) times",
                    occurrenceCount: Int(restartCount), source: source, container: name,
                    cause: ProblemCause(reason: termination?.reason ?? "")))
        }
        // Exactly at the time that it is looked at again, it is due.
        if let readyDue, readyDue <= now {
            problems.append(
                WorkloadProblem(
                    .readinessProbeTakingTooLong,
                    message: "container=\(name) is not ready; its readiness probe should have succeeded by "
                        + readyDue.rfc3339,
                    source: source, container: name, cause: .readinessProbeFailed))
        }
        return problems
    }

    /// A container that is restarted again and again because of its memory needs memory, not a look at its logs.
    private var waitingCause: ProblemCause {
        let cause = ProblemCause(reason: waitingReason)
        return cause == .crashLoopBackOff && termination?.reason == ProblemCause.oomKilled.rawValue ? .oomKilled : cause
    }
}

extension WorkloadObject {
    /// What its conditions say. Only those of Deployments are read.
    var problems: [WorkloadProblem] {
        let source = WorkloadProblem.Source(
            apiGroup: kind.group, kind: kind.name, name: meta.name, namespace: meta.namespace)
        return failedConditions.map {
            WorkloadProblem(.conditionMessagePresent, message: $0.message, source: source)
        }
    }
}

extension HorizontalPodAutoscaler {
    /// Whether it can scale no further.
    var problems: [WorkloadProblem] {
        guard maximumReplicas > 0, currentReplicas == maximumReplicas else { return [] }
        let source = WorkloadProblem.Source(
            apiGroup: "autoscaling", kind: "HorizontalPodAutoscaler", name: meta.name, namespace: meta.namespace)
        let message =
            "Current number of replicas (\(currentReplicas)) is equal to the configured max number of replicas "
            + "(\(maximumReplicas))"
        return [WorkloadProblem(.hpaMaxCurrentReplicas, message: message, source: source)]
    }
}
