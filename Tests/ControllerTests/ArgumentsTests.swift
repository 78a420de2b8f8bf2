import Testing

@testable import Controller

@Suite("Command line")
struct ArgumentsTests {
    @Test(
        "commands and files are read",
        arguments: [
            ([], .serve, []), (["serve"], .serve, []), (["version"], .version, []), (["--version"], .version, []),
            (["help"], .help, []), (["-h"], .help, []),
            (["serve", "--help"], .help, []),
            (["--config", "a.yaml", "--config=b.yaml"], .serve, ["a.yaml", "b.yaml"]),
            (["serve", "--config", "--odd"], .serve, ["--odd"]), (["--config="], .serve, [""]),
            (["--config=a=b"], .serve, ["a=b"]),
        ] as [([String], Arguments.Command, [String])])
    func read(arguments: [String], command: Arguments.Command, files: [String]) throws {
        let found = try Arguments(arguments)
        #expect(found.command == command && found.configurationFiles == files)
    }

    @Test(
        "anything else is refused by name",
        arguments: [
            (["start"], "unknown command \"start\", expected serve, validate, canonical, version or help"),
            ([""], "unknown command \"\""),
            (["Serve"], "unknown command \"Serve\""),
            (["--config"], "--config needs a file"), (["--confg=a"], "unknown argument \"--confg=a\""),
            (["serve", "more"], "unknown argument \"more\""),
            (["-c", "a"], "unknown argument \"-c\""),
        ])
    func refused(arguments: [String], expected: String) throws {
        let error = try #require(throws: ArgumentError.self) { try Arguments(arguments) }
        #expect(error.description.hasPrefix(expected))
    }

    @Test("the usage names every command and option")
    func usage() {
        for word in ["serve", "validate", "version", "help", "--config", "KUBECONFIG", "DATABASE_URL", "LOG_LEVEL"] {
            #expect(Arguments.usage.contains(word))
        }
    }
}
