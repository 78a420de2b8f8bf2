import Base
import TestSupport
import Testing

@Suite("YAML documents")
struct YAMLDocumentsTests {
    private func read(_ text: String) -> [Result<YAMLNode, YAMLError>] { YAML.documents(Array(text.utf8)) }

    private func values(_ text: String) throws -> [JSONValue] { try read(text).map { try $0.get().json } }

    private func firstError(_ text: String) -> YAMLError? {
        for case .failure(let error) in read(text) { return error }
        return nil
    }

    @Test(
        "nothing but white space, comments, markers and nulls gives no document",
        arguments: [
            "", "\n", "# only a comment", "---", "---\n---\n", "--- # c\n\n...\n", "...", "~", "null\n", "\u{FEFF}",
            "\u{FEFF}# c\n",
        ])
    func empty(text: String) {
        #expect(read(text).isEmpty)
    }

    @Test(
        "documents are told apart",
        arguments: [
            ("a: 1", [["a": 1]]), ("a: 1\n---\nb: 2\n", [["a": 1], ["b": 2]]),
            ("---\na: 1\n---\n---\nb: 2\n...\n", [["a": 1], ["b": 2]]),
            ("--- [1]\n--- {a: 1}\n--- text\n", [[1], ["a": 1], "text"]),
            ("# head\n---\na: 1\n# tail\n", [["a": 1]]), ("%YAML 1.2\n---\na: 1\n", [["a": 1]]),
            ("%YAML 1.1\n# c\n---\na: 1\n...\n%YAML 1.2\n---\nb: 2\n", [["a": 1], ["b": 2]]),
            ("a: 1\n...\nb: 2\n", [["a": 1], ["b": 2]]),
            ("a: 1\r\n---\r\nb: 2\r\n", [["a": 1], ["b": 2]]), ("\u{FEFF}a: 1\n", [["a": 1]]),
            ("a: 'x\n  ---\n  y'\n", [["a": "x --- y"]]), ("a: |\n  ---\n  x\n", [["a": "---\nx\n"]]),
            ("---x: 1\n", [["---x": 1]]), ("a: 1\n---", [["a": 1]]), ("a: 1\n---\tb\n", [["a": 1], "b"]),
            ("{\"a\": [1, null, \"x\"]}", [["a": [1, nil, "x"]]]),
        ] as [(String, [JSONValue])])
    func separation(text: String, expected: [JSONValue]) throws {
        #expect(try values(text) == expected)
    }

    @Test("one broken document keeps the others, and every line number counts from the file's start")
    func oneBroken() throws {
        let results = read("a: 1\n---\nb: [1, 2\n---\n# comment\n\nc:\n  d: 3\n---\n\te: 1\n---\nf: 6\n")
        try #require(results.count == 5)
        #expect(try results[0].get().json == ["a": 1])
        let second = #expect(throws: YAMLError.self) { try results[1].get() }
        #expect(second?.position.line == 4 || second?.position.line == 3)
        let third = try results[2].get()
        #expect(third.position == SourcePosition(line: 7, column: 1))
        #expect(third.position(of: [.key("c"), .key("d")]) == SourcePosition(line: 8, column: 3))
        let fourth = #expect(throws: YAMLError.self) { try results[3].get() }
        #expect(fourth?.position.line == 10)
        #expect(try results[4].get().position == SourcePosition(line: 12, column: 1))
    }

    @Test(
        "what is wrong is said with its place",
        arguments: [
            ("a: 1\nb: 2\na: 3\n", 3, 1, "twice"), ("a:\n\tb: 1\n", 2, 1, "cannot start any token"),
            ("a: [1\nb: 2\n", 2, 2, "flow sequence"), ("a: *nobody\n", 1, 4, "no anchor"),
            ("? [a]\n: 1\n", 1, 3, "plain value"),
            ("? {a: 1}\n: 1\n", 1, 3, "plain value"), ("a: 'open\n", 2, 1, "unexpected end"),
            ("a: b: c\n", 1, 5, "not allowed"), ("a: \"\\q\"\n", 1, 5, "escape"), ("a: @x\n", 1, 4, "token"),
            ("- a\nb: 1\n", 2, 1, ""),
        ])
    func errors(text: String, line: Int, column: Int, part: String) throws {
        let error = try #require(firstError(text))
        #expect(error.position == SourcePosition(line: line, column: column), "\(error)")
        #expect(error.message.contains(part), "\(error)")
        #expect(error.description.hasPrefix("line \(line), column \(column): "))
    }

    @Test(
        "bytes that are no UTF-8 are one error",
        arguments: [[0xFF, 0xFE, 0x61, 0], [0x61, 0x3A, 0x20, 0xC3, 0x28], [0x61, 0x00, 0x62]] as [[UInt8]])
    func invalidBytes(bytes: [UInt8]) {
        let results = YAML.documents(bytes)
        #expect(results.count == 1)
        #expect(throws: YAMLError.self) { try results.first?.get() }
    }

    @Test("an alias stands for its anchor's value, at its own place")
    func aliases() throws {
        let node = try #require(read("base: &b {x: 1}\ncopy: *b\nlist: [&s s, *s]\n*s : key\n").first).get()
        #expect(node.json == ["base": ["x": 1], "copy": ["x": 1], "list": ["s", "s"], "s": "key"])
        #expect(node.position(of: [.key("list"), .index(1)]) == SourcePosition(line: 3, column: 14))
    }

    @Test("anchors do not reach into another document")
    func anchorScope() {
        let results = read("a: &x 1\n---\nb: *x\n")
        #expect(results.count == 2)
        #expect(throws: YAMLError.self) { try results.last?.get() }
    }

    @Test("a document that expands to billions is refused at once")
    func aliasBomb() throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",") + "]\n"
        }
        let clock = ContinuousClock()
        let started = clock.now
        #expect(try #require(firstError(text)).message.contains("aliases included"))
        #expect(clock.now - started < .seconds(10))
    }

    @Test("an alias of itself is refused")
    func recursion() throws {
        #expect(try #require(firstError("a: &a [*a]\n")).message.contains("no anchor"))
    }

    @Test("nesting is bounded, also when aliases make it")
    func depth() throws {
        #expect(try values(String(repeating: "[", count: 99) + "1" + String(repeating: "]", count: 99)).count == 1)
        #expect(try #require(firstError(String(repeating: "[", count: 5_000))).message.contains("deeper"))
        #expect(try #require(firstError(String(repeating: "{a: ", count: 5_000))).message.contains("deeper"))
        var chain = "a0: &a0 []\n"
        for level in 1...98 { chain += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(try values(chain).count == 1)
        chain += "a99: &a99 [*a98]\n"
        #expect(try #require(firstError(chain)).message.contains("deeper"))
    }

    @Test("an accepted document can be written as JSON and read back")
    func depthFitsJSON() throws {
        var chain = "a0: &a0 []\n"
        for level in 1...98 { chain += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        let json = try #require(try values(chain).first)
        #expect(try JSONValue(parsing: json.serialized()) == json)
    }

    @Test("keys that are no strings become their text")
    func keys() throws {
        #expect(
            try values("1: a\ntrue: b\n~: c\n'': d\n1.5: e\n") == [
                ["1": "a", "true": "b", "null": "c", "": "d", "1.5": "e"]
            ])
    }

    @Test("a path's position is its key's or element's, or that of the nearest ancestor")
    func positions() throws {
        let text = "metadata:\n  name: x\n  tags:\n    - a\n    - b: 1\nflow: {p: [1, 2]}\n"
        let node = try #require(read(text).first).get()
        let table: [([YAMLNode.PathComponent], Int, Int)] = [
            ([], 1, 1), ([.key("metadata")], 1, 1), ([.key("metadata"), .key("name")], 2, 3),
            ([.key("metadata"), .key("tags"), .index(0)], 4, 7),
            ([.key("metadata"), .key("tags"), .index(1), .key("b")], 5, 7),
            ([.key("flow"), .key("p"), .index(1)], 6, 15), ([.key("metadata"), .key("missing")], 1, 1),
            ([.key("metadata"), .key("name"), .key("deeper")], 2, 3),
            ([.key("metadata"), .key("tags"), .index(7)], 3, 3),
            ([.key("metadata"), .key("tags"), .index(-1)], 3, 3), ([.index(0)], 1, 1),
            ([.key("nowhere"), .index(0)], 1, 1),
        ]
        for (path, line, column) in table {
            #expect(node.position(of: path) == SourcePosition(line: line, column: column), "\(path)")
        }
    }

    @Test("a location prints as compilers do")
    func locations() {
        let position = SourcePosition(line: 3, column: 7)
        #expect(SourceLocation(file: "a.yaml", position: position).description == "a.yaml:3:7")
        #expect(SourceLocation(file: "a.yaml").description == "a.yaml")
    }

    @Test("two thousand damaged files are refused or read, and never end the process")
    func damaged() {
        let whole = Array(
            "a: &x [1, 'two', \"th\\x41\"]\n---\nb: {c: *x, d: |\n  text\n}\n...\n%YAML 1.2\n--- !!str é\n".utf8)
        let noise = Array("-:?[]{},#&*!|>'\"%@`\n\r\t \\~0x.e\u{85}é".utf8) + [0x00, 0xFF, 0xC3]
        var random = SeededRandom(seed: 4)
        var failures = 0
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                bytes.insert(noise[Int.random(in: noise.indices, using: &random)], at: index)
                if Bool.random(using: &random) { bytes.remove(at: Int.random(in: bytes.indices, using: &random)) }
            }
            for result in YAML.documents(bytes) {
                switch result {
                case .success(let node): _ = node.json.serialized()
                case .failure(let error):
                    failures += 1
                    #expect(error.position.line >= 1 && error.position.column >= 1)
                }
            }
        }
        #expect(failures > 500)
    }
}
