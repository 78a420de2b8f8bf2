import Base
import Testing

@testable import KubeClient

@Suite("Custom resources declared as workloads")
struct CustomWorkloadTests {
    private static let rollout: JSONObject = [
        "group": "argoproj.io", "version": "v1alpha1", "plural": "rollouts", "kind": "Rollout",
    ]

    private static func with(_ members: JSONObject) -> JSONValue {
        var object = rollout
        for (key, value) in members { object[key] = value }
        return .object(object)
    }

    private func decode(_ object: JSONValue, as workload: CustomWorkload = CustomWorkloadTests.workload()) throws
        -> WorkloadObject
    {
        var context = DecodingContext()
        let bytes = Array(object.text().utf8)
        return try bytes.withUnsafeBytes { raw in
            try JSONParser().read(raw) { try workload.resource.decode(.json($0), &context) }
        }
    }

    private static func workload() -> CustomWorkload {
        CustomWorkload(
            groupVersion: GroupVersion(group: "argoproj.io", version: "v1alpha1"), plural: "rollouts", kind: "Rollout")
    }

    @Test("a declaration needs group, version, plural and kind; paths are those of a Deployment unless given")
    func declaration() throws {
        let plain = try CustomWorkload(from: .object(Self.rollout), at: "x")
        #expect(plain == Self.workload())
        #expect(plain.isNamespaced && plain.paths.template == ["spec", "template"])
        let other = try CustomWorkload(
            from: Self.with([
                "namespaced": false, "paths": ["template": "spec.jobs.main.template", "replicas": "spec.size"],
            ]), at: "x")
        #expect(!other.isNamespaced)
        #expect(other.paths.template == ["spec", "jobs", "main", "template"])
        #expect(other.paths.replicas == ["spec", "size"])
        #expect(other.paths.readyReplicas == ["status", "readyReplicas"])
    }

    @Test(
        "what is wrong is told with its path and what was expected",
        arguments: [
            ("a list", "w[0]: expected an object with group, version, plural and kind but found \"a list\""),
            (with(["group": nil]), "w[0].group: expected an API group, such as argoproj.io but found nothing"),
            (
                with(["group": "Argo.io"]),
                "w[0].group: expected an API group, such as argoproj.io but found \"Argo.io\""
            ),
            (with(["version": 1]), "w[0].version: expected a version, such as v1alpha1 but found integer"),
            (
                with(["plural": "Rollouts"]),
                "w[0].plural: expected a lower-case plural, such as rollouts but found \"Rollouts\""
            ),
            (with(["kind": "rollout"]), "w[0].kind: expected a kind, such as Rollout but found \"rollout\""),
            (
                with(["group": "apps", "kind": "Deployment"]),
                "w[0].kind: Deployment of apps is built in and need not be declared"
            ),
            (with(["namespaced": "yes"]), "w[0].namespaced: expected true or false but found \"yes\""),
            (
                with(["paths": "spec"]),
                "w[0].paths: expected an object with selector, template, replicas, readyReplicas or workloadRef but found \"spec\""
            ),
            (
                with(["paths": ["template": "spec..template"]]),
                "w[0].paths.template: expected field names joined by points, such as spec.template but found \"spec..template\""
            ),
        ] as [(JSONValue, String)])
    func refused(declaration: JSONValue, message: String) throws {
        let error = #expect(throws: CustomWorkload.DeclarationError.self) {
            try CustomWorkload.list(from: [declaration], at: "w")
        }
        #expect(error?.description == message)
    }

    @Test("a kind is declared once")
    func twice() throws {
        let error = #expect(throws: CustomWorkload.DeclarationError.self) {
            try CustomWorkload.list(from: [.object(Self.rollout), Self.with(["version": "v1"])], at: "w")
        }
        #expect(error?.path == "w[1].kind")
        #expect(throws: CustomWorkload.DeclarationError.self) { try CustomWorkload.list(from: 5, at: "w") }
    }

    @Test("a kind that is called like one of Kubernetes' own has its group with it")
    func keyNames() throws {
        #expect(Self.workload().workloadKind.keyName == "Rollout")
        let kruise = try CustomWorkload(
            from: Self.with(["group": "apps.kruise.io", "plural": "statefulsets", "kind": "StatefulSet"]), at: "x")
        #expect(kruise.workloadKind.keyName == "StatefulSet.apps.kruise.io")
        #expect(WorkloadKind.statefulSet.keyName == "StatefulSet")
    }

    @Test("an Argo Rollout is read like a Deployment")
    func decoding() throws {
        let object = try decode([
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
            "metadata": [
                "name": "web", "namespace": "shop", "uid": .string(Samples.uid), "generation": 4,
                "labels": ["team": "a"], "creationTimestamp": "2026-01-01T00:00:00Z",
            ],
            "spec": ["replicas": 3, "template": ["metadata": ["labels": ["app": "web"]], "spec": ["containers": []]]],
            "status": [
                "readyReplicas": 2, "availableReplicas": 1, "updatedReplicas": 3, "replicas": 3,
                "observedGeneration": "4",
            ],
        ])
        #expect(object.kind == Self.workload().workloadKind)
        #expect(object.meta.key == ObjectKey(namespace: "shop", name: "web"))
        #expect(object.replicas == ReplicaCounts(desired: 3, ready: 2, available: 1, updated: 3, total: 3))
        #expect(object.templateLabels == ["app": "web"])
        #expect(!object.isRollingOut && object.templateSource == nil)
    }

    @Test(
        "it rolls out like a Deployment; the generation may be a text or a number",
        arguments: [
            (["observedGeneration": "3"], true), (["observedGeneration": 3], true),
            (["observedGeneration": "4"], false),
            (["observedGeneration": "hash"], false), (["updatedReplicas": 0], true), ([:], false),
        ] as [(JSONValue, Bool)])
    func rollingOut(status: JSONValue, isRollingOut: Bool) throws {
        let object = try decode(["metadata": ["name": "web", "generation": 4], "status": status])
        #expect(object.isRollingOut == isRollingOut)
    }

    @Test("without a template the selector's labels are those of the pods; a Deployment may give the template")
    func templates() throws {
        let object = try decode([
            "metadata": ["name": "web"],
            "spec": [
                "selector": ["matchLabels": ["app": "web"]],
                "workloadRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web-template"],
            ],
        ])
        #expect(object.templateLabels == ["app": "web"])
        #expect(object.templateSource == "web-template")
        #expect(object.replicas.desired == 1)
    }

    @Test("fields of other types than they should be count as absent")
    func oddFields() throws {
        let object = try decode([
            "metadata": ["name": "web"],
            "spec": ["replicas": "many", "template": 5, "selector": [], "workloadRef": "web"], "status": "fine",
        ])
        #expect(object.replicas == ReplicaCounts(desired: 1))
        #expect(object.templateLabels.isEmpty && object.templateSource == nil)
    }
}
