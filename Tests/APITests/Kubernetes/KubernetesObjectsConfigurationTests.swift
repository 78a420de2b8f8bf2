import API
import Base
import KubeClient
import Testing

@Suite("Configuration of cluster objects")
struct KubernetesObjectsConfigurationTests {
    @Test("without anything said there are thirteen types, the annotation's clusters, and the documented bounds")
    func defaults() throws {
        let configuration = try KubernetesObjectsConfiguration(kubernetes: nil)
        #expect(configuration.objectTypes.count == 13 && configuration.serviceLocator == .singleTenant)
        #expect(!configuration.objectTypes.contains { $0.name == "secrets" })
        #expect(configuration.deadline == .seconds(10) && configuration.cacheTime == .seconds(5))
        #expect(configuration.answerBytes == 16 << 20 && configuration.cacheBytes == 16 << 20)
        #expect(configuration.inFlightBytes == 64 << 20)
    }

    @Test("everything that can be said is taken over")
    func everything() throws {
        let configuration = try KubernetesObjectsConfiguration(
            kubernetes: [
                "serviceLocatorMethod": ["type": "catalogRelation"], "objectTypes": ["cronjobs", "pods"],
                "apiVersionOverrides": ["cronjobs": "v1beta1", "ingresses": "v1beta1"],
                "customResources": [
                    ["group": "argoproj.io", "apiVersion": "v1alpha1", "plural": "rollouts"],
                    ["group": "argoproj.io", "apiVersion": "v1alpha1", "plural": "rollouts"],
                    ["group": "", "apiVersion": "v1", "plural": "persistentvolumeclaims"],
                ],
            ],
            bounds: [
                "deadline": 3, "cacheTime": "0", "cacheMegabytes": 0, "answerMegabytes": 1, "answerObjects": 7,
                "concurrency": 2, "inFlightMegabytes": "3",
            ])
        #expect(configuration.serviceLocator == .catalogRelation)
        #expect(configuration.objectTypes.map(\.name) == ["pods", "cronjobs"])
        #expect(configuration.objectTypes.last?.versions == [GroupVersion(group: "batch", version: "v1beta1")])
        #expect(configuration.customResources.map(\.plural) == ["rollouts", "persistentvolumeclaims"])
        #expect(configuration.deadline == .seconds(3) && configuration.cacheTime == .zero)
        #expect(configuration.cacheBytes == 0 && configuration.answerBytes == 1 << 20)
        #expect(configuration.answerObjects == 7 && configuration.concurrency == 2)
        #expect(configuration.inFlightBytes == 3 << 20)
    }

    @Test(
        "a wrong value is refused with its path and what was expected",
        arguments: [
            (
                ["serviceLocatorMethod": ["type": "http"]],
                "kubernetes.serviceLocatorMethod.type: "
                    + "expected one of multiTenant, singleTenant, catalogRelation, found \"http\""
            ),
            (["objectTypes": "pods"], "kubernetes.objectTypes: expected a list, found string"),
            (["objectTypes": ["pods", "secrets"]], "kubernetes.objectTypes[1]: secrets are never fetched"),
            (["objectTypes": ["nodes"]], "kubernetes.objectTypes[0]: expected one of pods, services,"),
            (["objectTypes": [1]], "kubernetes.objectTypes[0]: expected one of pods, services,"),
            (["apiVersionOverrides": ["secrets": "v1"]], "kubernetes.apiVersionOverrides.secrets: unknown object type"),
            (
                ["apiVersionOverrides": ["jobs": "batch/v1"]],
                "kubernetes.apiVersionOverrides.jobs: expected a version such as v1beta1, found \"batch/v1\""
            ),
            (["apiVersionOverrides": []], "kubernetes.apiVersionOverrides: expected an object, found array"),
            (["customResources": [1]], "kubernetes.customResources[0]: expected an object, found integer"),
            (
                ["customResources": [["group": "a.b", "apiVersion": "v1"]]],
                "kubernetes.customResources[0].plural: is missing; expected a plural such as rollouts"
            ),
            (
                ["customResources": [["group": "", "apiVersion": "v1", "plural": "secrets"]]],
                "kubernetes.customResources[0].plural: secrets are never fetched"
            ),
            (
                ["customResources": [["group": "", "apiVersion": "v1", "plural": "pods/../secrets"]]],
                "kubernetes.customResources[0].plural: expected a plural such as rollouts, found \"pods/../secrets\""
            ),
            (
                ["customResources": [["group": "a..b", "apiVersion": "v1", "plural": "c"]]],
                "kubernetes.customResources[0].group: expected a group such as argoproj.io, found \"a..b\""
            ),
        ] as [(JSONValue, String)])
    func refusals(section: JSONValue, message: String) {
        let error = #expect(throws: KubernetesObjectsConfigurationError.self) {
            try KubernetesObjectsConfiguration(kubernetes: section)
        }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test(
        "a bound outside its range is refused",
        arguments: [
            ("deadline", 0), ("deadline", 51), ("cacheTime", -1), ("cacheMegabytes", 5000), ("answerMegabytes", 0),
            ("answerObjects", "many"), ("concurrency", true), ("inFlightMegabytes", 0), ("inFlightMegabytes", 4097),
        ] as [(String, JSONValue)])
    func bounds(key: String, value: JSONValue) {
        let error = #expect(throws: KubernetesObjectsConfigurationError.self) {
            try KubernetesObjectsConfiguration(kubernetes: nil, bounds: .object([key: value]))
        }
        #expect(error?.path == "callboard.kubernetes.objects.\(key)")
    }
}
