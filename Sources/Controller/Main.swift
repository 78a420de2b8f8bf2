import Base
import Glibc
import KubeClient

/// The version of this program, shown in `callboard version`, the `User-Agent`, and MCP's server information.
let programVersion = "0.1.0"

@main
struct Main {
    static func main() async {
        let words = CommandLine.arguments.dropFirst()
        if words.first == "validate" { ValidateCommand.main(words.dropFirst()) }
        if words.first == "canonical" { await CanonicalCommand.main(words.dropFirst()) }
        do {
            let arguments = try Arguments(Array(words))
            switch arguments.command {
            case .help: print(Arguments.usage)
            case .version: print("callboard \(programVersion)")
            case .serve: try await serve(arguments)
            }
        } catch let error as ArgumentError {
            fail("\(error)\n\n\(Arguments.usage)", code: 64)
        } catch let error as ConfigurationError {
            fail("configuration: \(error)", code: 78)
        } catch let error as ClusterProblem {
            fail("configuration: \(error)", code: 78)
        } catch {
            fail("\(error)", code: 1)
        }
    }

    private static func serve(_ arguments: Arguments) async throws {
        // A peer that goes away must show up as an error of the write, not end the process.
        signal(SIGPIPE, SIG_IGN)
        var files = arguments.configurationFiles
        if files.isEmpty, access("app-config.yaml", R_OK) == 0 { files = ["app-config.yaml"] }
        let configuration = try Configuration(try ConfigurationFile.load(files))
        let program = Program(configuration, offersConformanceFixtures: arguments.offersConformanceFixtures)
        try await program.run(until: TerminationSignal())
        end(0)
    }

    /// Ends at once. `exit` has OpenSSL free what threads that close their last connections still use.
    private static func end(_ code: Int32) -> Never { _exit(code) }

    private static func fail(_ message: String, code: Int32) -> Never {
        let line = Array("callboard: \(message)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        end(code)
    }
}
