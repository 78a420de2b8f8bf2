/// The command line of `callboard canonical`.
struct CanonicalArguments: Equatable {
    enum Verb: String, CaseIterable {
        /// What the file would change in the catalog of the database.
        case plan
        /// The entities that the file gives, as catalog-info.yaml.
        case export
    }

    enum Format: String, CaseIterable { case text, json }

    var verb = Verb.plan
    /// Empty only when help was asked for.
    var file = ""
    var configurationFiles: [String] = []
    /// Which of the configured files it stands for; nil: the only one.
    var name: String?
    var format = Format.text
    var wantsHelp = false

    static let usage = """
        Usage: callboard canonical plan [--format text|json] [--name NAME] [--config FILE]... FILE
               callboard canonical export [--name NAME] [--config FILE]... FILE

        plan       show what FILE would change in the catalog, as the controller would apply it; needs the database
        export     print the entities that FILE gives, as catalog-info.yaml; needs no database and no configuration
        --name     the configured canonical file that FILE stands for (default: the only one)
        --config   as for serve; may be repeated (default: app-config.yaml when there is one)

        Exit code: 0 it can be applied, 1 it cannot, 2 wrong usage, or something cannot be read.
        """

    /// - Parameter arguments: those after `canonical`.
    /// - Throws: `ArgumentError` that names the argument.
    init(_ arguments: some Sequence<String>) throws(ArgumentError) {
        var rest = Array(arguments)[...]
        guard let first = rest.popFirst() else { throw ArgumentError(description: "canonical needs plan or export") }
        if first == "--help" || first == "-h" {
            wantsHelp = true
            return
        }
        guard let verb = Verb(rawValue: first) else {
            throw ArgumentError(description: "unknown command \"canonical \(first)\", expected plan or export")
        }
        self.verb = verb
        while let argument = rest.popFirst() { try take(argument, &rest) }
        guard !file.isEmpty || wantsHelp else { throw ArgumentError(description: "canonical \(verb) needs a file") }
    }

    private mutating func take(_ argument: String, _ rest: inout ArraySlice<String>) throws(ArgumentError) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        func value() throws(ArgumentError) -> String {
            guard let value = parts.count > 1 ? parts[1] : rest.popFirst(), !value.isEmpty else {
                throw ArgumentError(description: "\(parts[0]) needs a value")
            }
            return value
        }
        switch argument.hasPrefix("-") ? parts[0] : "" {
        case "": try add(argument)
        case "--help", "-h": wantsHelp = true
        case "--config": configurationFiles.append(try value())
        case "--name": name = try value()
        case "--format":
            let text = try value()
            guard let format = Format(rawValue: text) else {
                throw ArgumentError(description: "--format: expected text or json, found \"\(text)\"")
            }
            self.format = format
        default: throw ArgumentError(description: "unknown argument \"\(argument)\"")
        }
    }

    private mutating func add(_ path: String) throws(ArgumentError) {
        guard file.isEmpty, !path.isEmpty else {
            throw ArgumentError(description: "expected one file, found \"\(path)\" too")
        }
        file = path
    }
}
