import Base
import Catalog
import Testing

@Suite("relations")
struct RelationsTests {
    private func relations(_ document: JSONValue) throws -> [String] {
        let relations = Relations(of: try EntityValidator.entity(from: document))
        #expect(relations.problems.isEmpty)
        return relations.emitted.map { "\($0.source) \($0.type) \($0.target)" }
    }

    /// kind, field, value, what the entity itself gets, what the other end gets
    static let table: [(kind: String, field: String, value: JSONValue, own: String, inverse: String, target: String)] =
        [
            ("Component", "owner", "t", "ownedBy", "ownerOf", "group:ops/t"),
            ("API", "owner", "t", "ownedBy", "ownerOf", "group:ops/t"),
            ("Resource", "owner", "user:x/T", "ownedBy", "ownerOf", "user:x/t"),
            ("System", "owner", "t", "ownedBy", "ownerOf", "group:ops/t"),
            ("Domain", "owner", "t", "ownedBy", "ownerOf", "group:ops/t"),
            ("Component", "subcomponentOf", "t", "partOf", "hasPart", "component:ops/t"),
            ("Component", "providesApis", ["t"], "providesApi", "apiProvidedBy", "api:ops/t"),
            ("Component", "consumesApis", ["t"], "consumesApi", "apiConsumedBy", "api:ops/t"),
            ("Component", "dependsOn", ["resource:t"], "dependsOn", "dependencyOf", "resource:ops/t"),
            ("Component", "dependencyOf", ["component:t"], "dependencyOf", "dependsOn", "component:ops/t"),
            ("Component", "dependencyOf", "component:t", "dependencyOf", "dependsOn", "component:ops/t"),
            ("Resource", "dependsOn", ["resource:t"], "dependsOn", "dependencyOf", "resource:ops/t"),
            ("Resource", "dependencyOf", ["component:t"], "dependencyOf", "dependsOn", "component:ops/t"),
            ("Component", "system", "t", "partOf", "hasPart", "system:ops/t"),
            ("API", "system", "t", "partOf", "hasPart", "system:ops/t"),
            ("Resource", "system", "t", "partOf", "hasPart", "system:ops/t"),
            ("System", "domain", "t", "partOf", "hasPart", "domain:ops/t"),
            ("Domain", "subdomainOf", "t", "partOf", "hasPart", "domain:ops/t"),
            ("User", "memberOf", ["t"], "memberOf", "hasMember", "group:ops/t"),
            ("Group", "parent", "t", "childOf", "parentOf", "group:ops/t"),
            ("Group", "children", ["t"], "parentOf", "childOf", "group:ops/t"),
            ("Group", "members", ["t"], "hasMember", "memberOf", "user:ops/t"),
        ]

    @Test("each reference makes a pair, in the entity's own namespace", arguments: table)
    func pair(kind: String, field: String, value: JSONValue, own: String, inverse: String, target: String) throws {
        let spec = EntityKindTests.minimal.first { $0.kind == kind }?.spec ?? [:]
        let document = document(kind: kind, name: "Me", spec: spec) { metadata, spec in
            metadata["namespace"] = "ops"
            spec[field] = value
        }
        let found = try relations(document)
        let me = "\(kind.lowercased()):ops/me"
        #expect(found.contains("\(me) \(own) \(target)"))
        #expect(found.contains("\(target) \(inverse) \(me)"))
        #expect(found.count.isMultiple(of: 2))
    }

    @Test("a location relates to nothing by itself")
    func location() throws {
        #expect(try relations(document(kind: "Location", spec: ["target": "a", "targets": ["b"]])) == [])
    }

    @Test("repeated refs make one relation, and the list is sorted")
    func sorted() throws {
        let document = component { _, spec in
            spec["dependsOn"] = ["resource:b", "Resource:default/B", "resource:a"]
        }
        #expect(
            try relations(document) == [
                "component:default/shop dependsOn resource:default/a",
                "component:default/shop dependsOn resource:default/b",
                "component:default/shop ownedBy group:default/team-a",
                "group:default/team-a ownerOf component:default/shop",
                "resource:default/a dependencyOf component:default/shop",
                "resource:default/b dependencyOf component:default/shop",
            ])
    }

    @Test("refs that cannot be read are problems of the document, each at its place")
    func badRefs() {
        let document = component { _, spec in
            spec["owner"] = "group:"
            spec["dependsOn"] = ["resource:ok", "no-kind"]
        }
        #expect(
            problems(document) == [
                "Entity reference \"group:\" was not on the form [<kind>:][<namespace>/]<name>",
                "Entity reference \"no-kind\" had missing or empty kind (e.g. did not start with \"component:\" or similar)",
            ])
    }

    @Test("bad refs of an entity that was stored before do not hide its good ones")
    func storedBadRefs() throws {
        let stored = component { _, spec in spec["dependsOn"] = ["no-kind", "resource:a"] }
        let entity = try #require(Entity(validated: stored.objectValue ?? [:]))
        let relations = Relations(of: entity)
        #expect(relations.problems.map(\.code) == [.reference])
        #expect(relations.emitted.count == 4)
    }
}

@Suite("workload annotations")
struct WorkloadSelectorAnnotationsTests {
    private func read(_ annotations: JSONObject) throws -> WorkloadSelectorAnnotations {
        WorkloadSelectorAnnotations(
            try EntityValidator.entity(
                from: component { metadata, _ in metadata["annotations"] = .object(annotations) }))
    }

    @Test("the four annotations are read")
    func all() throws {
        let read = try read([
            "backstage.io/kubernetes-label-selector": "app=shop,tier in (a, b)", "backstage.io/kubernetes-id": "Shop",
            "backstage.io/kubernetes-namespace": "prod, staging,", "backstage.io/kubernetes-cluster": "eu-1",
        ])
        #expect(read.labelSelector == "app=shop,tier in (a, b)")
        #expect(read.kubernetesID == "Shop")
        #expect(read.namespaces == ["prod", "staging"])
        #expect(read.clusters == ["eu-1"])
        #expect(!read.isEmpty)
    }

    @Test("blank ones count as absent")
    func blank() throws {
        let read = try read([
            "backstage.io/kubernetes-label-selector": " \n", "backstage.io/kubernetes-id": "",
            "backstage.io/kubernetes-namespace": " , ", "backstage.io/kubernetes-cluster": "",
        ])
        #expect(read.isEmpty && read.namespaces.isEmpty && read.clusters.isEmpty)
        #expect(try self.read([:]).isEmpty)
    }
}
