import Base
import HTTPClient
import Testing

@testable import KubeClient

@Suite("Cluster configuration")
struct ConfigurationTests {
    private static let certificate = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n"
    private static let key = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n"

    private func find(
        _ files: [String: String], environment: [String: String] = ["KUBECONFIG": "/home/me/config"],
        kubeconfig: String? = nil, context: String? = nil
    ) throws(ConfigurationError) -> ClusterConfiguration {
        try ClusterConfiguration.find(
            kubeconfig: kubeconfig, context: context, environment: { environment[$0] },
            read: { (path) throws(FileError) in
                guard let text = files[path] else {
                    throw FileError(code: .notFound, path: path, detail: "No such file or directory")
                }
                return Array(text.utf8)
            })
    }

    private func kubeconfig(cluster: String = "server: https://one:6443", user: String = "token: secret") -> String {
        """
        apiVersion: v1
        kind: Config
        current-context: dev
        clusters: [{name: c, cluster: {\(cluster)}}]
        contexts: [{name: dev, context: {cluster: c, user: u}}]
        users: [{name: u, user: {\(user)}}]
        """
    }

    @Test("a user name and a password, and no compression")
    func basic() throws {
        let configuration = try find([
            "/home/me/config": kubeconfig(
                cluster: "server: https://one, disable-compression: true", user: "username: me, password: secret")
        ])
        #expect(configuration.credentials == .basic(user: "me", password: "secret"))
        #expect(configuration.disableCompression)
        #expect(try !find(["/home/me/config": kubeconfig()]).disableCompression)
    }

    @Test(
        "a configuration that is printed keeps its secrets",
        arguments: [
            "token: hidden", "token: hidden, tokenFile: /t", "username: u, password: hidden",
            "exec: {command: c, apiVersion: client.authentication.k8s.io/v1, env: [{name: A, value: hidden}]}",
        ])
    func printing(user: String) throws {
        let configuration = try find(["/home/me/config": kubeconfig(user: user)])
        let definition = ClusterDefinition(name: "c", access: configuration)
        #expect("\(configuration)" == "dev (https://one:6443)")
        #expect(!"\(definition) \(configuration.credentials)".contains("hidden"))
    }

    @Test("whom to act as")
    func impersonation() throws {
        let user = "token: t, as: jane, as-uid: u1, as-groups: [dev, ops], as-user-extra: {'a/b c': [x, y]}"
        let configuration = try find(["/home/me/config": kubeconfig(user: user)])
        let expected = Impersonation(user: "jane", uid: "u1", groups: ["dev", "ops"], extra: ["a/b c": ["x", "y"]])
        #expect(configuration.impersonation == expected)
        #expect(configuration.credentials == .token("t"))
        #expect(expected.headers.all("Impersonate-Group") == ["dev", "ops"])
        #expect(expected.headers.all("Impersonate-Extra-a%2Fb%20c") == ["x", "y"])
        #expect(expected.headers["Impersonate-Uid"] == "u1")
        #expect(try find(["/home/me/config": kubeconfig()]).impersonation == nil)
    }

    @Test("keys that nobody knows are ignored")
    func unknownKeys() throws {
        let text = kubeconfig(cluster: "server: https://one, new: {a: b}", user: "token: t, newer: [1]") + "\nnewest: 1"
        #expect(try find(["/home/me/config": text]).credentials == .token("t"))
    }

    private static let exec = """
        exec: {command: ./bin/login, apiVersion: client.authentication.k8s.io/v1beta1, args: [-v, get],
          env: [{name: A, value: b}, {name: EMPTY}], installHint: get it, provideClusterInfo: true,
          interactiveMode: IfAvailable, new: 1}
        """

    @Test("an exec plugin: a path is relative to the file, and the plugin is told of the cluster if it wants")
    func exec() throws {
        let authority = Base64.encode(Array(Self.certificate.utf8))
        let cluster = """
            server: https://one, certificate-authority-data: \(authority), tls-server-name: s,
              proxy-url: 'http://p', disable-compression: true,
              extensions: [{name: other, extension: 1}, {name: client.authentication.k8s.io/exec, extension: {id: 5}}]
            """
        let configuration = try find(["/home/me/config": kubeconfig(cluster: cluster, user: Self.exec)])
        guard case .exec(let plugin) = configuration.credentials else {
            Issue.record("expected a plugin, found \(configuration.credentials)")
            return
        }
        #expect(plugin.command == "/home/me/./bin/login")
        #expect(plugin.arguments == ["-v", "get"])
        #expect(plugin.environment == [.init(name: "A", value: "b"), .init(name: "EMPTY", value: "")])
        #expect(plugin.installHint == "get it")
        let information: JSONValue = [
            "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1",
            "spec": [
                "interactive": false,
                "cluster": [
                    "server": "https://one", "tls-server-name": "s", "certificate-authority-data": .string(authority),
                    "proxy-url": "http://p", "disable-compression": true, "config": ["id": 5],
                ],
            ],
        ]
        #expect(plugin.information == information)
    }

    @Test(
        "a plugin is asked only where nothing else is given",
        arguments: ["token: t", "tokenFile: /t", "username: u, password: p", "client-certificate: c, client-key: c"])
    func execIsLast(other: String) throws {
        let user = other + ", exec: {command: aws, apiVersion: client.authentication.k8s.io/v1}"
        let configuration = try find([
            "/home/me/config": kubeconfig(user: user), "/home/me/c": Self.certificate + Self.key,
        ])
        if case .exec = configuration.credentials { Issue.record("the plugin would be asked") }
        let alone = try find([
            "/home/me/config": kubeconfig(user: "exec: {command: aws, apiVersion: client.authentication.k8s.io/v1}")
        ])
        let plugin = ExecPlugin(command: "aws", apiVersion: "client.authentication.k8s.io/v1")
        #expect(alone.credentials == .exec(plugin))
    }

    @Test("the files that trust and identity come from are remembered, to be read again")
    func files() throws {
        let configuration = try find([
            "/home/me/config": kubeconfig(
                cluster: "server: https://one, certificate-authority: ca.crt",
                user: "client-certificate: /c, client-key: k"),
            "/home/me/ca.crt": Self.certificate, "/c": Self.certificate, "/home/me/k": Self.key,
        ])
        #expect(
            configuration.tlsFiles
                == .init(certificateAuthority: "/home/me/ca.crt", clientCertificate: "/c", clientKey: "/home/me/k"))
    }

    @Test(
        "the host that metrics name is that of the URL",
        arguments: [
            ("https://one:6443", "one:6443"), ("https://rancher.example/k8s/clusters/c-1", "rancher.example"),
            ("http://[::1]:80", "[::1]:80"),
        ])
    func host(server: String, host: String) { #expect(ClusterConfiguration(server: server).host == host) }

    @Test("a kubeconfig with data, in YAML")
    func data() throws {
        let authority = Base64.encode(Array(Self.certificate.utf8))
        let configuration = try find([
            "/home/me/config": """
            current-context: dev
            clusters:
            - name: one
              cluster:
                server: https://10.0.0.1:6443/
                certificate-authority-data: \(authority)
                certificate-authority: ignored-because-data-wins.crt
                tls-server-name: kubernetes
                proxy-url: socks5://proxy:1080
            contexts:
            - {name: dev, context: {cluster: one, user: me, namespace: shop}}
            users:
            - {name: me, user: {client-certificate-data: \(authority), client-key: key.pem}}
            """,
            "/home/me/key.pem": Self.key,
        ])
        #expect(configuration.server == "https://10.0.0.1:6443")
        #expect(configuration.tls.certificateAuthorityPEM == Array(Self.certificate.utf8))
        #expect(configuration.tls.clientCertificatePEM == Array(Self.certificate.utf8))
        #expect(configuration.tls.clientKeyPEM == Array(Self.key.utf8))
        #expect(configuration.tls.serverName == "kubernetes")
        #expect(!configuration.tls.insecureSkipVerify)
        #expect(configuration.proxy == "socks5://proxy:1080")
        #expect(configuration.namespace == "shop")
        #expect(configuration.name == "dev")
        #expect(configuration.credentials == .none)
    }

    @Test("a kubeconfig in JSON, with another context than the current one")
    func json() throws {
        let configuration = try find(
            [
                "/home/me/config": """
                {"current-context":"a","clusters":[{"name":"c","cluster":{"server":"http://localhost:8080"}}],
                 "contexts":[{"name":"a","context":{"cluster":"none"}},{"name":"b","context":{"cluster":"c","user":"u"}}],
                 "users":[{"name":"u","user":{"tokenFile":"token","token":"first"}}]}
                """
            ], context: "b")
        #expect(configuration.server == "http://localhost:8080")
        #expect(configuration.credentials == .tokenFile(path: "/home/me/token", initial: "first"))
        #expect(configuration.namespace == "default")
    }

    @Test("of several files the first that has an entry counts, and paths are relative to their own file")
    func merging() throws {
        let configuration = try find(
            [
                "/a/config": """
                current-context: dev
                clusters: [{name: one, cluster: {server: "https://first", certificate-authority: ca.crt}}]
                """,
                "/b/config": """
                current-context: other
                clusters: [{name: one, cluster: {server: "https://second"}}]
                contexts: [{name: dev, context: {cluster: one, user: me}}]
                users: [{name: me, user: {tokenFile: ../token}}]
                """,
                "/a/ca.crt": Self.certificate,
            ], environment: ["KUBECONFIG": "/a/config:/missing:/b/config:"])
        #expect(configuration.server == "https://first")
        #expect(configuration.tls.certificateAuthorityPEM != nil)
        #expect(configuration.credentials == .tokenFile(path: "/b/../token", initial: nil))
    }

    @Test("a given file comes before KUBECONFIG, that before the pod's account, that before the home directory")
    func precedence() throws {
        let files = [
            "/given": kubeconfig(cluster: "server: https://given"),
            "/env": kubeconfig(cluster: "server: https://env"),
            "/root/.kube/config": kubeconfig(cluster: "server: https://home"),
        ]
        var environment = ["KUBECONFIG": "/env", "HOME": "/root"]
        #expect(try find(files, environment: environment, kubeconfig: "/given").server == "https://given")
        #expect(try find(files, environment: environment).server == "https://env")
        environment["KUBECONFIG"] = nil
        #expect(try find(files, environment: environment).server == "https://home")
        environment["KUBERNETES_SERVICE_HOST"] = "10.0.0.1"
        #expect(throws: ConfigurationError.self) { try find(files, environment: environment) }
    }

    @Test(
        "what is wrong is said with file and key",
        arguments: [
            ("server: ftp://x", "", "/home/me/config: clusters[c].cluster.server"),
            ("server: 5", "", "clusters[c].cluster.server: expected a string, found"),
            ("tls-server-name: x", "", "clusters[c].cluster.server: expected a value"),
            (
                "server: https://x, certificate-authority-data: '%%'", "",
                "cluster.certificate-authority-data: expected PEM in Base64"
            ),
            (
                "server: https://x, certificate-authority-data: YWJj", "",
                "cluster.certificate-authority-data: expected PEM in Base64"
            ),
            (
                "server: https://x, certificate-authority: no.crt", "",
                "/home/me/no.crt: clusters[c].cluster.certificate-authority"
            ),
            ("server: https://x, certificate-authority: config", "", "expected PEM"),
            (
                "server: https://x, insecure-skip-tls-verify: 'yes'", "",
                "insecure-skip-tls-verify: expected true or false"
            ),
            (
                "server: https://x, insecure-skip-tls-verify: true, certificate-authority: ca.crt", "",
                "expected false beside"
            ),
            ("server: https://x, proxy-url: ftp://p", "", "cluster.proxy-url: expected a URL"),
            ("server: 'https://me:secret@x'", "", "clusters[c].cluster.server: expected an http or https URL"),
            ("server: 'https://'", "", "clusters[c].cluster.server: expected an http or https URL"),
            ("server: 'https://x?a=b'", "", "clusters[c].cluster.server: expected an http or https URL"),
            ("server: https://x, disable-compression: 1", "", "disable-compression: expected true or false"),
            ("server: https://x", "auth-provider: {name: gcp}", "users[u].user.auth-provider: not supported"),
            ("server: https://x", "password: secret", "users[u].user.username: expected a value"),
            ("server: https://x", "username: 'a:b', password: secret", "users[u].user.username: expected a name"),
            ("server: https://x", "username: me, token: secret", "users[u].user.username: expected no user name"),
            ("server: https://x", "as-groups: [a], token: secret", "users[u].user.as: expected the user to act as"),
            ("server: https://x", "as: a, as-groups: b", "users[u].user.as-groups: expected a list"),
            ("server: https://x", "as: a, as-groups: [1]", "users[u].user.as-groups[0]: expected a string"),
            ("server: https://x", "as: a, as-user-extra: {k: v}", "users[u].user.as-user-extra.k: expected a list"),
            ("server: https://x", "as: a, as-user-extra: [k]", "users[u].user.as-user-extra: expected an object"),
            ("server: https://x", "exec: aws", "users[u].user.exec: expected an object"),
            (
                "server: https://x", "exec: {apiVersion: client.authentication.k8s.io/v1}",
                "exec.command: expected a value"
            ),
            ("server: https://x", "exec: {command: aws}", "users[u].user.exec.apiVersion: expected a value"),
            (
                "server: https://x", "exec: {command: aws, apiVersion: client.authentication.k8s.io/v1alpha1}",
                "exec.apiVersion: expected client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1"
            ),
            (
                "server: https://x",
                "exec: {command: aws, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always}",
                "exec.interactiveMode: Always is not supported"
            ),
            (
                "server: https://x",
                "exec: {command: aws, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Often}",
                "exec.interactiveMode: expected Never, IfAvailable or Always"
            ),
            (
                "server: https://x",
                "exec: {command: aws, apiVersion: client.authentication.k8s.io/v1, env: [{value: secret}]}",
                "exec.env[0].name: expected a value"
            ),
            ("server: https://x", "client-certificate: ca.crt", "users[u].user.client-key: expected a value"),
            ("server: https://x", "client-key: ca.crt", "users[u].user.client-certificate: expected a value"),
            ("server: https://x", "token: [secret]", "users[u].user.token: expected a string"),
        ])
    func wrong(cluster: String, user: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try find(["/home/me/config": kubeconfig(cluster: cluster, user: user), "/home/me/ca.crt": Self.certificate])
        }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
        #expect(error?.description.contains("secret") != true)
    }

    @Test(
        "a file that is no kubeconfig is named",
        arguments: [
            ("- a", "expected a kubeconfig, found array"), ("a: [", "expected YAML or JSON"),
            ("clusters: {}", "clusters: expected a list"), ("clusters: [{cluster: {}}]", "clusters[0].name"),
            ("", "current-context: expected the name of a context (have: none)"),
            ("current-context: dev", "contexts: expected an entry named dev (have: none)"),
            (
                "current-context: dev\ncontexts: [{name: dev, context: {cluster: c}}]\nclusters: [{name: d}, {name: a}]",
                "clusters: expected an entry named c (have: a, d)"
            ),
        ])
    func noKubeconfig(text: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) { try find(["/home/me/config": text]) }
        #expect(error?.description.contains("/home/me/config: ") == true)
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }

    @Test("files that are not there are named")
    func missing() {
        let error = #expect(throws: ConfigurationError.self) { try find([:], kubeconfig: "/nowhere") }
        #expect(error?.description == "/nowhere: No such file or directory")
        #expect(throws: ConfigurationError.self) { try find([:], environment: ["KUBECONFIG": "/a:/b"]) }
        #expect(throws: ConfigurationError.self) { try find([:], environment: [:]) }
    }

    // MARK: In the cluster

    private func inCluster(
        _ files: [String: String], host: String = "10.0.0.1"
    ) throws(ConfigurationError) -> ClusterConfiguration {
        let environment = ["KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": "443"]
        return try ClusterConfiguration.inCluster(
            environment: { environment[$0] },
            read: { (path) throws(FileError) in
                guard let text = files[path] else { throw FileError(code: .notFound, path: path, detail: "none") }
                return Array(text.utf8)
            }, directory: "/sa")
    }

    @Test("a pod's service account")
    func serviceAccount() throws {
        let files = ["/sa/ca.crt": Self.certificate, "/sa/token": " secret\n", "/sa/namespace": "callboard\n"]
        let configuration = try inCluster(files)
        #expect(configuration.server == "https://10.0.0.1:443")
        #expect(configuration.credentials == .tokenFile(path: "/sa/token", initial: "secret"))
        #expect(configuration.namespace == "callboard")
        #expect(configuration.tlsFiles.certificateAuthority == "/sa/ca.crt")
        #expect(!configuration.tls.insecureSkipVerify)
        #expect(try inCluster(files, host: "fd00::1").server == "https://[fd00::1]:443")
    }

    @Test(
        "without the cluster's authority or a token there is no configuration", arguments: ["/sa/ca.crt", "/sa/token"])
    func incomplete(path: String) {
        var files = ["/sa/ca.crt": Self.certificate, "/sa/token": "secret"]
        files[path] = nil
        #expect(throws: ConfigurationError.self) { try inCluster(files) }
        files[path] = "\n"
        let error = #expect(throws: ConfigurationError.self) { try inCluster(files) }
        #expect(error?.source == path)
    }
}
