import Base
import Testing

@Suite("HTTP header fields")
struct HTTPHeadersTests {
    @Test("names are found in any letter case, and repeated fields stay apart and in order")
    func lookup() {
        var headers: HTTPHeaders = ["Accept": "a", "X-One": "1"]
        headers.add("accept", "b")
        #expect(headers["ACCEPT"] == "a")
        #expect(headers.all("Accept") == ["a", "b"])
        #expect(headers["missing"] == nil && headers.all("missing").isEmpty)
        #expect(headers.map(\.name) == ["Accept", "X-One", "accept"])
        #expect(headers.map(\.value) == ["a", "1", "b"])
    }

    @Test("set replaces every field of the name")
    func replacing() {
        var headers: HTTPHeaders = ["Accept": "a", "accept": "b", "Other": "c"]
        headers.set("ACCEPT", "d")
        #expect(headers.all("accept") == ["d"])
        #expect(headers["other"] == "c")
    }

    @Test(
        "only A to Z have another case",
        arguments: [
            ("", "", true), ("Content-Type", "content-type", true), ("a", "b", false), ("a", "aa", false),
            ("[", "{", false), ("@", "`", false), ("É", "é", false), ("K", "\u{212A}", false),
        ])
    func letterCase(left: String, right: String, expected: Bool) {
        #expect(equalIgnoringASCIICase(left, right) == expected)
        #expect(equalIgnoringASCIICase(right, left) == expected)
    }
}
