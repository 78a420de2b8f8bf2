import Base
import Catalog
import TestSupport
import Testing

@Suite("field projection")
struct FieldProjectionTests {
    static let document: JSONObject = [
        "kind": "Component",
        "metadata": [
            "name": "shop", "tags": ["a"],
            "annotations": ["backstage.io/orphan": "true", "a": ["b": 1], "a.b": 2, "x.y": ["z.w": 3]],
        ],
        "spec": ["owner": nil],
    ]

    @Test(
        "a projection keeps what was asked for",
        arguments: [
            ("kind", #"{"kind":"Component"}"#),
            ("metadata.name,kind", #"{"metadata":{"name":"shop"},"kind":"Component"}"#),
            ("metadata.tags", #"{"metadata":{"tags":["a"]}}"#),
            (
                "metadata.annotations.backstage.io/orphan",
                #"{"metadata":{"annotations":{"backstage.io/orphan":"true"}}}"#
            ),
            // The shortest key wins.
            ("metadata.annotations.a.b", #"{"metadata":{"annotations":{"a":{"b":1}}}}"#),
            ("metadata.annotations.x.y.z.w", #"{"metadata":{"annotations":{"x.y":{"z.w":3}}}}"#),
            ("nowhere", "{}"), ("metadata.nowhere.x", "{}"), ("kind.below", "{}"), ("metadata.tags.0", "{}"),
            ("spec.owner", #"{"spec":{"owner":null}}"#),
            ("metadata.", "{}"), (".kind", "{}"), ("Kind", "{}"),
            ("kind,kind", #"{"kind":"Component"}"#),
            ("spec.owner,spec", #"{"spec":{"owner":null}}"#), ("spec,spec.owner", #"{"spec":{"owner":null}}"#),
        ])
    func fields(fields: String, expected: String) throws {
        let projection = try #require(try FieldProjection.parsing([fields]))
        #expect(JSONValue.object(projection.apply(to: Self.document)).text() == expected)
    }

    @Test("repeated parameters are merged, and blank ones mean the whole document")
    func parameters() throws {
        #expect(try FieldProjection.parsing(["a, b", "c"])?.fields == ["a", "b", "c"])
        #expect(try FieldProjection.parsing(["", " ,"]) == nil)
        #expect(try FieldProjection.parsing([]) == nil)
    }

    @Test("array fields are refused")
    func arrays() {
        let expected = CatalogInputError(.fields, "Invalid field \"a[0]\", array type fields are not supported")
        #expect(throws: expected) { try FieldProjection.parsing(["x,a[0]"]) }
    }

    @Test("projecting again changes nothing, and what is kept is as it was")
    func properties() throws {
        var random = SeededRandom(seed: 6)
        for _ in 0..<2_000 {
            let fields = (0..<3).map { _ in random.text(of: "abc..", lengths: 1...6) }
            guard let projection = try FieldProjection.parsing(fields) else { continue }
            let document = random.object(depth: 3)
            let once = projection.apply(to: document)
            #expect(contains(.object(document), .object(once)))
            #expect(projection.apply(to: once) == once)
        }
    }

    @Test("a hostile path takes no time")
    func hostile() throws {
        let path = String(repeating: "a.", count: 500_000)
        let projection = try #require(try FieldProjection.parsing([path]))
        #expect(projection.apply(to: Self.document).isEmpty)
    }

    private func contains(_ whole: JSONValue, _ part: JSONValue) -> Bool {
        guard let members = part.objectValue, whole.objectValue != nil else { return whole == part }
        return members.allSatisfy { key, value in whole[key].map { contains($0, value) } ?? false }
    }
}

extension SeededRandom {
    fileprivate mutating func object(depth: Int) -> JSONObject {
        var object = JSONObject()
        for _ in 0..<Int.random(in: 0...3, using: &self) {
            let isObject = depth > 0 && Bool.random(using: &self)
            object[text(of: "abc.", lengths: 1...3)] = isObject ? .object(self.object(depth: depth - 1)) : 1
        }
        return object
    }
}
