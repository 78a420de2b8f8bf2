import Base
import HTTPClient
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

/// What a client sends of who it is, and what it does when the way is bad.
@Suite("Client access")
struct ClientAccessTests {
    private let path = "/api/v1/namespaces"

    private func client(
        _ server: ScriptedServer, logger: Logger = Logger("test", sink: { _ in }),
        _ change: (inout ClusterConfiguration) -> Void
    ) -> KubernetesClient {
        var configuration = ClusterConfiguration(server: server.url)
        change(&configuration)
        return KubernetesClient(
            configuration, http: HTTPClient(name: "test"), version: "0", clock: SkippingClock(), logger: logger)
    }

    @Test("a user name and password are sent, and whom we act as")
    func headers() async throws {
        let server = try ScriptedServer(.bytes(Array("{}".utf8), .end))
        let client = client(server) {
            $0.credentials = .basic(user: "me", password: "pä:ss")
            $0.impersonation = Impersonation(user: "jane", groups: ["a", "b"], extra: ["k": ["v"]])
        }
        _ = try await client.get(path)
        let headers = try #require(server.requests.first).headers
        #expect(headers["Authorization"] == "Basic " + Base64.encode(Array("me:pä:ss".utf8)))
        #expect(headers["Impersonate-User"] == "jane")
        #expect(headers.all("Impersonate-Group") == ["a", "b"])
        #expect(headers["Impersonate-Extra-k"] == "v")
        #expect(headers["Impersonate-Uid"] == nil)
    }

    @Test("a plugin's token is sent, and asked for again when the server refuses it")
    func exec() async throws {
        let file = "/tmp/callboard-exec-\(UInt64.random(in: 0 ... .max))"
        defer { remove(file) }
        let server = try ScriptedServer(
            .bytes(Array("{}".utf8), .end), .status(401, reason: "Unauthorized"), .bytes(Array("{}".utf8), .end))
        var plugin = ExecPlugin(command: "sh", apiVersion: "client.authentication.k8s.io/v1")
        let answer = #"{"kind":"ExecCredential","apiVersion":"'"$0"'","status":{"token":"'"$n"'"}}"#
        let count = "echo x >> \(file); n=$(wc -l < \(file))"
        plugin.arguments = ["-c", "\(count); echo '\(answer)'", plugin.apiVersion]
        let client = client(server) { $0.credentials = .exec(plugin) }
        _ = try await client.get(path)
        _ = try await client.get(path)
        #expect(server.requests.map { $0.headers["Authorization"] } == ["Bearer 1", "Bearer 1", "Bearer 2"])
    }

    @Test(
        "a plugin's certificate is asked for again when TLS fails with it; a token alone is not",
        arguments: [true, false])
    func execCertificate(isShown: Bool) async throws {
        let file = "/tmp/callboard-exec-\(UInt64.random(in: 0 ... .max))"
        defer { remove(file) }
        var plugin = ExecPlugin(command: "sh", apiVersion: "client.authentication.k8s.io/v1")
        let certificate = #","clientCertificateData":"-----BEGIN '"$n"'","clientKeyData":"-----BEGIN k""#
        let status = #"{"token":"t"\#(isShown ? certificate : "")}"#
        let answer = #"{"kind":"ExecCredential","apiVersion":"\#(plugin.apiVersion)","status":\#(status)}"#
        plugin.arguments = ["-c", "echo x >> \(file); n=$(wc -l < \(file)); echo '\(answer)'"]
        var configuration = ClusterConfiguration(server: "https://one", credentials: .exec(plugin))
        configuration.tls.certificateAuthorityPEM = Array("-----BEGIN authority".utf8)
        let access = ClusterAccess(configuration, clock: ManualClock(), logger: Logger("test", sink: { _ in }))
        func shown(_ grant: ClusterAccess.Grant) -> String? {
            grant.tls.clientCertificatePEM.map { String(decoding: $0, as: UTF8.self) }
        }
        let first = try await access.grant()
        #expect(shown(first) == (isShown ? "-----BEGIN 1" : nil))
        #expect(await access.failTLS(first) == isShown)
        let second = try await access.grant()
        #expect(shown(second) == (isShown ? "-----BEGIN 2" : nil))
        // Another request that failed with the old one tries the new one, and the plugin rests.
        #expect(await access.failTLS(first) == isShown)
        #expect(shown(try await access.grant()) == shown(second))
        #expect(try readFile(file, maximumBytes: 100).count == (isShown ? 4 : 2))
    }

    @Test("a plugin that fails is an error that names it, and nothing is sent")
    func execFails() async throws {
        let server = try ScriptedServer()
        let client = client(server) {
            $0.credentials = .exec(ExecPlugin(command: "/no/such", apiVersion: "client.authentication.k8s.io/v1"))
        }
        let error = await #expect(throws: KubernetesError.self) { _ = try await client.get(path) }
        #expect(error?.code == .unauthorized)
        #expect(error?.detail == "exec plugin /no/such: No such file or directory")
        await #expect(throws: KubernetesError.self) { _ = try await client.open(KubernetesRequest("GET", path)) }
        #expect(server.requests.isEmpty)
    }

    @Test("an answer cut off is asked for again, but only where that cannot do harm")
    func lostConnection() async throws {
        let server = try ScriptedServer(
            .bytes([], .cut), .bytes([], .cut), .bytes(Array("{}".utf8), .end), .bytes([], .cut))
        let client = client(server) { _ in }
        _ = try await client.get(path)
        #expect(server.requests.count == 3)
        let error = await #expect(throws: KubernetesError.self) { _ = try await client.create(path, [:]) }
        #expect(error?.code == .connectionLost)
        #expect(server.requests.count == 4)
    }

    @Test("a connection that the server closes after its answer is replaced by a new one")
    func closedConnection() async throws {
        let close: HTTPHeaders = ["Connection": "close", "Retry-After": "1"]
        let server = try ScriptedServer(
            .refusal(429, headers: close), .refusal(503, headers: close), .bytes(Array("{}".utf8), .end))
        _ = try await client(server) { _ in }.get(path)
        #expect(server.requests.count == 3)
    }

    @Test("what the server warns about is logged once, with the request")
    func warnings() async throws {
        let warning: HTTPHeaders = ["Warning": "299 - \"batch/v1beta1 CronJob is deprecated\""]
        let server = try ScriptedServer(
            .refusal(404, headers: warning), .refusal(404, headers: warning), .refusal(404, headers: warning))
        let lines = Mutex<[String]>([])
        let logger = Logger(
            "test", sink: { line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } })
        let client = client(server, logger: logger) { _ in }
        for _ in 0..<2 { _ = try? await client.get(path) }
        _ = try? await client.open(KubernetesRequest("GET", path))
        #expect(lines.withLock { $0.count } == 1)
        #expect(lines.withLock { $0[0].contains(#""warning":"batch/v1beta1 CronJob is deprecated""#) })
        #expect(lines.withLock { $0[0].contains(#""server":"\#(server.url)""#) })
    }

    @Test("writes that would wait too long for their turn are refused by ourselves")
    func turns() async throws {
        // It answers nobody, so that the refusals come first.
        let server = try ScriptedServer()
        let waits = Mutex<[Duration]>([])
        let configuration = ClusterConfiguration(server: server.url)
        // On this clock nobody's turn comes.
        let client = KubernetesClient(
            configuration, http: HTTPClient(name: "test"), version: "0", clock: ManualClock()
        ) { observation in
            if case .turn(_, let wait) = observation { waits.withLock { $0.append(wait) } }
        }
        let path = path
        await withTaskGroup(of: KubernetesError.Code?.self) { group in
            for _ in 0..<640 {
                group.addTask {
                    do {
                        _ = try await client.create(path, [:])
                        return nil
                    } catch {
                        return (error as? KubernetesError)?.code
                    }
                }
            }
            // 30 at once, which the server does not all answer, and 600 in thirty seconds, so the other ten are refused.
            var refused = 0
            while refused < 10, let code = await group.next() { refused += code == .tooManyRequests ? 1 : 0 }
            #expect(refused == 10)
            group.cancelAll()
        }
        #expect(waits.withLock { $0.count } == 630)
        #expect(waits.withLock { $0.max() } == .seconds(30))
    }
}
