import Base
import Catalog
import Testing

@Suite("Where fields come from")
struct EntityOriginsTests {
    @Test(
        "what the author wrote is theirs, what the catalog adds is its own",
        arguments: [
            ("file:/x", EntityOrigins.Layer.definition), ("canonical:main", .canonical),
        ])
    func fields(location: String, layer: EntityOrigins.Layer) throws {
        let definition: JSONObject = [
            "kind": "System", "metadata": ["name": "a", "annotations": ["x/y": "1"], "tags": ["t"]],
            "spec": ["owner": "o", "empty": [:]],
        ]
        let entity = try #require(Entity(validated: definition))
        let document = FinalDocument(of: entity, uid: "u", location: location, origin: location, relations: [])
        let origins = EntityOrigins(of: document.json, definition: definition, location: location)
        let expected: [(String, EntityOrigins.Layer)] = [
            ("/kind", layer), ("/metadata/name", layer), ("/metadata/annotations/x~1y", layer),
            ("/metadata/annotations/backstage.io~1managed-by-location", .callboard),
            ("/metadata/annotations/backstage.io~1managed-by-origin-location", .callboard), ("/metadata/tags", layer),
            ("/metadata/uid", .callboard), ("/metadata/etag", .callboard), ("/spec/owner", layer),
            ("/spec/empty", layer),
            ("/relations", .callboard),
        ]
        #expect(origins.fields.map { "\($0.pointer) \($0.layer)" } == expected.map { "\($0.0) \($0.1)" })
    }

    @Test("what the catalog changed of a field is the catalog's")
    func changed() throws {
        let definition: JSONObject = ["kind": "System", "metadata": ["name": "a"], "status": ["items": [1]]]
        var document = definition
        document["status"] = ["items": [1, 2]]
        let origins = EntityOrigins(of: document, definition: definition, location: "file:/x")
        let last = origins.fields.last
        #expect(last?.pointer == "/status/items" && last?.layer == .callboard)
    }
}
