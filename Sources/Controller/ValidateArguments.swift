/// The command line of `callboard validate`.
struct ValidateArguments: Equatable {
    /// How problems are printed.
    enum Format: String, CaseIterable {
        /// `file:line:column: code: message`
        case text
        case json
        /// Workflow commands, which GitHub shows at the lines of a pull request.
        case github
    }

    /// Files and directories; never empty unless help was asked for.
    var paths: [String] = []
    var format = Format.text
    /// Whether a reference to an entity that is not there is an error.
    var isStrict = false
    var wantsHelp = false

    static let usage = """
        Usage: callboard validate [--format text|json|github] [--strict] PATH...

        Checks catalog files, or every *.yaml and *.yml below a directory, as ingestion does. Needs no database and no cluster.

        --format   how problems are printed (default: text, file:line:column: code: message)
        --strict   references to entities that none of the files defines are errors, not warnings

        Exit code: 0 no errors, 1 errors, 2 wrong usage, or a path that cannot be read or has no catalog files.
        """

    /// - Parameter arguments: those after `validate`.
    /// - Throws: `ArgumentError` that names the argument.
    init(_ arguments: some Sequence<String>) throws(ArgumentError) {
        var rest = Array(arguments)[...]
        var areOptionsOver = false
        while let argument = rest.popFirst() {
            switch argument {
            case _ where areOptionsOver || !argument.hasPrefix("-"): try add(argument)
            case "--": areOptionsOver = true
            case "--strict": isStrict = true
            case "--help", "-h": wantsHelp = true
            case "--format":
                guard let name = rest.popFirst() else { throw ArgumentError(description: "--format needs a value") }
                format = try Self.format(name)
            case _ where argument.hasPrefix("--format="):
                format = try Self.format(String(argument.dropFirst("--format=".count)))
            default: throw ArgumentError(description: "unknown argument \"\(argument)\"")
            }
        }
        guard !paths.isEmpty || wantsHelp else {
            throw ArgumentError(description: "validate needs a file or a directory")
        }
    }

    private mutating func add(_ path: String) throws(ArgumentError) {
        guard !path.isEmpty else { throw ArgumentError(description: "a path is empty") }
        paths.append(path)
    }

    private static func format(_ name: String) throws(ArgumentError) -> Format {
        guard let format = Format(rawValue: name) else {
            let names = Format.allCases.map(\.rawValue).joined(separator: ", ")
            throw ArgumentError(description: "--format: expected one of \(names), found \"\(name)\"")
        }
        return format
    }
}
