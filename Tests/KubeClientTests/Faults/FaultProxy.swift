import Base
import Glibc
import HTTPClient

@testable import KubeClient

/// Tests/FaultProxy, running between a client and a cluster.
final class FaultProxy: Sendable {
    /// How a client reaches the cluster through the proxy.
    let configuration: ClusterConfiguration
    /// The same by an address that does not look like this machine's, so that compressed lists are asked for.
    var remoteConfiguration: ClusterConfiguration {
        var remote = configuration
        remote.server.replace("127.0.0.1", with: "0.0.0.0")
        return remote
    }
    private let control: String
    private let http = HTTPClient(name: "fault control")
    private let child: Child

    /// - Parameter seed: of everything that the proxy does at random.
    init(to cluster: ClusterConfiguration, seed: UInt64) async throws {
        let program = "\(repositoryPath)/Tests/FaultProxy/fault_proxy.py --seed \(seed)"
        child = await onOwnThread("fault proxy") { Child("exec \"${CALLBOARD_TEST_PYTHON:-python3}\" \(program)") }
        let ready = try JSONValue(parsing: Array(child.firstLine.utf8))
        var configuration = cluster
        configuration.server = "https://127.0.0.1:\(ready["port"]?.intValue ?? 0)"
        configuration.tls.certificateAuthorityPEM = Array((ready["certificateAuthority"]?.stringValue ?? "").utf8)
        self.configuration = configuration
        control = "http://127.0.0.1:\(ready["control"]?.intValue ?? 0)"
        let authority = String(decoding: cluster.tls.certificateAuthorityPEM ?? [], as: UTF8.self)
        try await command(
            "PUT", "/upstream", ["server": .string(cluster.server), "certificateAuthority": .string(authority)])
    }

    /// What is to happen to requests from now on; see Tests/FaultProxy/rules.py.
    func rule(_ rule: JSONValue) async throws { try await command("POST", "/rules", rule) }

    /// Ends all rules and lets stalled streams go on.
    func clear() async throws { try await command("DELETE", "/rules") }

    /// What is to happen to open watches; see Tests/FaultProxy/streams.py.
    ///
    /// - Returns: how many there were.
    @discardableResult
    func streams(_ command: JSONValue) async throws -> Int {
        Int(try await self.command("POST", "/streams", command)["streams"]?.intValue ?? 0)
    }

    /// How often a rule was applied or a kind of request came: `list`, `watch`, `reset` …; `open`: watches now.
    func count(_ name: String) async throws -> Int {
        Int(try await command("GET", "/counts")[name]?.intValue ?? 0)
    }

    @discardableResult
    private func command(_ method: String, _ path: String, _ body: JSONValue = [:]) async throws -> JSONValue {
        let response = try await http.send(
            HTTPRequest(method: method, url: control + path, body: body.serialized()), maximumBodyBytes: 1 << 20)
        let answer = try JSONValue(parsing: response.body)
        guard response.status == 200 else { throw FaultProxyError(detail: answer["error"]?.stringValue ?? "") }
        return answer
    }
}

/// The proxy did not understand a command.
struct FaultProxyError: Error { let detail: String }

/// The folder that Package.swift lies in.
let repositoryPath = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(
    separator: "/")

/// A program that says with its first line that it is ready, and ends with its owner.
final class Child: Sendable {
    let firstLine: String
    private let process: pid_t
    // Written once and closed once, by the only owner, so that any thread may do it.
    nonisolated(unsafe) private let output: UnsafeMutablePointer<FILE>

    /// Blocks until the first line is there.
    init(_ command: String) {
        guard let output = popen("echo $$; \(command) </dev/null", "r") else {
            preconditionFailure("cannot start \(command)")
        }
        self.output = output
        process = pid_t(Self.line(output)) ?? 0
        firstLine = Self.line(output)
    }

    deinit {
        // The child inherits the signal mask of a pool's thread, which lets nothing else through.
        if process > 0 { kill(process, SIGKILL) }
        pclose(output)
    }

    private static func line(_ file: UnsafeMutablePointer<FILE>) -> String {
        var line: [UInt8] = []
        while true {
            let byte = getc(file)
            if byte == EOF || byte == 0x0A { return String(decoding: line, as: UTF8.self) }
            line.append(UInt8(byte))
        }
    }
}
