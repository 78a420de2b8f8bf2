import Base
import Catalog
import Testing

@Suite("entity predicates")
struct EntityPredicateTests {
    @Test(
        "a predicate becomes the conditions that filters have",
        arguments: [
            (["kind": "API"], #"{"key":"kind","values":["API"]}"#),
            (
                ["kind": "API", "spec.n": 1],
                #"{"allOf":[{"key":"kind","values":["API"]},{"key":"spec.n","values":["1"]}]}"#
            ),
            (["spec.n": 2.0], #"{"key":"spec.n","values":["2"]}"#),
            (["spec.f": true], #"{"key":"spec.f","values":["true"]}"#),
            ([:], #"{"allOf":[]}"#), (["$not": [:]], #"{"not":{"allOf":[]}}"#),
            (["$all": []], #"{"allOf":[]}"#), (["$any": []], #"{"anyOf":[]}"#),
            (
                ["$any": [["a": "1"], ["$not": ["b": "2"]]]],
                #"{"anyOf":[{"key":"a","values":["1"]},{"not":{"key":"b","values":["2"]}}]}"#
            ),
            (["a": ["$exists": true]], #"{"key":"a"}"#), (["a": ["$exists": false]], #"{"not":{"key":"a"}}"#),
            (["a": ["$in": ["x", 1]]], #"{"key":"a","values":["x","1"]}"#),
            (["a": ["$in": []]], #"{"key":"a","values":[]}"#),
            (["a": ["$hasPrefix": "x"]], #"{"key":"a","prefix":"x"}"#),
            (["metadata.tags": ["$contains": "java"]], #"{"key":"metadata.tags","values":["java"]}"#),
            (
                ["relations": ["$contains": ["type": "ownedBy", "targetRef": "group:default/a"]]],
                #"{"key":"relations.ownedBy","values":["group:default/a"]}"#
            ),
            (
                ["relations": ["$contains": ["type": "ownedBy", "targetRef": ["$in": ["a", "b"]]]]],
                #"{"key":"relations.ownedBy","values":["a","b"]}"#
            ),
        ] as [(JSONValue, String)])
    func reads(predicate: JSONValue, normalForm: String) throws {
        #expect(try EntityPredicate.filter(predicate).json.text() == normalForm)
    }

    @Test("what is no object is refused", arguments: [nil, [], "kind", 1] as [JSONValue])
    func notAnObject(predicate: JSONValue) {
        #expect(throws: CatalogInputError(.filter, "Query must be an object")) { try EntityPredicate.filter(predicate) }
    }

    @Test(
        "what is no predicate is refused, naming the place",
        arguments: [
            (["$all": [], "kind": "a"], "query"), (["$all": [], "$any": []], "query"), (["$or": []], "query"),
            (["$all": [:]], "query.$all"), (["$any": ["x"]], "query.$any[0]"), (["$not": "x"], "query.$not"),
            (["a": nil], "query.a"), (["a": ["x"]], "query.a"), (["a": [:]], "query.a"),
            (["a": ["$not": "x"]], "query.a"),
            (["a": ["$exists": "yes"]], "query.a"), (["a": ["$in": "x"]], "query.a.$in"),
            (["a": ["$in": [nil]]], "query.a.$in"),
            (["a": ["$hasPrefix": 1]], "query.a"), (["a": ["$exists": true, "$in": []]], "query.a"),
            (["a": ["$contains": ["type": "x"]]], "query.a.$contains"),
            (["relations": ["$contains": [:]]], "query.relations.$contains"),
            (["relations": ["$contains": ["type": "ownedBy", "target": "x"]]], "query.relations.$contains"),
            (
                ["relations": ["$contains": ["type": "ownedBy", "targetRef": ["$in": [], "in": []]]]],
                "query.relations.$contains.targetRef"
            ),
        ] as [(JSONValue, String)])
    func invalid(predicate: JSONValue, place: String) {
        do {
            _ = try EntityPredicate.filter(predicate)
            Issue.record("it was accepted")
        } catch {
            #expect(error.code == .filter)
            #expect(error.description.hasPrefix("Invalid query: \(place): "), "\(error)")
        }
    }

    @Test("a prefix matches in any letter case and only at the key's own values")
    func prefixes() {
        let tokens = Set(
            SearchTokens.tokens(of: SearchTokens.rows(of: ["spec": ["owner": "Team-A", "own": "x", "nil": nil]])))
        #expect(EntityFilter.prefix(key: "spec.OWNER", "TEAM").matches(tokens))
        #expect(EntityFilter.prefix(key: "spec.owner", "").matches(tokens))
        #expect(!EntityFilter.prefix(key: "spec.owner", "eam").matches(tokens))
        #expect(!EntityFilter.prefix(key: "spec.own", "er").matches(tokens))
        #expect(!EntityFilter.prefix(key: "spec.nil", "").matches(tokens))
    }
}
