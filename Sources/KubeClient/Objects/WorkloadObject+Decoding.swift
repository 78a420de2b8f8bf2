extension Resource<WorkloadObject> {
    /// Deployments of `apps/v1`.
    package static let deployments = workload(.deployment, "deployments", .apps, spec: .replicated, status: .deployment)
    /// StatefulSets of `apps/v1`.
    package static let statefulSets = workload(
        .statefulSet, "statefulsets", .apps, spec: .replicated, status: .statefulSet)
    /// DaemonSets of `apps/v1`.
    package static let daemonSets = workload(.daemonSet, "daemonsets", .apps, spec: .daemonSet, status: .daemonSet)
    /// ReplicaSets of `apps/v1`.
    package static let replicaSets = workload(.replicaSet, "replicasets", .apps, spec: .replicated, status: .replicaSet)
    /// Jobs of `batch/v1`.
    package static let jobs = workload(
        .job, "jobs", [GroupVersion(group: "batch", version: "v1")], spec: .job, status: .job)
    /// CronJobs of `batch/v1`, before Kubernetes 1.21 of `batch/v1beta1`.
    package static let cronJobs = workload(
        .cronJob, "cronjobs",
        [GroupVersion(group: "batch", version: "v1"), GroupVersion(group: "batch", version: "v1beta1")],
        spec: .cronJob, status: .cronJob)

    /// Every kind that runs pods.
    package static let workloads = [deployments, statefulSets, daemonSets, replicaSets, jobs, cronJobs]

    private static func workload(
        _ kind: WorkloadKind, _ plural: String, _ versions: [GroupVersion], spec: SpecFields, status: StatusFields
    ) -> Resource {
        Resource(kind: kind.name, plural: plural, versions: versions) { reader, context throws(ProtobufError) in
            try WorkloadObject(kind, from: reader, spec: spec, status: status, in: &context)
        }
    }
}

extension [GroupVersion] {
    fileprivate static let apps = [GroupVersion(group: "apps", version: "v1")]
}

/// Where a kind's spec has what is read, by the field numbers of k8s.io/api/{apps,batch}/v1/generated.proto. Zero,
/// which is no field number, stands for a field that the kind does not have.
private struct SpecFields: Sendable {
    var replicas = 0
    var template = 0
    var suspend = 0
    /// A CronJob's template of a Job, whose spec holds the pod template.
    var jobTemplate = 0

    static let replicated = SpecFields(replicas: 1, template: 3)
    static let daemonSet = SpecFields(template: 2)
    static let job = SpecFields(replicas: 1, template: 6, suspend: 10)
    static let cronJob = SpecFields(suspend: 4, jobTemplate: 5)
}

/// Where a kind's status has what is read.
private struct StatusFields: Sendable {
    var desired = 0
    var ready = 0
    var available = 0
    var updated = 0
    var total = 0
    var observedGeneration = 0
    /// The names of the templates that the first and the last pods have, of a StatefulSet.
    var currentRevision = 0
    var updateRevision = 0
    var conditions = 0
    /// A repeated field whose entries are counted as available.
    var active = 0

    static let deployment = StatusFields(
        ready: 7, available: 4, updated: 3, total: 2, observedGeneration: 1, conditions: 6)
    static let statefulSet = StatusFields(
        ready: 3, available: 11, updated: 5, total: 2, observedGeneration: 1, currentRevision: 6, updateRevision: 7)
    static let daemonSet = StatusFields(desired: 3, ready: 4, available: 7, updated: 6, observedGeneration: 5)
    static let replicaSet = StatusFields(ready: 4, available: 5, total: 1, observedGeneration: 3)
    static let job = StatusFields(ready: 9, available: 4)
    static let cronJob = StatusFields(active: 1)
}

extension WorkloadObject {
    fileprivate init(
        _ kind: WorkloadKind, from reader: consuming ProtobufReader, spec: SpecFields, status: StatusFields,
        in context: inout DecodingContext
    ) throws(ProtobufError) {
        self.init(kind: kind, meta: ObjectMeta(name: ""))
        // The server fills in defaults; this one is for a spec that it did not see.
        if spec.replicas > 0 { replicas.desired = 1 }
        var rollout = RolloutState()
        while let field = try reader.nextField() {
            switch field {
            case 1: meta = try ObjectMeta(from: reader.message(), in: &context)
            case 2: try readSpec(reader.message(), spec, in: &context)
            case 3: try readStatus(reader.message(), status, &rollout, in: &context)
            default: break
            }
        }
        isRollingOut = rollout.isUnfinished(kind, generation: meta.generation, replicas)
    }

    private mutating func readSpec(
        _ reader: consuming ProtobufReader, _ fields: SpecFields, in context: inout DecodingContext
    ) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case fields.replicas: replicas.desired = try reader.int32()
            case fields.suspend: isSuspended = try reader.bool()
            case fields.template: templateLabels = try Self.templateLabels(reader.message(), in: &context)
            case fields.jobTemplate: try readJobTemplate(reader.message(), in: &context)
            default: break
            }
        }
    }

    /// `JobTemplateSpec`{1: metadata, 2: JobSpec{6: template}}.
    private mutating func readJobTemplate(
        _ reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        while let field = try reader.nextField() {
            guard field == 2 else { continue }
            var spec = try reader.message()
            while let inner = try spec.nextField() {
                guard inner == SpecFields.job.template else { continue }
                templateLabels = try Self.templateLabels(spec.message(), in: &context)
            }
        }
    }

    /// `PodTemplateSpec`{1: metadata}.
    private static func templateLabels(
        _ reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) -> LabelSet {
        while let field = try reader.nextField() {
            if field == 1 { return try ObjectMeta.labels(from: reader.message(), in: &context) }
        }
        return LabelSet()
    }

    private mutating func readStatus(
        _ reader: consuming ProtobufReader, _ fields: StatusFields, _ rollout: inout RolloutState,
        in context: inout DecodingContext
    ) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case fields.desired: replicas.desired = try reader.int32()
            case fields.ready: replicas.ready = try reader.int32()
            case fields.available: replicas.available = try reader.int32()
            case fields.updated: replicas.updated = try reader.int32()
            case fields.total: replicas.total = try reader.int32()
            case fields.observedGeneration: rollout.observedGeneration = try reader.int64()
            case fields.currentRevision: rollout.currentRevision = try reader.rawBytes()
            case fields.updateRevision: rollout.updateRevision = try reader.rawBytes()
            case fields.conditions:
                if let condition = try FailedCondition.read(from: reader.message(), in: &context) {
                    failedConditions.append(condition)
                }
            case fields.active: replicas.available += 1
            default: break
            }
        }
    }
}

/// What tells whether a rollout is finished, in place.
private struct RolloutState {
    /// Nil when the server does not say.
    var observedGeneration: Int64?
    var currentRevision = UnsafeRawBufferPointer(start: nil, count: 0)
    var updateRevision = UnsafeRawBufferPointer(start: nil, count: 0)

    /// As `kubectl rollout status` sees it, but for pods that are not available yet: those are told by the counts.
    func isUnfinished(_ kind: WorkloadKind, generation: Int64, _ replicas: ReplicaCounts) -> Bool {
        if let observedGeneration, observedGeneration < generation { return true }
        switch kind {
        case .deployment: return replicas.updated < replicas.desired || replicas.total > replicas.updated
        case .daemonSet: return replicas.updated < replicas.desired
        case .statefulSet: return !currentRevision.elementsEqual(updateRevision)
        case .replicaSet, .job, .cronJob, .declared: return false
        }
    }
}

extension FailedCondition {
    /// Reads `DeploymentCondition`{1: type, 2: status, 4: reason, 5: message}; nil unless it is false and says why.
    fileprivate static func read(
        from reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) -> FailedCondition? {
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        var (type, status, reason, message) = (empty, empty, empty, empty)
        while let field = try reader.nextField() {
            switch field {
            case 1: type = try reader.rawBytes()
            case 2: status = try reader.rawBytes()
            case 4: reason = try reader.rawBytes()
            case 5: message = try reader.rawBytes()
            default: break
            }
        }
        guard status.elementsEqual("False".utf8), !message.isEmpty else { return nil }
        return FailedCondition(
            type: context.string(type), reason: context.string(reason), message: boundedText(message))
    }
}
