internal import Base
internal import KubeClient
internal import Matching

/// A workload as the caches show it now.
struct ObservedWorkload: Sendable {
    var workload: Workload
    var createdAt: Timestamp
    /// When it is another although nothing happened in the cluster: a container is then not ready for too long. Nil when
    /// time changes nothing.
    var nextChange: Timestamp?
    /// Its pods, those that have finished included.
    var pods: [Pod] = []
}

extension Ownership {
    /// The workload of a key; nil when the caches have none, or when the object is a part of another workload.
    ///
    /// - Parameter now: the time of day.
    func project(_ key: WorkloadKey, at now: Timestamp) -> ObservedWorkload? {
        let name = ObjectKey(namespace: key.namespace, name: key.name)
        if key.kind == Self.podKind {
            guard let pod = pods.get(name), workload(of: pod) == key else { return nil }
            return project(pod, as: key, at: now)
        }
        guard let kind = kind(of: key), !isAbsent(kind), let object = workloads[kind]?.get(name),
            workload(of: object) == key
        else { return nil }
        return project(object, as: key, at: now)
    }

    private func project(_ object: WorkloadObject, as key: WorkloadKey, at now: Timestamp) -> ObservedWorkload {
        let workload = Workload(
            key: key, uid: object.meta.uid.description, labels: Labels(object.meta.labels),
            templateLabels: Labels(templateLabels(of: object)),
            desiredReplicas: object.kind == .cronJob ? nil : Int(object.replicas.desired),
            readyReplicas: Int(object.replicas.ready), facts: object.facts)
        var gathering = WorkloadGathering(workload, at: now)
        gathering.problems = object.problems + autoscalers(of: object).flatMap(\.problems)
        let pods = pods(of: object)
        for pod in pods { gathering.add(pod) }
        return gathering.observed(createdAt: object.meta.created, pods: pods)
    }

    private func project(_ pod: Pod, as key: WorkloadKey, at now: Timestamp) -> ObservedWorkload {
        let workload = Workload(
            key: key, uid: pod.meta.uid.description, labels: Labels(pod.meta.labels),
            readyReplicas: pod.isReady && !pod.isFinished ? 1 : 0)
        var gathering = WorkloadGathering(workload, at: now)
        gathering.add(pod)
        return gathering.observed(createdAt: pod.meta.created, pods: [pod])
    }

    private func templateLabels(of object: WorkloadObject) -> LabelSet {
        guard let source = object.templateSource else { return object.templateLabels }
        let name = ObjectKey(namespace: object.meta.namespace, name: source)
        return workloads[.deployment]?.get(name)?.templateLabels ?? object.templateLabels
    }
}

extension WorkloadObject {
    /// What the object itself says, without its pods.
    fileprivate var facts: WorkloadFacts {
        var facts = WorkloadFacts()
        (facts.isRollingOut, facts.isSuspended) = (isRollingOut, isSuspended)
        switch kind {
        case .deployment, .statefulSet, .daemonSet, .declared:
            (facts.availableReplicas, facts.updatedReplicas) = (Int(replicas.available), Int(replicas.updated))
        case .replicaSet: facts.availableReplicas = Int(replicas.available)
        case .job, .cronJob: break
        }
        return facts
    }
}

/// Adds up what the pods of a workload hold and how they fare.
private struct WorkloadGathering {
    private var workload: Workload
    private let now: Timestamp
    var problems: [WorkloadProblem] = []
    private var waitingReasons: [String] = []
    private var failureReasons: [String] = []
    private var nextChange: Timestamp?

    init(_ workload: Workload, at now: Timestamp) {
        self.workload = workload
        self.now = now
    }

    mutating func add(_ pod: Pod) {
        workload.facts.pods.count(pod.phase)
        if let troubles = pod.troubles { add(troubles, of: pod) }
        // A finished pod holds nothing.
        if !pod.isFinished { addHeld(by: pod) }
    }

    private mutating func addHeld(by pod: Pod) {
        workload.podCount += 1
        workload.restarts += Int(pod.restartCount)
        workload.facts.add(images: pod.containers.images)
        workload.facts.containersWithoutRequests += pod.containers.withoutRequests
        workload.facts.containersWithoutMemoryLimit += pod.containers.withoutMemoryLimit
        // A pod that waits for a node requests but holds nothing yet.
        guard !pod.nodeName.isEmpty else { return }
        // Anybody may ask for any amount; the sums are bounded and do not overflow.
        let requests = workload.requests + pod.containers.requests
        (workload.requestedCPUMillicores, workload.requestedMemoryBytes) = (
            requests.cpuMillicores, requests.memoryBytes
        )
        let limits = workload.facts.limits + pod.containers.limits
        (workload.facts.limitCPUMillicores, workload.facts.limitMemoryBytes) = (
            limits.cpuMillicores, limits.memoryBytes
        )
    }

    private mutating func add(_ troubles: PodTroubles, of pod: Pod) {
        problems += pod.problems(at: now)
        if let change = pod.nextProblem(after: now) { nextChange = min(nextChange ?? change, change) }
        if pod.phase == .failed {
            failureReasons.append(troubles.reason)
        } else {
            waitingReasons.append(troubles.reason)
        }
        for container in troubles.containers {
            if pod.phase != .succeeded { waitingReasons.append(container.waitingReason) }
            if let termination = container.termination { add(termination, of: container.name, in: pod) }
        }
    }

    private mutating func add(_ termination: ContainerTermination, of container: String, in pod: Pod) {
        workload.facts.add(
            termination: WorkloadTermination(
                pod: pod.meta.name, container: container, reason: termination.reason,
                exitCode: Int(termination.exitCode), at: termination.finishedAt))
        guard termination.reason == ProblemCause.oomKilled.rawValue else { return }
        workload.facts.oomKills += 1
        if let at = termination.finishedAt {
            workload.facts.lastOOMKillAt = max(workload.facts.lastOOMKillAt ?? at, at)
        }
    }

    func observed(createdAt: Timestamp, pods: [Pod]) -> ObservedWorkload {
        var workload = workload
        workload.facts.problems = ProblemList(problems)
        workload.facts.waitingReasons = ReasonCounts(waitingReasons)
        workload.facts.failureReasons = ReasonCounts(failureReasons)
        return ObservedWorkload(workload: workload, createdAt: createdAt, nextChange: nextChange, pods: pods)
    }
}

extension PodCounts {
    fileprivate mutating func count(_ phase: PodPhase) {
        switch phase {
        case .pending: pending += 1
        case .running: running += 1
        case .succeeded: succeeded += 1
        case .failed: failed += 1
        case .unknown: unknown += 1
        }
    }
}

extension Workload {
    fileprivate var requests: ComputeResources {
        ComputeResources(cpuMillicores: requestedCPUMillicores, memoryBytes: requestedMemoryBytes)
    }
}

extension WorkloadFacts {
    fileprivate var limits: ComputeResources {
        ComputeResources(cpuMillicores: limitCPUMillicores, memoryBytes: limitMemoryBytes)
    }
}

extension Pod {
    /// Its containers have all ended and will not be started again.
    var isFinished: Bool { phase == .succeeded || phase == .failed }
}

extension Labels {
    init(_ labels: LabelSet) {
        self.init(labels.lazy.map { Label($0.key, $0.value) })
    }
}
