internal import Base

extension CustomWorkload {
    /// How its objects are listed, watched and read.
    package var resource: Resource<WorkloadObject> {
        let (kind, paths) = (workloadKind, paths)
        return .custom(
            kind: self.kind, plural: plural, groupVersion: groupVersion, isNamespaced: isNamespaced,
            fields: paths.read
        ) { json, context in
            try WorkloadObject(kind, from: json, paths, in: &context)
        }
    }
}

extension CustomWorkload.Paths {
    private static let metadata = ["metadata", "labels"]

    fileprivate var read: [[String]] {
        [selector, template + Self.metadata, replicas, readyReplicas, workloadRef] + Self.status
    }

    /// What every kind that follows the conventions of a Deployment has.
    private static let status = ["availableReplicas", "updatedReplicas", "replicas", "observedGeneration"].map {
        ["status", $0]
    }
}

extension WorkloadObject {
    /// What is missing, or of another type than it should be, counts as absent.
    fileprivate init(
        _ kind: WorkloadKind, from json: JSONValue, _ paths: CustomWorkload.Paths, in context: inout DecodingContext
    ) throws {
        self.init(kind: kind, meta: try ObjectMeta(from: json, in: &context))
        let status = json["status"]
        replicas = ReplicaCounts(
            desired: json.count(at: paths.replicas) ?? 1, ready: json.count(at: paths.readyReplicas) ?? 0,
            available: status?.count(at: ["availableReplicas"]) ?? 0,
            updated: status?.count(at: ["updatedReplicas"]) ?? 0, total: status?.count(at: ["replicas"]) ?? 0)
        let template = json.value(at: paths.template + ["metadata", "labels"])
        let selector = json.value(at: paths.selector + ["matchLabels"])
        templateLabels = ObjectMeta.labels(from: template ?? selector, in: &context)
        if let reference = json.value(at: paths.workloadRef), reference["kind"]?.stringValue == "Deployment" {
            templateSource = reference["name"]?.stringValue
        }
        isRollingOut = Self.isRollingOut(status, generation: meta.generation, replicas)
    }

    /// Kinds that count the updated replicas are asked like a Deployment. Argo writes the generation as a text.
    private static func isRollingOut(_ status: JSONValue?, generation: Int64, _ replicas: ReplicaCounts) -> Bool {
        let observed = status?["observedGeneration"]
        if let observed = observed?.intValue ?? observed?.stringValue.flatMap({ Int64($0) }), observed < generation {
            return true
        }
        guard status?["updatedReplicas"] != nil else { return false }
        return replicas.updated < replicas.desired || replicas.total > replicas.updated
    }
}

extension JSONValue {
    fileprivate func value(at path: [String]) -> JSONValue? {
        path.reduce(self) { value, name in value?[name] }
    }

    fileprivate func count(at path: [String]) -> Int32? {
        value(at: path)?.intValue.map { Int32(clamping: $0) }
    }
}
