import Base
import Testing

@testable import Catalog

private let prefix = "terasky.backstage.io/"

/// A Deployment `shop/checkout` of the cluster `east` with annotations; those without a `/` are ours.
private func workload(
    _ annotations: [String: String] = [:], name: String = "checkout", namespace: String = "shop",
    cluster: String = "east",
    type: IngestedType = IngestedType.standard[0], kind: String = "Deployment", selector: String? = "app=checkout"
) -> IngestedWorkload {
    let named = annotations.map { ($0.key.contains("/") ? $0.key : prefix + $0.key, $0.value) }
    return IngestedWorkload(
        cluster: cluster, namespace: namespace, name: name, uid: "0b5c", kind: kind, type: type,
        annotations: Dictionary(uniqueKeysWithValues: named), selector: selector)
}

private func settings(_ change: (inout IngestionSettings) -> Void = { _ in }) -> WorkloadMapping {
    var settings = IngestionSettings()
    change(&settings)
    return WorkloadMapping(settings)
}

extension WorkloadMapping {
    /// The workload's own entity, which must be valid.
    fileprivate func entity(_ workload: IngestedWorkload, namespace: [String: String] = [:]) throws -> Entity {
        let definitions = entities(of: workload, namespace: namespace).definitions
        return try EntityValidator.entity(from: .object(try #require(definitions.first)))
    }
}

@Suite("Entities made of workloads")
struct WorkloadMappingTests {
    @Test("a Deployment without an annotation becomes a Component that is joined with it alone")
    func plain() throws {
        let entity = try settings().entity(workload())
        #expect(entity.ref.canonical == "component:default/checkout")
        #expect(entity.spec["type"] == "service" && entity.spec["lifecycle"] == "production")
        #expect(entity.spec["owner"] == "default/kubernetes-auto-ingested" && entity.spec["system"] == "default/shop")
        #expect(entity.metadata["tags"] == ["cluster:east", "kind:deployment"])
        #expect(
            entity.annotations == [
                "backstage.io/kubernetes-label-selector": "app=checkout", "backstage.io/kubernetes-namespace": "shop",
                "backstage.io/kubernetes-cluster": "east", prefix + "kubernetes-resource-kind": "Deployment",
                prefix + "kubernetes-resource-name": "checkout", prefix + "kubernetes-resource-namespace": "shop",
                prefix + "kubernetes-resource-api-version": "apps/v1",
                prefix + "custom-workload-uri": "/apis/apps/v1/namespaces/shop/deployments/checkout",
            ])
    }

    @Test("each annotation has its place in the entity")
    func annotated() throws {
        let entity = try settings().entity(
            workload([
                "name": "pay", "title": "Pay", "description": "Takes money", "owner": "payments", "system": "money",
                "backstage-namespace": "team", "component-type": "website", "lifecycle": "experimental",
                "dependsOn": "resource:default/db, component:default/bus\nresource:default/cache",
                "providesApis": "a,b",
                "consumesApis": "c", "subcomponent-of": "shop",
                "backstage-tags": "Tier:Front End,x:,lang:c++,tier:back",
                "links": #"[{"url":"https://a.example","title":"A","icon":"web","type":"doc","other":1}]"#,
                "source-code-repo-url": "https://github.com/acme/pay", "techdocs-path": "docs", "source-branch": "dev",
                "argocd.argoproj.io/tracking-id": "pay-app:apps/Deployment:shop/checkout",
            ]))
        #expect(entity.ref.canonical == "component:team/pay")
        #expect(entity.metadata["title"] == "Pay" && entity.metadata["description"] == "Takes money")
        #expect(entity.spec["owner"] == "default/payments" && entity.spec["system"] == "money")
        #expect(entity.spec["type"] == "website" && entity.spec["lifecycle"] == "experimental")
        #expect(
            entity.spec["dependsOn"] == ["resource:default/db", "component:default/bus", "resource:default/cache"])
        #expect(entity.spec["providesApis"] == ["a", "b"] && entity.spec["consumesApis"] == ["c"])
        #expect(entity.spec["subcomponentOf"] == "shop")
        #expect(entity.metadata["tags"] == ["cluster:east", "kind:deployment", "lang:c++", "tier:back"])
        #expect(
            entity.metadata["links"] == [
                ["url": "https://a.example", "title": "A", "icon": "web", "type": "doc"]
            ])
        #expect(entity.annotations["backstage.io/source-location"] == "url:https://github.com/acme/pay")
        #expect(entity.annotations["backstage.io/techdocs-ref"] == "url:https://github.com/acme/pay/blob/dev/docs")
        #expect(entity.annotations["argocd/app-name"] == "pay-app")
    }

    @Test(
        "the owner is the workload's, else its Namespace's where that counts, else the default",
        arguments: [
            (own: "a", inherits: true, namespace: "shop", expected: "default/a"),
            (own: "group:x/a", inherits: true, namespace: "shop", expected: "group:x/a"),
            (own: "x/a", inherits: true, namespace: "shop", expected: "x/a"),
            (own: "", inherits: true, namespace: "shop", expected: "default/b"),
            (own: "", inherits: false, namespace: "shop", expected: "default/kubernetes-auto-ingested"),
            // What lies in no namespace inherits none, not that of the namespace default (I22).
            (own: "", inherits: true, namespace: "", expected: "default/kubernetes-auto-ingested"),
        ])
    func owner(own: String, inherits: Bool, namespace: String, expected: String) throws {
        let mapping = settings { $0.inheritsOwner = inherits }
        let entity = try mapping.entity(
            workload(["owner": own], namespace: namespace), namespace: [prefix + "owner": "b"])
        #expect(entity.spec["owner"]?.stringValue == expected)
    }

    @Test("names, titles and namespaces follow their models")
    func models() throws {
        let names: [MappingModels.Name: String] = [
            .name: "checkout", .uid: "0b5c", .nameKind: "checkout-deployment", .nameCluster: "checkout-east",
            .nameNamespace: "checkout-shop",
        ]
        for model in MappingModels.Name.allCases {
            #expect(try settings { $0.models.name = model }.entity(workload()).name == names[model])
        }
        let titles: [MappingModels.Title: String] = [
            .name: "checkout", .nameCluster: "checkout-east", .nameNamespace: "checkout-shop",
        ]
        for model in MappingModels.Title.allCases {
            let entity = try settings { $0.models.title = model }.entity(workload())
            #expect(entity.metadata["title"]?.stringValue == titles[model])
        }
        let namespaces: [MappingModels.Namespace: String] = [.default: "default", .namespace: "shop", .cluster: "east"]
        for model in MappingModels.Namespace.allCases {
            #expect(try settings { $0.models.namespace = model }.entity(workload()).namespace == namespaces[model])
        }
    }

    @Test(
        "the System follows its model, and is where spec.system says",
        arguments: [
            (MappingModels.System.namespace, "shop", "default/shop"), (.cluster, "shop", "default/east"),
            (.clusterNamespace, "shop", "default/east-shop"), (.none, "shop", nil), (.namespace, "", "default/default"),
            (.clusterNamespace, "", "default/east"),
        ] as [(MappingModels.System, String, String?)])
    func system(model: MappingModels.System, namespace: String, expected: String?) throws {
        let mapping = settings { $0.models.system = model }
        let workload = workload(namespace: namespace)
        #expect(try mapping.entity(workload).spec["system"]?.stringValue == expected)
        #expect(mapping.system(of: workload).map { "\($0.namespace)/\($0.name)" } == expected)
    }

    @Test("with references in the entity's namespace, a moved entity's System moves with it (I9)")
    func movedSystem() throws {
        let moved = workload(["backstage-namespace": "team"])
        for (references, expected) in [(MappingModels.References.same, "team/shop"), (.default, "default/shop")] {
            let mapping = settings { $0.models.references = references }
            #expect(try mapping.entity(moved).spec["system"]?.stringValue == expected)
            #expect(mapping.system(of: moved).map { "\($0.namespace)/\($0.name)" } == expected)
        }
    }

    @Test("a System that an annotation names is nobody's to make")
    func namedSystem() {
        #expect(settings().system(of: workload(["system": "money"])) == nil)
    }

    @Test("a System says what Namespaces say, and nothing of a workload (I8)")
    func systemDefinition() throws {
        let system = IngestedSystem(namespace: "default", name: "shop")
        let said = [prefix + "owner": "payments", prefix + "domain": "retail", prefix + "system-type": "product"]
        let definition = settings().definition(of: system, namespaces: [[:], said, [prefix + "owner": "other"]])
        #expect(definition["spec"] == ["owner": "default/payments", "type": "product", "domain": "retail"])
        let plain = settings().definition(of: system, namespaces: [])
        #expect(plain["spec"] == ["owner": "default/kubernetes-auto-ingested", "type": "kubernetes-namespace"])
        #expect(plain["metadata"] == ["name": "shop", "namespace": "default"])
        #expect(IngestedSystem(location: system.location) == system)
        #expect(throws: Never.self) { try EntityValidator.entity(from: .object(definition)) }
    }

    @Test("Resources have no lifecycle and no APIs; the type decides before the setting")
    func resources() throws {
        let annotations = ["providesApis": "a", "provides-api-from-def": "https://a.example/api.yaml"]
        let byType = IngestedType(
            group: "x.io", version: "v1", plural: "dbs", defaultType: "database", isResource: true)
        let entity = try settings().entity(workload(annotations, type: byType, kind: "DB"))
        #expect(entity.kind == "Resource" && entity.spec["type"] == "database")
        #expect(entity.spec["lifecycle"] == nil && entity.spec["providesApis"] == nil)
        #expect(settings().registration(of: workload(annotations, type: byType)) == nil)
        #expect(try settings { $0.ingestsAsResources = true }.entity(workload()).kind == "Resource")
    }

    @Test("an explicit selector or id counts instead of the derived one")
    func explicitSelector() throws {
        let name = "backstage.io/kubernetes-label-selector"
        #expect(try settings().entity(workload([name: "a=b"])).annotations[name] == "a=b")
        #expect(
            try settings().entity(workload([name: "a=b", "kubernetes-label-selector": "c=d"])).annotations[name]
                == "c=d")
        let identified = try settings().entity(workload(["backstage.io/kubernetes-id": "x"]))
        #expect(identified.annotations[name] == nil && identified.annotations["backstage.io/kubernetes-id"] == "x")
        #expect(try settings().entity(workload(selector: nil)).annotations[name] == nil)
    }

    @Test("nothing that is long, secret or another with each rollout is copied (I7)")
    func copied() throws {
        let entity = try settings().entity(
            workload([
                "kubectl.kubernetes.io/last-applied-configuration": "{}", "deployment.kubernetes.io/revision": "7",
                "github.com/project-slug": "acme/pay", "vault.example/password": "x", "grafana/api-token": "x",
                "backstage.io/managed-by-location": "file:/x", "owner": "payments",
            ]))
        #expect(entity.annotations["github.com/project-slug"] == "acme/pay")
        for name in [
            "kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision",
            "vault.example/password", "grafana/api-token", "backstage.io/managed-by-location", prefix + "owner",
        ] {
            #expect(entity.annotations[name] == nil)
        }
    }

    @Test("what lies in no namespace says no namespace, and the core's path is that of the core")
    func clusterScoped() throws {
        let type = IngestedType(version: "v1", plural: "nodes")
        let entity = try settings().entity(workload(namespace: "", type: type, kind: "Node"))
        #expect(entity.annotations[prefix + "custom-workload-uri"] == "/api/v1/nodes/checkout")
        #expect(entity.annotations[prefix + "kubernetes-resource-namespace"] == nil)
        #expect(entity.annotations["backstage.io/kubernetes-namespace"] == nil)
    }

    @Test("a cluster with another name elsewhere is joined under both names and tagged with their common part")
    func clusterNames() throws {
        let mapping = settings { $0.clusterNames = .prefixes(source: "sa-", target: "oidc-") }
        let entity = try mapping.entity(workload(cluster: "sa-one"))
        #expect(entity.annotations["backstage.io/kubernetes-cluster"] == "sa-one,oidc-one")
        #expect(entity.metadata["tags"] == ["cluster:one", "kind:deployment"])
    }
}

@Suite("Annotations of workloads that are lists")
struct AnnotationListTests {
    @Test(
        "component-annotations can hold a selector of two terms (I17)",
        arguments: [
            "backstage.io/kubernetes-label-selector=a=b,c=d\nexample.com/x=1",
            #"{"backstage.io/kubernetes-label-selector": "a=b,c=d", "example.com/x": "1"}"#,
        ])
    func twoTerms(text: String) throws {
        let entity = try settings().entity(workload(["component-annotations": text]))
        #expect(entity.annotations["backstage.io/kubernetes-label-selector"] == "a=b,c=d")
        #expect(entity.annotations["example.com/x"] == "1")
    }

    @Test("between commas they are split at the first =, and what is no pair belongs to the one before")
    func commas() throws {
        let entity = try settings().entity(
            workload(["component-annotations": "example.com/a=1=2, example.com/b=x in (y,z)"]))
        #expect(entity.annotations["example.com/a"] == "1=2" && entity.annotations["example.com/b"] == "x in (y,z)")
    }

    @Test(
        "what cannot be used is told and left out",
        arguments: [
            ("component-annotations", "no pair"), ("component-annotations", "a b=c"),
            ("component-annotations", "backstage.io/managed-by-location=file:/x"), ("component-annotations", "{"),
            ("links", "no JSON"), ("links", #"[{"title": "x"}]"#), ("links", #"[{"url": "javascript:alert(1)"}]"#),
        ])
    func problems(name: String, text: String) throws {
        let result = settings().entities(of: workload([name: text]))
        let problem = try #require(result.problems.first)
        #expect(problem.ref == nil && problem.message.contains(prefix + name))
        #expect(result.definitions.first?["metadata"]?["links"] == nil)
        #expect(throws: Never.self) { try EntityValidator.entity(from: .object(result.definitions[0])) }
    }
}

@Suite("APIs that workloads register")
struct APIRegistrationTests {
    @Test("of several annotations the first counts")
    func precedence() {
        let all = ["provides-api-from-url": "https://b.example", "provides-api-from-def": "https://a.example"]
        #expect(settings().registration(of: workload(all)) == .url("https://a.example"))
        #expect(settings().registration(of: workload()) == nil)
    }

    @Test("the API stands beside the Component, which provides it")
    func api() throws {
        let result = settings().entities(
            of: workload(["backstage-namespace": "team"]), api: .url("https://a.example/x"))
        #expect(result.definitions.count == 2)
        let api = result.definitions[1]
        #expect(
            api["kind"] == "API" && api["metadata"]?["name"] == "checkout" && api["metadata"]?["namespace"] == "team")
        #expect(
            api["spec"]?["definition"] == ["$text": "https://a.example/x"] && api["spec"]?["system"] == "default/shop")
        #expect(result.definitions[0]["spec"]?["providesApis"] == ["team/checkout"])
    }

    @Test("what is fetched of a host that is allowed leads there; what code hosts have and plain definitions do not")
    func served() throws {
        let mapping = settings { $0.apiHosts = AllowedHosts(["a.example"]) ?? AllowedHosts() }
        for (name, url, expected) in [
            ("provides-api-from-url", "https://a.example/x", APIRegistration.served("https://a.example/x")),
            ("provides-api-from-url", "https://github.com/x", .url("https://github.com/x")),
            ("provides-api-from-def", "https://a.example/x", .url("https://a.example/x")),
        ] {
            #expect(mapping.registration(of: workload([name: url])) == expected)
        }
        let result = mapping.entities(of: workload(), api: .served("https://a.example/x"))
        #expect(result.definitions.last?["spec"]?["definition"] == ["$servedText": "https://a.example/x"])
    }

    @Test("one that cannot be had is told, and the Component is there all the same")
    func failed() {
        let result = settings().entities(of: workload(), api: .failed("no"))
        #expect(result.definitions.count == 1 && result.definitions[0]["spec"]?["providesApis"] == ["checkout"])
        #expect(
            result.problems == [
                IngestionProblem(ref: EntityRef(kind: "api", namespace: "default", name: "checkout"), "no")
            ])
    }

    private static let good =
        #""kind":"Service","name":"api","apiVersion":"v1","path":"doc","target-protocol":"http","target-port":8080,"#

    @Test("a reference says where the host stands")
    func reference() throws {
        let text = "{\(Self.good)\"target-field\":\"status.loadBalancer.ingress[1].hostname\"}"
        guard
            case .reference(let reference) = settings().registration(
                of: workload(["provides-api-from-resource-ref": text]))
        else {
            Issue.record("no reference")
            return
        }
        #expect(reference.port == 8080 && reference.path == "/doc" && reference.scheme == "http")
        let object: JSONValue = ["status": ["loadBalancer": ["ingress": [[:], ["hostname": "h"]]]]]
        #expect(reference.value(in: object) == "h" && reference.value(in: [:]) == nil)
    }

    @Test(
        "what a reference may not say is refused",
        arguments: [
            "x", "{}", "{\(good)\"target-field\":\"a\",\"namespace\":\"other\"}",
            "{\(good)\"target-field\":\"a\",\"kind\":\"Secret\"}", "{\(good)\"target-field\":\"a\",\"target-port\":0}",
            "{\(good)\"target-field\":\"a\",\"target-protocol\":\"file\"}",
        ])
    func refused(text: String) {
        guard
            case .invalid(let message) = settings().registration(of: workload(["provides-api-from-resource-ref": text]))
        else {
            Issue.record("accepted")
            return
        }
        #expect(message.contains("provides-api-from-resource-ref"))
    }

    @Test(
        "a definition that is no URL of the web is refused",
        arguments: ["/etc/passwd", "file:///etc/passwd", "./a.yaml", "https://bot:S3cret@h/openapi.json"])
    func noURL(text: String) {
        for name in ["provides-api-from-def", "provides-api-from-url"] {
            guard case .invalid(let message) = settings().registration(of: workload([name: text])) else {
                Issue.record("accepted")
                continue
            }
            #expect(!message.contains("S3cret"))
        }
    }
}
