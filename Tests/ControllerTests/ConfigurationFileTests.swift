import Base
import Testing

@testable import Controller

@Suite("Configuration files")
struct ConfigurationFileTests {
    private func load(_ texts: [String], _ environment: [String: String] = [:]) throws -> JSONValue {
        let folder = try ConfigurationFolder()
        let paths = try texts.enumerated().map { try folder.write("\($0).yaml", $1) }
        return try ConfigurationFile.load(paths) { environment[$0] }.value
    }

    @Test("later files win: objects are merged key by key, anything else is replaced")
    func merging() throws {
        let value = try load([
            "a: {x: 1, y: {z: 1}}\nlist: [1, 2]\nkept: true\nscalar: 1\n",
            "a: {y: {w: 2}, x: 3}\nlist: [9]\nscalar: {k: v}\n", "# nothing\n",
        ])
        #expect(value == ["a": ["x": 3, "y": ["z": 1, "w": 2]], "list": [9], "kept": true, "scalar": ["k": "v"]])
    }

    @Test(
        "variables are replaced as Backstage does",
        arguments: [
            ("${A}", "one"), ("x${A}y${B}z", "xoneytwoz"), ("${A:-other}", "one"), ("${NO:-other}", "other"),
            ("${NO:-}", ""),
            ("${NO:-a:-b}", "a:-b"), ("${EMPTY}", ""), ("$${A}", "${A}"), ("$$${A}", "$${A}"), ("$A", "$A"), ("$", "$"),
            ("a$", "a$"), ("${A", "${A"),
            ("${}${NO:-x}", nil), ("${NO}", nil), ("a${NO}b", nil), ("${A}${NO}", nil), ("é${A}é", "éoneé"),
            ("${INNER}", "${A}"),
        ] as [(String, String?)])
    func variables(text: String, expected: String?) throws {
        let environment = ["A": "one", "B": "two", "EMPTY": "", "INNER": "${A}"]
        let value = try load(["k: '\(text)'\n"], environment)
        #expect(value["k"]?.stringValue == expected)
    }

    @Test("values of the environment stay texts, and only values are replaced")
    func kinds() throws {
        let value = try load(
            ["${A}: 1\nport: ${N}\nlist: ['${A}', 2]\n$env: x\nown: {$env: A, more: 1}\nnumber: {$env: 5}\n"],
            ["A": "a", "N": "7"])
        #expect(
            value == [
                "${A}": 1, "port": "7", "list": ["a", 2], "$env": "x", "own": ["$env": "A", "more": 1],
                "number": ["$env": 5],
            ])
    }

    @Test("$env takes a variable and $file a file beside the configuration, without its last line break")
    func includes() throws {
        let folder = try ConfigurationFolder()
        try folder.write("secret.txt", "line one\nline two\r\n\n")
        let file = try folder.write(
            "config.yaml",
            "env: {$env: A}\nnone: {$env: NO}\nfile: {$file: secret.txt}\nfull: {$file: \(folder.path)/secret.txt}\n")
        let value = try ConfigurationFile.load([file]) { $0 == "A" ? "one" : nil }.value
        #expect(value == ["env": "one", "file": "line one\nline two", "full": "line one\nline two"])
    }

    @Test("a variable that is not set leaves what an earlier file says")
    func unsetOverride() throws {
        #expect(try load(["k: first\n", "k: ${NO}\n"]) == ["k": "first"])
    }

    @Test(
        "a file that cannot be used is refused with its place",
        arguments: [
            ("a: 1\n---\nb: 2\n", "0.yaml: expected one YAML document, found 2"),
            ("- a\n", "0.yaml: expected an object of configuration keys"),
            ("text", "0.yaml: expected an object of configuration keys"),
            ("a: 1\na: 2\n", "0.yaml:2:1: the key \"a\" stands here twice"),
            ("a: [1\n", "0.yaml:2:1: "), ("a: {$file: nowhere.txt}\n", "0.yaml:1:4: a: $file: cannot read "),
            ("\u{0}", "0.yaml:1:1: "),
            ("a: &a [*a]\n", "0.yaml:1:8: "),
        ])
    func refused(text: String, expected: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try load([text]) }
        let message = error.description
        let start = try #require(message.firstRange(of: "0.yaml"))
        #expect(message[start.lowerBound...].hasPrefix(expected), "\(message)")
    }

    @Test("a file that is not there is named")
    func missing() throws {
        let error = try #require(throws: ConfigurationError.self) {
            try ConfigurationFile.load(["/nowhere/app-config.yaml"])
        }
        #expect(error.description == "/nowhere/app-config.yaml: No such file or directory")
    }

    @Test("empty files and no files give an empty configuration", arguments: [[], [""], ["# c\n", "---\n"]])
    func empty(texts: [String]) throws {
        #expect(try load(texts) == [:])
    }
}
