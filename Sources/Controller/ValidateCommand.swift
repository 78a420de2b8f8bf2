import Base
import Catalog
import CatalogSources
import Glibc
import Reconcilers

/// `callboard validate`: ingestion's checks on files, for a pull request.
struct ValidateCommand {
    /// What a run has to say.
    struct Outcome {
        let output: String
        /// What could not be looked at.
        let unreadable: [String]
        let code: Int32
    }

    static let wrongUsage: Int32 = 2
    let arguments: ValidateArguments

    /// Runs the command with the arguments after `validate` and ends the process.
    static func main(_ words: some Sequence<String>) -> Never {
        do throws(ArgumentError) {
            let arguments = try ValidateArguments(words)
            guard !arguments.wantsHelp else { finish(ValidateArguments.usage + "\n", [], 0) }
            let outcome = ValidateCommand(arguments: arguments).run()
            finish(outcome.output, outcome.unreadable, outcome.code)
        } catch {
            finish("", ["\(error)\n\n\(ValidateArguments.usage)"], wrongUsage)
        }
    }

    private static func finish(_ output: String, _ complaints: [String], _ code: Int32) -> Never {
        print(output, terminator: "")
        for complaint in complaints {
            let line = Array("callboard: \(complaint)\n".utf8)
            _ = write(STDERR_FILENO, line, line.count)
        }
        exit(code)
    }

    /// Looks at every file, whatever is wrong with others.
    func run() -> Outcome {
        var check = CatalogCheck(remarks: CatalogReconciler.status)
        var unreadable: [String] = []
        for file in files(&unreadable) {
            do throws(FileError) {
                let bytes = try readFile(file, maximumBytes: DirectorySource.maximumFileBytes)
                check.add(bytes, file: file) { Self.fill($0, in: file) }
            } catch {
                unreadable.append(error.description)
            }
        }
        let report = ValidationReport(check, isStrict: arguments.isStrict, unreadable: unreadable)
        let code = unreadable.isEmpty ? (report.errors == 0 ? 0 : 1) : Self.wrongUsage
        return Outcome(output: report.text(arguments.format), unreadable: unreadable, code: code)
    }

    /// What a placeholder in a file stands for. URLs are not read: a check of files needs no network.
    private static func fill(_ placeholder: Placeholder, in file: String) -> Result<JSONValue, PlaceholderError> {
        guard let target = placeholder.target else { return .failure("must name a URL or a path") }
        let base = "file:" + (file.hasPrefix("/") ? file : workingDirectory + "/" + file)
        do {
            let location = try RelativeLocation.resolve(target, from: base)
            guard location.hasPrefix("file:") else { return .success(placeholder.unread) }
            let path = String(location.dropFirst("file:".count))
            return placeholder.value(of: try readFile(path, maximumBytes: Placeholder.maximumBytes))
        } catch {
            return .failure(PlaceholderError(description: "cannot be filled in: \(error)"))
        }
    }

    private static var workingDirectory: String {
        guard let path = getcwd(nil, 0) else { return "" }
        defer { free(path) }
        return String(cString: path)
    }

    /// The catalog files of all paths, each once, in the order of the paths.
    private func files(_ unreadable: inout [String]) -> [String] {
        var seen: Set<String> = []
        var files: [String] = []
        for path in arguments.paths {
            do throws(FileError) {
                let found = try catalogFiles(below: Self.plain(path)).map(Self.plain)
                if found.isEmpty { unreadable.append("\(path) has no catalog files (*.yaml, *.yml)") }
                files += found.filter { seen.insert($0).inserted }
            } catch {
                unreadable.append(error.description)
            }
        }
        return files
    }

    /// The path without what does not change it: `./a//b/` is `a/b`. So a file has one name, and it is the one that GitHub
    /// knows when the working directory is the repository.
    static func plain(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        if path.hasPrefix("/") { return "/" + parts }
        return parts.isEmpty ? "." : parts
    }
}
