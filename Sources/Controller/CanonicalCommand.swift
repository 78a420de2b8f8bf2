import Actions
import Base
import Catalog
import Glibc
import Store

/// `callboard canonical`: what a canonical file would change, or what it gives.
struct CanonicalCommand {
    let arguments: CanonicalArguments

    /// Runs the command with the arguments after `canonical` and ends the process.
    static func main(_ words: some Sequence<String>) async -> Never {
        do {
            let arguments = try CanonicalArguments(words)
            if arguments.wantsHelp { finish(CanonicalArguments.usage + "\n", nil, 0) }
            let (output, complaint, code) = try await CanonicalCommand(arguments: arguments).run()
            finish(output, complaint, code)
        } catch let error as ArgumentError {
            finish("", "\(error)\n\n\(CanonicalArguments.usage)", 2)
        } catch {
            finish("", "\(error)", 2)
        }
    }

    private static func finish(_ output: String, _ complaint: String?, _ code: Int32) -> Never {
        print(output, terminator: "")
        if let complaint {
            let line = Array("callboard: \(complaint)\n".utf8)
            _ = write(STDERR_FILENO, line, line.count)
        }
        exit(code)
    }

    private func run() async throws -> (output: String, complaint: String?, code: Int32) {
        let bytes = try readFile(arguments.file, maximumBytes: CanonicalReading.maximumBytes)
        let configuration = try configuration()
        guard arguments.verb == .plan else {
            let settings = try settings(configuration)
            let (output, complaint) = Self.export(bytes, settings, file: arguments.file)
            return (output, complaint, complaint == nil ? 0 : 1)
        }
        guard let configuration else {
            throw ArgumentError(description: "plan needs a configuration; give one with --config")
        }
        let plan = try await plan(bytes, try settings(configuration), configuration)
        let output = arguments.format == .json ? plan.json().text() + "\n" : CanonicalPlanText(plan).text
        return (output, nil, plan.refusal == nil ? 0 : 1)
    }

    private func configuration() throws -> Configuration? {
        var files = arguments.configurationFiles
        if files.isEmpty, access("app-config.yaml", R_OK) == 0 { files = ["app-config.yaml"] }
        if files.isEmpty, arguments.verb == .export { return nil }
        return try Configuration(try ConfigurationFile.load(files))
    }

    /// Without a configuration the file speaks for itself.
    private func settings(_ configuration: Configuration?) throws -> CanonicalSettings {
        guard let configuration else { return CanonicalSettings(name: arguments.name ?? "export") }
        return try CanonicalFiles(configuration.catalog.canonical.map(\.settings)).settings(of: arguments.name)
    }

    private func plan(
        _ bytes: [UInt8], _ settings: CanonicalSettings, _ configuration: Configuration
    ) async throws -> CanonicalPlan {
        let store = Store(configuration.database)
        let reading = CanonicalReading(bytes, settings: settings, name: arguments.file)
        do {
            guard let plan = try await store.catalog.canonicalPlan(settings, reading: reading) else {
                throw ArgumentError(description: "there is nothing to plan")
            }
            await store.close()
            return plan
        } catch {
            await store.close()
            throw error
        }
    }

    /// The entities as YAML documents, or what is wrong with the file.
    static func export(
        _ bytes: [UInt8], _ settings: CanonicalSettings, file: String
    ) -> (output: String, complaint: String?) {
        let reading = CanonicalReading(bytes, settings: settings, name: file)
        guard reading.problems.isEmpty else {
            return ("", reading.problems.map(\.description).joined(separator: "\ncallboard: "))
        }
        let documents = reading.entities.map { JSONValue.object($0.entity.definition).yaml }
        return (documents.joined(separator: "---\n"), nil)
    }
}

/// A plan for people to read.
struct CanonicalPlanText {
    let plan: CanonicalPlan

    init(_ plan: CanonicalPlan) { self.plan = plan }

    /// One line for each change, then a count.
    var text: String {
        var lines = plan.adds.map { "+ \($0.entity.ref)" }
        for update in plan.updates {
            lines.append("~ \(update.ref)")
            lines += update.fields.map { "    \($0.pointer): \(Self.shown($0.before)) -> \(Self.shown($0.after))" }
        }
        lines += plan.removals.map { "- \($0)" }
        lines += plan.conflicts.map { "! \($0.ref) is defined at \($0.holder)" }
        lines += plan.reading.warnings.map { "\($0) (warning)" }
        lines += plan.problems.flatMap(\.problems).map { "refused: \($0)" }
        lines.append(
            "\(plan.adds.count) to add, \(plan.updates.count) to change, \(plan.removals.count) to remove, "
                + "\(plan.conflicts.count) in conflict, \(plan.unchanged.count) unchanged")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func shown(_ value: JSONValue?) -> String { value?.text() ?? "(none)" }
}
