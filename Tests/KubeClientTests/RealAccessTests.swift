import Base
import Glibc
import HTTPClient
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

/// Every way to authenticate and to trust, against a real API server.
@Suite("Access to a real cluster", .enabled(if: environmentVariable("CALLBOARD_TEST_KUBECONFIG") != nil))
struct RealAccessTests {
    private func with(_ body: (RealAccess) async throws -> Void) async throws {
        let access = try await RealAccess()
        do {
            try await body(access)
        } catch {
            await access.end()
            throw error
        }
        await access.end()
    }

    private static var clientAuthority: String? {
        guard let cluster = environmentVariable("CALLBOARD_TEST_CLUSTER") else { return nil }
        let authority = cluster + "/pki/client-ca"
        return Glibc.access(authority + ".key", R_OK) == 0 ? authority : nil
    }

    /// Makes `c.pem` and `k.pem` for a user in the folder of kubeconfigs.
    private func makeCertificate(_ access: RealAccess, of user: String) async throws {
        let authority = try #require(Self.clientAuthority)
        let script = """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -CA '\(authority).crt' \
                -CAkey '\(authority).key' -keyout k.pem -out c.pem -subj /O=dev/CN=\(user) -days 1 \
                -addext basicConstraints=CA:FALSE
            """
        let result = try await Subprocess(
            "sh", arguments: ["-c", "cd '\(access.folder)' && \(script)"],
            environment: Subprocess.inheritedEnvironment, deadline: .seconds(20)
        ).run()
        #expect(result.ending == .exited(status: 0))
    }

    private func kubeconfig(_ access: RealAccess, user: String) throws -> String {
        try access.file(
            "config",
            """
            current-context: a
            clusters: [{name: c, cluster: \(access.cluster)}]
            contexts: [{name: a, context: {cluster: c, user: u}}]
            users: [{name: u, user: {\(user)}}]
            """)
    }

    @Test(
        "a client certificate is an identity, and a new one in its file is used, on a new connection, within five minutes",
        .enabled(if: clientAuthority != nil))
    func clientCertificate() async throws {
        try await with { access in
            try await makeCertificate(access, of: "jane")
            let kubeconfig = try kubeconfig(access, user: "client-certificate: c.pem, client-key: k.pem")
            let configuration = try await ClusterConfiguration.load(kubeconfig: kubeconfig)
            #expect(configuration.tlsFiles.clientKey == access.folder + "/k.pem")
            let clock = ManualClock()
            let client = access.client(configuration, clock: clock)
            #expect(try await access.identity(client) == "jane")
            try await makeCertificate(access, of: "joan")
            #expect(try await access.identity(client) == "jane")
            clock.advance(by: .seconds(300))
            #expect(try await access.identity(client) == "joan")
        }
    }

    @Test("an exec plugin may give a client certificate", .enabled(if: clientAuthority != nil))
    func execCertificate() async throws {
        try await with { access in
            let pem = #"$(awk '{printf "%s\\n", $0}' \#(access.folder)/"#
            try access.file(
                "login.sh",
                #"""
                printf '%s' "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{"
                printf '%s' "\"expirationTimestamp\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\","
                printf '%s' "\"clientCertificateData\":\"\#(pem)c.pem)\",\"clientKeyData\":\"\#(pem)k.pem)\"}}"
                """#)
            let script = access.folder + "/login.sh"
            let kubeconfig = try kubeconfig(
                access,
                user: "exec: {command: sh, args: ['\(script)'], apiVersion: client.authentication.k8s.io/v1}")
            let client = access.client(try await ClusterConfiguration.load(kubeconfig: kubeconfig))
            for user in ["jane", "joan"] {
                try await makeCertificate(access, of: user)
                #expect(try await access.identity(client) == user)
            }
        }
    }

    @Test("a token file is read again after a minute, and at once when the server refuses the token")
    func tokenRotation() async throws {
        try await with { access in
            let clock = ManualClock()
            let file = try access.file("token", try await access.token(of: "first") + "\n")
            var configuration = access.anonymous
            configuration.credentials = .tokenFile(path: file, initial: nil)
            let client = access.client(configuration, clock: clock)
            #expect(try await access.identity(client) == access.user("first"))
            try access.file("token", try await access.token(of: "second"))
            #expect(try await access.identity(client) == access.user("first"))
            clock.advance(by: .seconds(60))
            #expect(try await access.identity(client) == access.user("second"))
            // A token that the server refuses: the request that finds out reads the new one and succeeds.
            try access.file("token", "expired")
            clock.advance(by: .seconds(60))
            let refused = await #expect(throws: KubernetesError.self) { _ = try await client.get("/api/v1/nodes") }
            #expect(refused?.code == .unauthorized)
            try access.file("token", try await access.token(of: "third"))
            #expect(try await access.identity(client) == access.user("third"))
        }
    }

    @Test("whom we act as is who the server sees, with the groups given")
    func impersonation() async throws {
        try await with { access in
            var configuration = access.admin.configuration
            configuration.impersonation = Impersonation(user: "jane doe", extra: ["example.com/scope": ["a", "b"]])
            let user = try await access.identity(access.client(configuration))
            #expect(user == "jane doe")
            configuration.impersonation?.groups = ["dev", "system:masters"]
            #expect(try await access.identity(access.client(configuration)) == "somebody who may list nodes")
        }
    }

    @Test("an exec plugin that is a shell script gives the token, and gives another one when that is refused")
    func execPlugin() async throws {
        try await with { access in
            try access.file("token", "expired")
            let script = try access.file(
                "login.sh",
                """
                #!/bin/sh
                cd "$(dirname "$0")" && echo x >>runs
                case "$KUBERNETES_EXEC_INFO" in *'"server":"\(access.admin.configuration.server)"'*) ;; *) exit 3 ;; esac
                printf '{"kind":"ExecCredential","apiVersion":"%s","status":{"token":"%s"}}' "$1" "$(cat token)"
                """)
            chmod(script, 0o700)
            let kubeconfig = try access.file(
                "config",
                """
                current-context: a
                clusters: [{name: c, cluster: \(access.cluster)}]
                contexts: [{name: a, context: {cluster: c, user: u}}]
                users:
                - name: u
                  user:
                    exec:
                      command: ./login.sh
                      args: [client.authentication.k8s.io/v1beta1]
                      apiVersion: client.authentication.k8s.io/v1beta1
                      provideClusterInfo: true
                      interactiveMode: Never
                """)
            let client = access.client(try await ClusterConfiguration.load(kubeconfig: kubeconfig))
            let refused = await #expect(throws: KubernetesError.self) { _ = try await client.get("/api/v1/nodes") }
            #expect(refused?.code == .unauthorized)
            try access.file("token", try await access.token(of: "plugin"))
            for _ in 0..<3 { #expect(try await access.identity(client) == access.user("plugin")) }
            // Two for the refused token, one for the good one.
            #expect(try readFile(access.folder + "/runs") == Array("x\nx\nx\n".utf8))
        }
    }

    @Test("several kubeconfigs are one, with paths relative to their own file")
    func merged() async throws {
        try await with { access in
            mkdir(access.folder + "/b", 0o700)
            let authority = String(decoding: access.anonymous.tls.certificateAuthorityPEM ?? [], as: UTF8.self)
            try access.file("b/ca.crt", authority)
            try access.file("token", try await access.token(of: "merged"))
            let first = try access.file(
                "one",
                """
                current-context: a
                users: [{name: u, user: {tokenFile: token}}]
                contexts: [{name: a, context: {cluster: c, user: u}}]
                """)
            let second = try access.file(
                "b/two",
                """
                current-context: other
                users: [{name: u, user: {token: wrong}}]
                clusters: [{name: c, cluster: {server: '\(access.anonymous.server)', certificate-authority: ca.crt}}]
                """)
            let configuration = try ClusterConfiguration.find(
                kubeconfig: nil, context: nil,
                environment: { ["KUBECONFIG": "\(first):\(access.folder)/missing:\(second)"][$0] },
                read: ClusterConfiguration.readFromDisk)
            #expect(try await access.identity(access.client(configuration)) == access.user("merged"))
        }
    }

    @Test("a server of another authority is refused in clear words, until the right authority is in the file")
    func authority() async throws {
        try await with { access in
            let script = """
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -subj /CN=other -days 1 \
                    -keyout /dev/null -out '\(access.folder)/ca.crt'
                """
            _ = try await Subprocess(
                "sh", arguments: ["-c", script], environment: Subprocess.inheritedEnvironment, deadline: .seconds(20)
            ).run()
            let path = access.folder + "/ca.crt"
            var configuration = access.anonymous
            configuration.credentials = .token(try await access.token(of: "trust"))
            configuration.tls.certificateAuthorityPEM = try readFile(path)
            configuration.tlsFiles.certificateAuthority = path
            let client = access.client(configuration)
            let error = await #expect(throws: KubernetesError.self) { _ = try await client.get("/version") }
            #expect(error?.code == .unreachable)
            #expect(error?.detail.contains("SSL certificate problem") == true, "\(String(describing: error))")
            let right = String(decoding: access.anonymous.tls.certificateAuthorityPEM ?? [], as: UTF8.self)
            try access.file("ca.crt", right)
            #expect(try await access.identity(client) == access.user("trust"))
        }
    }

    @Test("a Secret with a kubeconfig is a cluster that serves, found with the right to list Secrets there alone")
    func secret() async throws {
        try await with { access in
            let token = try await access.token(of: "finder")
            let rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/\(access.namespace)"
            _ = try await access.admin.create(
                rbac + "/roles",
                [
                    "metadata": ["name": "finder"],
                    "rules": [["apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]]],
                ])
            _ = try await access.admin.create(
                rbac + "/rolebindings",
                [
                    "metadata": ["name": "finder"],
                    "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "finder"],
                    "subjects": [["kind": "ServiceAccount", "name": "finder", "namespace": .string(access.namespace)]],
                ])
            var configuration = access.anonymous
            configuration.credentials = .token(token)
            try await follow(access, access.client(configuration))
        }
    }

    private func follow(_ access: RealAccess, _ client: KubernetesClient) async throws {
        let last = Mutex(ClusterReading())
        let secrets = ClusterSecrets(client: client, namespace: access.namespace, interval: .milliseconds(50))
        let task = Task { await secrets.run { reading in last.withLock { $0 = reading } } }
        defer { task.cancel() }
        let path = "/api/v1/namespaces/\(access.namespace)/secrets"
        let kubeconfig = """
            current-context: a
            clusters: [{name: c, cluster: \(access.cluster)}]
            contexts: [{name: a, context: {cluster: c, user: u}}]
            users: [{name: u, user: {token: \(try await access.token(of: "remote"))}}]
            """
        for (name, labels) in [("remote", ["callboard.dev/cluster": "true"]), ("other", [:])] as [(String, JSONValue)] {
            _ = try await access.admin.create(
                path,
                [
                    "metadata": ["name": .string(name), "labels": labels],
                    "stringData": ["kubeconfig": .string(kubeconfig), "title": "Remote"],
                ])
        }
        #expect(await eventually { last.withLock { $0.definitions.map(\.name) } == ["remote"] })
        #expect(last.withLock { $0.problems }.isEmpty)
        let definition = try #require(last.withLock { $0.definitions.first })
        #expect(definition.title == "Remote")
        #expect(try await access.identity(access.client(definition.access)) == access.user("remote"))
        _ = try await access.admin.patch("\(path)/remote", .merge, ["stringData": ["kubeconfig": "nonsense"]])
        #expect(await eventually { last.withLock { $0.problems.map(\.cluster) } == ["remote"] })
        #expect(last.withLock { $0.definitions } == [definition])
        try await access.admin.delete("\(path)/remote")
        #expect(await eventually { last.withLock { $0 } == ClusterReading() })
    }
}
