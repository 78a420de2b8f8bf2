import Base
import Glibc
import HTTPClient

@testable import KubeClient

/// Ways into the API server that `CALLBOARD_TEST_KUBECONFIG` names: a namespace with service accounts, and a folder for
/// kubeconfigs.
struct RealAccess {
    let admin: KubernetesClient
    let namespace = "access-\(UInt32.random(in: 0 ... .max))"
    let folder: String

    init() async throws {
        let file = environmentVariable("CALLBOARD_TEST_KUBECONFIG")
        admin = KubernetesClient(
            try await ClusterConfiguration.load(kubeconfig: file), http: HTTPClient(name: "admin"), version: "test")
        folder = "/tmp/callboard-access-\(UInt64.random(in: 0 ... .max))"
        mkdir(folder, 0o700)
        _ = try await admin.create("/api/v1/namespaces", ["metadata": ["name": .string(namespace)]])
    }

    /// Removes what was made.
    func end() async {
        try? await admin.delete("/api/v1/namespaces/\(namespace)")
        _ = try? await Subprocess("rm", arguments: ["-rf", folder], deadline: .seconds(10)).run()
    }

    /// The configuration of the test's own access, without any identity.
    var anonymous: ClusterConfiguration {
        var configuration = admin.configuration
        configuration.credentials = .none
        configuration.tls.clientCertificatePEM = nil
        configuration.tls.clientKeyPEM = nil
        return configuration
    }

    /// The cluster as a kubeconfig has it.
    var cluster: String {
        let authority = Base64.encode(admin.configuration.tls.certificateAuthorityPEM ?? [])
        return "{server: '\(admin.configuration.server)', certificate-authority-data: \(authority)}"
    }

    /// Makes a service account and a token for it.
    func token(of account: String) async throws -> String {
        let path = "/api/v1/namespaces/\(namespace)/serviceaccounts"
        _ = try? await admin.create(path, ["metadata": ["name": .string(account)]])
        let answer = try await admin.create(
            "\(path)/\(account)/token",
            [
                "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
                "spec": ["expirationSeconds": 600],
            ])
        return answer["status"]?["token"]?.stringValue ?? ""
    }

    func user(_ account: String) -> String { "system:serviceaccount:\(namespace):\(account)" }

    @discardableResult
    func file(_ name: String, _ text: String) throws -> String {
        try write(text, to: "\(folder)/\(name)")
        return "\(folder)/\(name)"
    }

    func client(
        _ configuration: ClusterConfiguration, clock: some Clock<Duration> = ContinuousClock()
    ) -> KubernetesClient {
        KubernetesClient(
            configuration, http: HTTPClient(name: "access"), version: "test", clock: clock,
            logger: Logger("test", sink: { _ in }))
    }

    /// Whom the server takes the client for: it says so when it refuses something.
    func identity(_ client: KubernetesClient) async throws -> String {
        do {
            _ = try await client.get("/api/v1/nodes")
            return "somebody who may list nodes"
        } catch let error as KubernetesError where error.code == .forbidden {
            let words = error.detail.split(separator: "\"", omittingEmptySubsequences: false)
            return words.count > 1 ? String(words[1]) : error.detail
        }
    }
}
