internal import Base

extension ExecPlugin {
    /// A plugin that waits longer waits for somebody to answer.
    private static let deadline: Duration = .seconds(60)
    /// An ExecCredential with a certificate chain and key is below 20 KiB.
    private static let maximumOutputBytes = 1 << 20

    /// Runs the program and reads its answer. Cancelling the task kills it.
    func run() async throws(ExecPluginError) -> ExecCredential {
        let program = Subprocess(
            command, arguments: arguments, environment: variables, deadline: Self.deadline,
            maximumOutputBytes: Self.maximumOutputBytes)
        let result: Subprocess.Result
        do throws(SubprocessError) {
            result = try await program.run()
        } catch {
            let hint = error.code == .notFound ? installHint.map { "; \($0)" } ?? "" : ""
            throw ExecPluginError(command: command, detail: error.detail + hint)
        }
        switch result.ending {
        case .exited(status: 0): return try ExecCredential(output: result.output, of: self)
        case .exited(let status): throw failure("it ended with status \(status)", result.errorOutput)
        case .killed(let signal): throw failure("it was killed by signal \(signal)", result.errorOutput)
        }
    }

    /// The inherited environment, in which the kubeconfig's variables count.
    private var variables: [String] {
        let own = environment.map { "\($0.name)=\($0.value)" } + ["KUBERNETES_EXEC_INFO=\(text(information))"]
        let names = Set(own.map { $0.prefix { $0 != "=" } })
        return Subprocess.inheritedEnvironment.filter { !names.contains($0.prefix { $0 != "=" }) } + own
    }

    private func text(_ value: JSONValue) -> String { String(decoding: value.serialized(), as: UTF8.self) }

    /// The last line that a program wrote about its failure, at most so much of it.
    private static let maximumReasonBytes = 512

    private func failure(_ what: String, _ errorOutput: [UInt8]) -> ExecPluginError {
        let line = errorOutput.split(separator: 0x0A).last { !ClusterConfiguration.trimmed(Array($0)).isEmpty }
        let reason = line.map { ClusterConfiguration.trimmed(Array($0.prefix(Self.maximumReasonBytes))) }
        return ExecPluginError(command: command, detail: what + (reason.map { ": \($0)" } ?? ""))
    }
}
