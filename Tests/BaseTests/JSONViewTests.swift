import Base
import Testing

@Suite("JSON in place")
struct JSONViewTests {
    private let text = #"{"a":{"b":[1,{"c":"é\n","d":null}],"e":-2.5},"f":true,"g":18446744073709551615,"a2":"x"}"#

    private func read<Result>(_ text: String, _ body: (JSONView) throws -> Result) throws -> Result {
        try Array(text.utf8).withUnsafeBytes { try JSONParser().read($0, body) }
    }

    @Test("members are found at any depth, values that are not there are nil")
    func members() throws {
        try read(text) { root in
            #expect(root["a2"]?.stringValue == "x")
            #expect(root["a"]?["e"]?.value() == .double(-2.5))
            #expect(root["nothing"] == nil)
            #expect(root["f"]?["x"] == nil)
            #expect(root["f"]?.stringValue == nil)
            var elements: [JSONValue] = []
            root["a"]?["b"]?.forEachElement { elements.append($0.value()) }
            #expect(elements == [1, ["c": "é\n", "d": nil]])
            #expect(root["a"]?["b"]?.isNull == false)
        }
    }

    @Test("the whole value is what the parser of whole documents gives")
    func whole() throws {
        #expect(try read(text) { $0.value() } == JSONValue(parsing: text))
    }

    @Test("only the selected members are built, through arrays too")
    func selection() throws {
        let only = JSONSelection(only: [["a", "b", "c"], ["f"]])
        #expect(try read(text) { $0.value(only) } == ["a": ["b": [1, ["c": "é\n"]]], "f": true])
        let without = JSONSelection.all.without([["a", "b", "c"], ["g"], ["nothing", "x"]])
        #expect(
            try read(text) { $0.value(without) } == ["a": ["b": [1, ["d": nil]], "e": -2.5], "f": true, "a2": "x"])
        #expect(try read(text) { $0.value(only.without([["a", "b"]])) } == ["a": [:], "f": true])
    }

    @Test("one parser reads many texts, short after long and good after bad")
    func reuse() throws {
        let parser = JSONParser()
        let long = #"["\#(String(repeating: "x", count: 3 << 20))"]"#
        for text in [long, "{}", "{", "[[]]", #""text""#, ""] {
            let bytes = Array(text.utf8)
            let value = try? bytes.withUnsafeBytes { try parser.read($0) { $0.value() } }
            #expect(value == (try? JSONValue(parsing: text)))
        }
        #expect(throws: JSONError.self) { try read("[1] 2") { $0.value() } }
    }
}
