import Base
import Catalog
import Testing

@Suite("search index")
struct SearchTokensTests {
    private func rows(_ document: JSONObject) -> [String] {
        SearchTokens.rows(of: document).map { "\($0.key)=\($0.value ?? "∅")|\($0.originalValue ?? "∅")" }
    }

    @Test("the walk over a document gives its rows in order")
    func golden() {
        let document: JSONObject = [
            "apiVersion": "V1", "kind": "Component",
            "metadata": [
                "name": "Shop", "namespace": "ops", "uid": "U", "etag": "e", "tags": ["java", "Go"],
                "annotations": ["backstage.io/orphan": "true"], "labels": [:],
                "links": [["url": "https://A"], ["url": "https://B", "title": nil]],
            ],
            "spec": ["n": 1, "d": 1.5, "whole": 2.0, "flag": false, "list": [1, nil, [true]], "empty": []],
            "relations": [
                ["type": "ownedBy", "targetRef": "group:default/A"],
                ["type": "ownedBy", "targetRef": "group:default/b"],
            ],
            "status": ["items": ["x"]], "attachments": ["y": 1],
        ]
        #expect(
            rows(document) == [
                "apiversion=v1|V1", "kind=component|Component",
                "metadata.tags=java|java", "metadata.tags.java=true|true",
                "metadata.tags=go|Go", "metadata.tags.go=true|true",
                "metadata.annotations.backstage.io/orphan=true|true",
                "metadata.links.url=https://a|https://A", "metadata.links.url=https://b|https://B",
                "metadata.links.title=∅|∅",
                "spec.n=1|1", "spec.d=1.5|1.5", "spec.whole=2|2", "spec.flag=false|false",
                "spec.list=1|1", "spec.list=∅|∅", "spec.list=true|true",
                "metadata.name=shop|Shop", "metadata.namespace=ops|ops", "metadata.uid=u|U",
                "relations.ownedby=group:default/a|group:default/A",
                "relations.ownedby=group:default/b|group:default/b",
            ])
    }

    @Test("an absent namespace is both null and default")
    func namespace() {
        #expect(
            rows(["metadata": ["name": "a"]]) == [
                "metadata.name=a|a", "metadata.namespace=∅|∅", "metadata.uid=∅|∅", "metadata.namespace=default|default",
            ])
    }

    @Test("a long key is left out and a long value counts as null")
    func lengths() {
        let long = String(repeating: "é", count: 200)
        let longer = long + "x"
        let key = String(repeating: "k", count: 195)
        let found = SearchTokens.rows(of: [
            "spec": [key: "at the limit", key + "k": "over it"], "a": .string(long), "b": .string(longer),
            "tags": [.string(longer)],
        ])
        #expect(found.contains { $0.key == "spec." + key && $0.value == "at the limit" })
        #expect(!found.contains { $0.key == "spec." + key + "k" })
        #expect(found.contains { $0.key == "a" && $0.value == long })
        #expect(found.contains { $0.key == "b" && $0.value == nil && $0.originalValue == nil })
        #expect(found.contains { $0.key == "tags" && $0.value == nil })
        #expect(found.allSatisfy { $0.key.utf16.count <= 200 })
    }

    @Test("no two rows have the same key and value")
    func unique() {
        let found = SearchTokens.rows(of: ["spec": ["a": ["x", "X", "x"], "long": ["1", 1]]])
        #expect(Set(found.map { "\($0.key)=\($0.value ?? "")" }).count == found.count)
        #expect(found.filter { $0.key == "spec.a" }.map(\.originalValue) == ["x"])
    }

    @Test("tokens say what exists and what equals, without repetition")
    func tokens() {
        let found = SearchTokens.tokens(of: SearchTokens.rows(of: ["spec": ["tags": ["a", "B"], "x": nil]]))
        #expect(
            found == [
                "spec.tags", "spec.tags=a", "spec.tags.a", "spec.tags.a=true", "spec.tags=b", "spec.tags.b",
                "spec.tags.b=true", "spec.x", "metadata.name", "metadata.namespace", "metadata.uid",
                "metadata.namespace=default",
            ])
    }

    @Test("a key that holds an equals sign is not mistaken for a key with a value")
    func equalsSign() {
        let tokens = Set(SearchTokens.tokens(of: SearchTokens.rows(of: ["spec": ["a=b": "c", "50%": 1]])))
        #expect(!tokens.contains(SearchTokens.equals("spec.a", "b")))
        #expect(tokens.contains(SearchTokens.exists("spec.a=b")))
        #expect(tokens.contains(SearchTokens.equals("spec.A=B", "C")))
        #expect(tokens.contains(SearchTokens.equals("spec.50%", "1")))
    }

    @Test("tokens stay below what a GIN index takes (2,712 bytes)")
    func tokenSize() {
        let wide = String(repeating: "漢", count: 195)
        let tokens = SearchTokens.tokens(of: SearchTokens.rows(of: ["spec": [wide: .string(wide)]]))
        #expect(tokens.contains { $0.utf8.count > 1_000 })
        let percent = String(repeating: "=", count: 195)
        let escaped = SearchTokens.tokens(of: SearchTokens.rows(of: ["spec": [percent: .string(wide)]]))
        #expect((tokens + escaped).allSatisfy { $0.utf8.count < 2_712 })
    }

    @Test("a long key above many others costs no more than the document's size")
    func longKeyAboveMany() {
        var inner = JSONObject()
        for number in 0..<20_000 { inner["k\(number)"] = 1 }
        let document: JSONObject = ["spec": [String(repeating: "x", count: 400_000): .object(inner)]]
        let start = ContinuousClock.now
        #expect(SearchTokens.rows(of: document).count == 4)
        // Joining the path of each of them would copy 8 GB.
        #expect(ContinuousClock.now - start < .seconds(2))
    }
}
