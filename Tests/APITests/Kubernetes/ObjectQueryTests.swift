import Actions
import Base
import HTTPClient
import KubeClient
import Testing

@testable import API

@Suite("Where an entity's objects are")
struct ObjectQueryTests {
    private func entity(_ annotations: JSONObject, namespace: String? = nil, relations: [JSONValue] = []) -> JSONValue {
        var metadata: JSONObject = ["name": "Shop", "annotations": .object(annotations)]
        metadata["namespace"] = namespace.map(JSONValue.string)
        return ["metadata": .object(metadata), "relations": .array(relations)]
    }

    @Test(
        "the selector is the annotation as written, else the id, else the name",
        arguments: [
            ([:], "backstage.io/kubernetes-id=Shop"),
            (["backstage.io/kubernetes-id": "web"], "backstage.io/kubernetes-id=web"),
            (["backstage.io/kubernetes-id": ""], "backstage.io/kubernetes-id=Shop"),
            (["backstage.io/kubernetes-label-selector": ""], "backstage.io/kubernetes-id=Shop"),
            (["backstage.io/kubernetes-label-selector": " a in (x, y),b!=c "], " a in (x, y),b!=c "),
            (
                ["backstage.io/kubernetes-label-selector": "app=shop", "backstage.io/kubernetes-id": "web"], "app=shop"
            ),
        ] as [(JSONObject, String)])
    func selectors(annotations: JSONObject, expected: String) throws {
        #expect(try ObjectQuery(entity: entity(annotations)).labelSelector == expected)
    }

    @Test(
        "what cannot be used is refused with its annotation",
        arguments: [
            (
                ["backstage.io/kubernetes-label-selector": "a in b"],
                "annotation backstage.io/kubernetes-label-selector matches no workload: "
                    + "label selector, column 6: found 'b', expected '('"
            ),
            (
                ["backstage.io/kubernetes-id": "not a value"],
                "annotation backstage.io/kubernetes-id matches no workload: found 'not a value', expected "
            ),
            (
                ["backstage.io/kubernetes-namespace": "a,../b"],
                "annotation backstage.io/kubernetes-namespace: expected names of namespaces, found \"../b\""
            ),
            (
                ["backstage.io/kubernetes-namespace": .string((0..<51).map { "n\($0)" }.joined(separator: ","))],
                "annotation backstage.io/kubernetes-namespace: expected at most 50 namespaces, found 51"
            ),
        ] as [(JSONObject, String)])
    func refusals(annotations: JSONObject, message: String) {
        let error = #expect(throws: ActionError.self) { try ObjectQuery(entity: entity(annotations)) }
        #expect(error?.kind == .input && error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    }

    @Test("a document without a name is none")
    func nameless() {
        for document in [[:], 1, ["metadata": ["name": ""]], ["metadata": ["name": 5]]] as [JSONValue] {
            #expect(throws: ActionError.self) { try ObjectQuery(entity: document) }
        }
    }

    @Test("namespaces are a comma list, each once")
    func namespaces() throws {
        let query = try ObjectQuery(entity: entity(["backstage.io/kubernetes-namespace": " b, a,,b "]))
        #expect(query.namespaces == ["b", "a"])
        #expect(try ObjectQuery(entity: entity(["backstage.io/kubernetes-namespace": " "])).namespaces == [])
    }

    @Test(
        "clusters are found as the service locator says",
        arguments: [
            (.multiTenant, "one", ["one", "Two", "three"]), (.singleTenant, nil, ["one", "Two", "three"]),
            (.singleTenant, "one", ["one"]), (.singleTenant, "three, Two,unknown", ["Two", "three"]),
            (.singleTenant, "unknown", []), (.catalogRelation, "one", ["Two"]),
        ] as [(KubernetesObjectsConfiguration.ServiceLocator, String?, [String])])
    func clusters(
        locator: KubernetesObjectsConfiguration.ServiceLocator, annotation: String?, expected: [String]
    ) throws {
        var annotations: JSONObject = [:]
        annotations["backstage.io/kubernetes-cluster"] = annotation.map(JSONValue.string)
        let query = try ObjectQuery(
            entity: entity(
                annotations, namespace: "payments",
                relations: [
                    ["type": "dependsOn", "targetRef": "resource:payments/two"],
                    ["type": "dependsOn", "targetRef": "resource:default/one"],
                    ["type": "ownedBy", "targetRef": "resource:payments/three"],
                ]))
        let entries = ["one", "Two", "three"].map(ScriptedCluster.unreachable)
        #expect(query.chosen(among: entries, by: locator).map(\.definition.name) == expected)
        let lonely = try ObjectQuery(entity: entity([:]))
        #expect(lonely.chosen(among: entries, by: .catalogRelation).isEmpty)
    }
}
