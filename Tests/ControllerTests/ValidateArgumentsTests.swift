import Testing

@testable import Controller

@Suite("Command line of callboard validate")
struct ValidateArgumentsTests {
    @Test(
        "paths and options are read in any order",
        arguments: [
            (["a"], ["a"], .text, false), (["a", "b/", "--strict"], ["a", "b/"], .text, true),
            (["--format", "json", "a"], ["a"], .json, false), (["a", "--format=github"], ["a"], .github, false),
            (["--strict", "--", "--strict"], ["--strict"], .text, true),
        ] as [([String], [String], ValidateArguments.Format, Bool)])
    func read(words: [String], paths: [String], format: ValidateArguments.Format, isStrict: Bool) throws {
        let arguments = try ValidateArguments(words)
        #expect(arguments.paths == paths && arguments.format == format && arguments.isStrict == isStrict)
    }

    @Test("help needs no path")
    func help() throws {
        #expect(try ValidateArguments(["--help"]).wantsHelp)
        for word in ["--format", "--strict", "json", "github", "Exit code"] {
            #expect(ValidateArguments.usage.contains(word))
        }
    }

    @Test(
        "anything else is refused by name",
        arguments: [
            ([], "validate needs a file or a directory"), (["--strict"], "validate needs a file or a directory"),
            (["--format"], "--format needs a value"), (["", "a"], "a path is empty"),
            (["--format", "xml", "a"], "--format: expected one of text, json, github, found \"xml\""),
            (["--format=", "a"], "--format: expected one of"), (["-x", "a"], "unknown argument \"-x\""),
        ])
    func refused(words: [String], expected: String) throws {
        let error = try #require(throws: ArgumentError.self) { try ValidateArguments(words) }
        #expect(error.description.hasPrefix(expected))
    }
}
