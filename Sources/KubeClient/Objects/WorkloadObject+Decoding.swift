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
        Resource(kind: kind.rawValue, plural: plural, versions: versions) { reader, context throws(ProtobufError) in
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
    /// A repeated field whose entries are counted as available.
    var active = 0

    static let deployment = StatusFields(ready: 7, available: 4, updated: 3)
    static let statefulSet = StatusFields(ready: 3, available: 11, updated: 5)
    static let daemonSet = StatusFields(desired: 3, ready: 4, available: 7, updated: 6)
    static let replicaSet = StatusFields(ready: 4, available: 5)
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
        while let field = try reader.nextField() {
            switch field {
            case 1: meta = try ObjectMeta(from: reader.message(), in: &context)
            case 2: try readSpec(reader.message(), spec, in: &context)
            case 3: try readStatus(reader.message(), status)
            default: break
            }
        }
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
        _ reader: consuming ProtobufReader, _ fields: StatusFields
    ) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case fields.desired: replicas.desired = try reader.int32()
            case fields.ready: replicas.ready = try reader.int32()
            case fields.available: replicas.available = try reader.int32()
            case fields.updated: replicas.updated = try reader.int32()
            case fields.active: replicas.available += 1
            default: break
            }
        }
    }
}
