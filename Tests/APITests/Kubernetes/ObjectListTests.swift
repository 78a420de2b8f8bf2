import Testing

@testable import API

@Suite("Lists of objects")
struct ObjectListTests {
    private func texts(_ objects: [ArraySlice<UInt8>]) -> [String] {
        objects.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        "objects are passed on byte for byte",
        arguments: [
            (#"{"items":[]}"#, []), (#"{"items":null}"#, []), (" {\n \"items\" : [ ] , \"a\":1} ", []),
            (#"{"a":{"items":[{"no":1}]},"items":[{"yes":1.0}]}"#, [#"{"yes":1.0}"#]),
            (
                #"{"kind":"PodList","items":[ {"a" : "}],{" }, {"b":"\"\\"},{"n":[1,[{}]],"t":true} ],"z":[{}]}"#,
                [#"{"a" : "}],{" }"#, #"{"b":"\"\\"}"#, #"{"n":[1,[{}]],"t":true}"#]
            ),
            (#"{"items":[{"big":18446744073709551615,"e":1e400}]}"#, nil),
            (#"{"items":[{"big":18446744073709551615,"ü":"ü"}]}"#, [#"{"big":18446744073709551615,"ü":"ü"}"#]),
        ] as [(String, [String]?)])
    func bytes(text: String, expected: [String]?) throws {
        guard let expected else {
            #expect(throws: ObjectList.Malformed.self) { try ObjectList(Array(text.utf8)) }
            return
        }
        let list = try ObjectList(Array(text.utf8))
        #expect(texts(Array(list.objects)) == expected)
        #expect(list.byteCount == expected.reduce(0) { $0 + $1.utf8.count })
    }

    @Test(
        "what is no list is refused",
        arguments: [
            "", "<html>", "[]", "{}", "1", #"{"kind":"Status"}"#, #"{"items":{}}"#, #"{"items":[1]}"#,
            #"{"items":[{}]"#, #"{"items":[{"a":"b}]}"#, #"{"items":[{}]} x"#, #"{"items":[{a:1}]}"#,
        ])
    func malformed(text: String) {
        #expect(throws: ObjectList.Malformed.self) { try ObjectList(Array(text.utf8)) }
    }

    @Test("the list's kind names the objects that have none themselves")
    func kinds() throws {
        let list = try ObjectList(
            Array(#"{"kind":"RolloutList","items":[{},{ "a":1},{"kind":"Own","a":1},{"spec":{"kind":"x"}}]}"#.utf8))
        #expect(
            texts(Array(list.objectsWithKind)) == [
                #"{"kind":"Rollout"}"#, #"{"kind":"Rollout", "a":1}"#, #"{"kind":"Own","a":1}"#,
                #"{"kind":"Rollout","spec":{"kind":"x"}}"#,
            ])
        #expect(list.kind == "Rollout")
        let nameless = try ObjectList(Array(#"{"items":[{"a":1}]}"#.utf8))
        #expect(texts(Array(nameless.objectsWithKind)) == [#"{"a":1}"#])
    }

    @Test("a list that goes on elsewhere says so")
    func continuation() throws {
        #expect(try ObjectList(Array(#"{"metadata":{"continue":"abc"},"items":[]}"#.utf8)).isIncomplete)
        #expect(!(try ObjectList(Array(#"{"metadata":{"continue":""},"items":[]}"#.utf8)).isIncomplete))
    }
}
