import Base
import Catalog
import Testing

@testable import Controller

@Suite("Configuration of entities made of workloads")
struct ConfigurationIngestionTests {
    @Test(
        "without the section, or when it is switched off, none are made",
        arguments: ["", "{enabled: false}", "{components: {enabled: false}}"])
    func off(section: String) throws {
        let text = section.isEmpty ? "app: {title: x}" : "kubernetesIngestor: \(section)"
        #expect(try configuration(text).ingestion.settings == nil)
    }

    @Test("an empty section means the defaults")
    func defaults() throws {
        let found = try configuration("kubernetesIngestor: {}")
        #expect(found.ingestion.settings == IngestionSettings())
        #expect(
            IngestionSettings().types.map(\.key) == [
                "deployments.apps", "statefulsets.apps", "daemonsets.apps", "cronjobs.batch",
            ])
    }

    @Test("what is set is read")
    func values() throws {
        let found = try configuration(
            """
            kubernetesIngestor:
              annotationPrefix: acme.example
              defaultOwner: nobody
              inheritOwnerFromNamespace: true
              argoIntegration: false
              allowedClusterNames: [east, west]
              clusterNameMapping: {mode: explicit, mappings: {east: prod-east}}
              mappings: {namespaceModel: Cluster, nameModel: name-kind, titleModel: name-cluster, systemModel: none,
                referencesNamespaceModel: same}
              apiFetch: {allowedHosts: ['*.example.com']}
              components:
                ingestAsResources: true
                onlyIngestAnnotatedResources: true
                excludedNamespaces: [kube-system]
                disableDefaultWorkloadTypes: true
                customWorkloadTypes:
                  - {group: argoproj.io, apiVersion: v1alpha1, plural: rollouts, defaultType: service, ingestAsResources: false}
                  - {apiVersion: v1, plural: services}
            """)
        let settings = try #require(found.ingestion.settings)
        #expect(settings.annotationPrefix == "acme.example" && settings.defaultOwner == "nobody")
        #expect(settings.inheritsOwner && !settings.integratesArgo && settings.allowedClusters == ["east", "west"])
        #expect(settings.clusterNames == .explicit(["east": "prod-east"]))
        #expect(settings.models.namespace == .cluster && settings.models.name == .nameKind)
        #expect(
            settings.models.title == .nameCluster && settings.models.system == .none
                && settings.models.references == .same)
        #expect(settings.apiHosts.allows(host: "a.example.com", port: 443))
        #expect(settings.ingestsAsResources && settings.onlyAnnotated && settings.excludedNamespaces == ["kube-system"])
        #expect(settings.types.map(\.key) == ["rollouts.argoproj.io", "services"])
        #expect(settings.types[0].defaultType == "service" && settings.types[0].isResource == false)
        #expect(found.warnings.filter { $0.contains("kubernetesIngestor") }.isEmpty)
    }

    @Test("keys without an effect, and unknown ones, are warned about")
    func warnings() throws {
        let found = try configuration(
            """
            kubernetesIngestor:
              allowAllClusters: true
              crossplane: {enabled: true, claims: {ingestAllClaims: true}}
              surprise: 1
              components:
                taskRunner: {frequency: 60}
                customWorkloadTypes: [{group: x.io, apiVersion: v1, plural: xs, singular: x}]
            """)
        for key in [
            "allowAllClusters", "crossplane", "components.taskRunner", "surprise",
            "components.customWorkloadTypes[0].singular",
        ] {
            #expect(found.warnings.contains { $0.contains("kubernetesIngestor.\(key) ") }, "\(key)")
        }
    }

    @Test(
        "what cannot be used is refused with its path",
        arguments: [
            ("annotationPrefix: 'a b'", "annotationPrefix"), ("mappings: {nameModel: best}", "mappings.nameModel"),
            ("clusterNameMapping: {mode: magic}", "clusterNameMapping.mode"),
            ("clusterNameMapping: {mode: prefix-replacement, sourcePrefix: a}", "clusterNameMapping.targetPrefix"),
            ("apiFetch: {allowedHosts: ['http://x']}", "apiFetch.allowedHosts"),
            (
                "components: {customWorkloadTypes: [{group: apps, apiVersion: v1, plural: deployments}]}",
                "customWorkloadTypes[0]"
            ),
            (
                "components: {customWorkloadTypes: [{group: 'A B', apiVersion: v1, plural: xs}]}",
                "customWorkloadTypes[0].group"
            ),
        ])
    func refused(text: String, path: String) {
        do {
            _ = try configuration("kubernetesIngestor:\n  \(text)\n")
            Issue.record("it was read")
        } catch let error as ConfigurationError {
            #expect(error.path.hasPrefix("kubernetesIngestor.") && error.path.hasSuffix(path))
        } catch {
            Issue.record("\(error)")
        }
    }
}
