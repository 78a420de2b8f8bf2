/// The command line.
struct Arguments {
    enum Command: String {
        case serve, version, help
    }

    var command = Command.serve
    var configurationFiles: [String] = []
    var offersConformanceFixtures = false

    static let usage = """
        Usage: callboard [serve] [--config FILE]... [--conformance-fixtures]
               callboard validate [--format text|json|github] [--strict] PATH...
               callboard canonical plan|export FILE
               callboard version | help

        serve      follow the cluster and the catalog, and answer on the configured port (default)
        --config   configuration file; may be repeated, later files override earlier ones
                   (default: app-config.yaml when there is one)
        --conformance-fixtures
                   offer the tools, prompts and resources of MCP's conformance suite too; for tests alone
        validate   check catalog files without a database and a cluster; see callboard validate --help
        canonical  what a canonical file would change, or gives; see callboard canonical --help

        Environment: KUBECONFIG (else the pod's service account), DATABASE_URL (else backend.database.connection),
        LOG_LEVEL (debug, info, warning, error).
        """

    /// - Throws: `ArgumentError` that names the argument.
    init(_ arguments: [String]) throws(ArgumentError) {
        var rest = arguments[...]
        if let first = rest.first, !first.hasPrefix("-") {
            guard let command = Command(rawValue: first) else {
                throw ArgumentError(
                    description: "unknown command \"\(first)\", expected serve, validate, canonical, version or help")
            }
            self.command = command
            rest.removeFirst()
        }
        while let argument = rest.popFirst() {
            switch argument {
            case "--config":
                guard let file = rest.popFirst() else { throw ArgumentError(description: "--config needs a file") }
                configurationFiles.append(file)
            case "--conformance-fixtures": offersConformanceFixtures = true
            case "--help", "-h": command = .help
            case "--version": command = .version
            default:
                guard argument.hasPrefix("--config=") else {
                    throw ArgumentError(description: "unknown argument \"\(argument)\"")
                }
                configurationFiles.append(String(argument.dropFirst("--config=".count)))
            }
        }
    }
}

/// The command line cannot be used.
struct ArgumentError: Error, CustomStringConvertible {
    let description: String
}
