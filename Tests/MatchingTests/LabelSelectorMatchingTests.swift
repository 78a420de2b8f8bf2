import Matching
import Testing

struct LabelSelectorMatchingTests {
    @Test(
        "a selector matches as Kubernetes says, above all where a key is absent",
        arguments: [
            ("", [:], true), ("", ["a": "b"], true),
            ("a", ["a": ""], true), ("a", ["a": "b"], true), ("a", ["b": "a"], false), ("a", [:], false),
            ("!a", [:], true), ("!a", ["b": "a"], true), ("!a", ["a": ""], false),
            ("a=b", ["a": "b"], true), ("a==b", ["a": "b"], true), ("a=b", ["a": "B"], false), ("a=b", [:], false),
            ("a=", ["a": ""], true), ("a=", [:], false), ("a=", ["a": "b"], false),
            ("a!=b", [:], true), ("a!=b", ["a": ""], true), ("a!=b", ["a": "c"], true), ("a!=b", ["a": "b"], false),
            ("a!=", ["a": ""], false), ("a!=", ["a": "b"], true), ("a!=", [:], true),
            ("a in (b,c)", ["a": "c"], true), ("a in (b,c)", ["a": "d"], false), ("a in (b,c)", [:], false),
            ("a in ()", ["a": ""], true), ("a in (b,)", ["a": ""], true), ("a in ()", [:], false),
            ("a notin (b,c)", [:], true), ("a notin (b,c)", ["a": "d"], true), ("a notin (b,c)", ["a": "b"], false),
            ("a notin ()", ["a": ""], false), ("a notin ()", ["a": "b"], true),
            ("a>5", ["a": "6"], true), ("a>5", ["a": "5"], false), ("a>5", ["a": "x"], false), ("a>5", [:], false),
            ("a>5", ["a": "06"], true), ("a>5", ["a": ""], false), ("a>5", ["a": "6.0"], false),
            ("a>5", ["a": "99999999999999999999"], false), ("a<5", ["a": "-9223372036854775808"], true),
            ("a<5", ["a": "4"], true), ("a<5", ["a": "5"], false), ("a<5", [:], false),
            ("a=b,a=c", ["a": "b"], false), ("a!=b,a!=c", ["a": "d"], true), ("a!=b,a!=c", ["a": "c"], false),
            ("a=b,!c", ["a": "b"], true), ("a=b,!c", ["a": "b", "c": ""], false),
            ("a=b,c in (d),e!=f", ["a": "b", "c": "d", "x": "y"], true),
        ] as [(String, [String: String], Bool)])
    func matches(text: String, labels: [String: String], expected: Bool) throws {
        let selector = try LabelSelector(parsing: text)
        #expect(selector.matches(Labels(labels)) == expected)
    }

    @Test("labels are a map: order does not matter and the last of a repeated key counts")
    func labels() {
        let labels = Labels([Label("b", "1"), Label("a", "2"), Label("b", "3")])
        #expect(labels == ["a": "2", "b": "3"])
        #expect(labels == Labels(["b": "3", "a": "2"]))
        #expect(labels["b"] == "3" && labels["c"] == nil)
        #expect(labels.description == "a=2,b=3")
    }
}
