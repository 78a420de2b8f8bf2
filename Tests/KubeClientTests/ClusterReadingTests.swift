import Base
import HTTPClient
import Testing

@testable import KubeClient

@Suite("Clusters of a kubeconfig")
struct KubeconfigClustersTests {
    private let text = """
        clusters:
        - {name: one, cluster: {server: "https://one"}}
        - {name: two, cluster: {server: "ftp://two"}}
        contexts:
        - {name: prod, context: {cluster: one, user: u}}
        - {name: bad, context: {cluster: two}}
        - {name: dev, context: {cluster: one}}
        users: [{name: u, user: {token: t}}]
        """

    private func read(contexts: [String]? = nil, files: [String: String]? = nil) -> ClusterReading {
        let files = files ?? ["/home/.kube/config": text]
        return ClusterDefinition.fromKubeconfig(
            nil, contexts: contexts, environment: { ["HOME": "/home"][$0] },
            read: { (path) throws(FileError) in
                guard let text = files[path] else { throw FileError(code: .notFound, path: path, detail: "gone") }
                return Array(text.utf8)
            })
    }

    @Test("every context is a cluster, and a bad one takes nothing from the others")
    func all() {
        let reading = read()
        #expect(reading.definitions.map(\.name) == ["prod", "dev"])
        #expect(reading.definitions[0].access.credentials == .token("t"))
        #expect(reading.problems.map(\.cluster) == ["bad"])
        #expect(
            reading.problems[0].description
                == "cluster bad: /home/.kube/config: clusters[two].cluster.server: expected an http or https URL with a "
                + "host, without user, query and fragment")
    }

    @Test("only the contexts wanted, and those that are not there are said to be so")
    func some() {
        let reading = read(contexts: ["dev", "gone", "dev"])
        #expect(reading.definitions.map(\.name) == ["dev"])
        #expect(reading.problems.map(\.cluster) == ["gone", "dev"])
        #expect(reading.problems[0].detail == "expected an entry named gone (have: bad, dev, prod)")
    }

    @Test("a file that is not there is a problem of no single cluster")
    func missing() {
        let reading = read(files: [:])
        #expect(reading.definitions.isEmpty)
        #expect(reading.problems.map(\.description) == ["clusters: /home/.kube/config: gone"])
    }
}

@Suite("Cluster of a Secret")
struct SecretClusterTests {
    static func secret(_ name: String, _ data: [String: String]) -> JSONValue {
        [
            "metadata": ["name": .string(name), "namespace": "callboard"],
            "data": .object(JSONObject(data.map { ($0.key, .string(Base64.encode(Array($0.value.utf8)))) })),
        ]
    }

    static func kubeconfig(user: String = "token: hidden", cluster: String = "server: https://one") -> String {
        """
        current-context: a
        clusters: [{name: c, cluster: {\(cluster)}}]
        contexts: [{name: a, context: {cluster: c, user: u}}, {name: b, context: {cluster: c}}]
        users: [{name: u, user: {\(user)}}]
        """
    }

    @Test("a kubeconfig is enough, and the Secret's name is the cluster's")
    func small() throws {
        let definition = try ClusterDefinition.fromSecret(Self.secret("prod", ["kubeconfig": Self.kubeconfig()]))
        #expect(definition.name == "prod")
        #expect(definition.access.server == "https://one")
        #expect(definition.access.credentials == .token("hidden"))
        #expect(definition.title == nil)
    }

    @Test("name, context, title and dashboard")
    func full() throws {
        let definition = try ClusterDefinition.fromSecret(
            Self.secret(
                "s",
                [
                    "kubeconfig": Self.kubeconfig(cluster: "server: https://one, insecure-skip-tls-verify: true"),
                    "name": "eu\n", "context": "b", "title": "Europe", "dashboardUrl": "https://board",
                ]))
        #expect(definition.name == "eu")
        #expect(definition.access.credentials == .none)
        #expect(definition.access.tls.insecureSkipVerify)
        #expect(definition.title == "Europe")
        #expect(definition.dashboardURL == "https://board")
    }

    @Test(
        "a Secret may neither read our files nor run programs",
        arguments: [
            ("tokenFile: /etc/passwd", "server: https://one", "users[u].user.tokenFile: files of this machine"),
            ("token: hidden, tokenFile: t", "server: https://one", "users[u].user.tokenFile: files of this machine"),
            (
                "client-certificate: c, client-key-data: aGlkZGVu", "server: https://one",
                "client-certificate: files of this machine are not read from here; expected client-certificate-data"
            ),
            (
                "{}", "server: https://one, certificate-authority: ca.crt",
                "certificate-authority: files of this machine"
            ),
            (
                "exec: {command: sh, apiVersion: client.authentication.k8s.io/v1}", "server: https://one",
                "users[u].user.exec: programs are not run from here"
            ),
        ])
    func foreign(user: String, cluster: String, message: String) {
        let user = user == "{}" ? "" : user
        let secret = Self.secret("prod", ["kubeconfig": Self.kubeconfig(user: user, cluster: cluster)])
        let problem = #expect(throws: ClusterProblem.self) { try ClusterDefinition.fromSecret(secret) }
        #expect(problem?.cluster == "prod")
        #expect(problem?.path.hasPrefix("Secret callboard/prod: data.kubeconfig: ") == true)
        #expect(problem?.description.contains(message) == true, "\(String(describing: problem))")
        #expect(problem?.description.contains("hidden") == false)
    }

    @Test(
        "what is no kubeconfig is said without its contents",
        arguments: [
            (["title": "x"], "data.kubeconfig: expected a kubeconfig, there is none"),
            (["kubeconfig": "*hidden"], "expected YAML or JSON; line 1"),
            (["kubeconfig": "hidden: 1\nhidden: 2"], "expected YAML or JSON; line 2"),
            (["kubeconfig": "hidden"], "expected a kubeconfig, found string"),
            (["kubeconfig": SecretClusterTests.kubeconfig(), "context": "x"], "expected an entry named x"),
        ])
    func bad(data: [String: String], message: String) {
        let problem = #expect(throws: ClusterProblem.self) {
            try ClusterDefinition.fromSecret(Self.secret("s", data))
        }
        #expect(problem?.description.contains(message) == true, "\(String(describing: problem))")
        #expect(problem?.description.contains("hidden") == false)
    }
}

@Suite("Cluster of the catalog")
struct CatalogClusterTests {
    private static let authority = "-----BEGIN CERTIFICATE-----"
    private let annotations = [
        "kubernetes.io/api-server": "https://one:6443/", "kubernetes.io/auth-provider": "serviceAccount",
    ]
    private let credentials = ["prod": ClusterCredential(server: "https://one:6443", credentials: .token("t"))]

    private func definition(_ more: [String: String] = [:]) throws(ClusterProblem) -> ClusterDefinition {
        try ClusterDefinition.fromCatalog(
            name: "prod", title: "Prod", annotations: annotations.merging(more) { $1 }, credentials: credentials)
    }

    @Test("how the server that gets our token is known is never the entity's to say")
    func trust() throws {
        let evil = [
            "kubernetes.io/api-server-certificate-authority": Base64.encode(Array("-----BEGIN EVIL-----".utf8)),
            "kubernetes.io/skip-tls-verify": "true",
        ]
        #expect(try definition(evil).access.tls == TLSOptions())

        let (found, problems) = ClusterCredential.read(
            [
                [
                    "cluster": "data", "url": "https://one:6443", "tokenFile": "/t",
                    "caData": .string(Base64.encode(Array(Self.authority.utf8))),
                ],
                ["cluster": "file", "url": "https://one:6443", "tokenFile": "/t", "caFile": "/ca.crt"],
                ["cluster": "none", "url": "https://one:6443", "tokenFile": "/t", "skipTLSVerify": true],
                ["cluster": "bad", "url": "https://one:6443", "tokenFile": "/t", "caData": "eA=="],
                ["cluster": "gone", "url": "https://one:6443", "tokenFile": "/t", "caFile": "/gone"],
            ],
            read: { (path) throws(FileError) in
                guard path == "/ca.crt" else { throw FileError(code: .notFound, path: path, detail: "gone") }
                return Array(Self.authority.utf8)
            })
        #expect(problems.map(\.cluster) == ["bad", "gone"])
        func access(_ name: String) throws -> ClusterConfiguration {
            try ClusterDefinition.fromCatalog(
                name: name, title: nil, annotations: annotations.merging(evil) { $1 }, credentials: found
            ).access
        }
        #expect(try access("data").tls.certificateAuthorityPEM == Array(Self.authority.utf8))
        #expect(try access("data").tls.insecureSkipVerify == false)
        #expect(try access("file").tls.certificateAuthorityPEM == Array(Self.authority.utf8))
        #expect(try access("file").tlsFiles.certificateAuthority == "/ca.crt")
        #expect(try access("none").tls.insecureSkipVerify)
    }

    @Test("two annotations and a credential are enough, the others are taken over")
    func good() throws {
        let small = try definition()
        #expect(small.access.server == "https://one:6443")
        #expect(small.access.credentials == .token("t"))
        #expect(small.access.tls == TLSOptions())
        #expect(small.title == "Prod")
        #expect(!small.skipsMetrics)
        let full = try definition([
            "kubernetes.io/skip-metrics-lookup": "true",
            "kubernetes.io/dashboard-url": "https://d", "kubernetes.io/dashboard-app": "gke",
            "kubernetes.io/dashboard-parameters": #"{"projectId":"p"}"#, "other": "ignored",
        ])
        #expect(full.skipsMetrics)
        #expect(full.dashboardURL == "https://d")
        #expect(full.dashboardApp == "gke")
        #expect(full.dashboardParameters == ["projectId": "p"])
    }

    @Test(
        "what is missing or wrong is said with the annotation",
        arguments: [
            ("kubernetes.io/api-server", "", "kubernetes.io/api-server: expected a value"),
            ("kubernetes.io/api-server", "one", "expected an http or https URL"),
            ("kubernetes.io/api-server", "https://evil", "expected https://one:6443, the only server"),
            ("kubernetes.io/auth-provider", "google", "expected serviceAccount, found google"),
            ("kubernetes.io/dashboard-parameters", "{", "expected JSON"),
        ])
    func bad(annotation: String, value: String, message: String) {
        let problem = #expect(throws: ClusterProblem.self) { try definition([annotation: value]) }
        #expect(problem?.cluster == "prod")
        #expect(problem?.path == "metadata.annotations.\(annotation)")
        #expect(problem?.detail.contains(message.split(separator: ": ").last ?? "") == true)
    }

    @Test("an entity without a credential of ours is not reached, whatever it says")
    func noCredential() {
        let problem = #expect(throws: ClusterProblem.self) {
            try ClusterDefinition.fromCatalog(name: "x", title: nil, annotations: annotations, credentials: credentials)
        }
        #expect(problem?.detail.contains("an entry for x in callboard.kubernetes.credentials") == true)
    }

    @Test("credentials are read with the server that may have them, and bad ones named")
    func credentialList() async {
        let (found, problems) = await ClusterCredential.read(
            [
                ["cluster": "a", "url": "https://a/", "serviceAccountToken": "hidden"],
                ["cluster": "b", "url": "https://b", "tokenFile": "/t"],
                ["cluster": "c", "serviceAccountToken": "hidden"],
                ["cluster": "d", "url": "https://d", "serviceAccountToken": "hidden", "tokenFile": "/t"],
                ["cluster": "a", "url": "https://a", "tokenFile": "/t"], ["url": "https://x", "tokenFile": "/t"],
                ["cluster": "e", "url": "https://e", "tokenFile": "/t"],
            ], unsetVariables: ["callboard.kubernetes.credentials[6].serviceAccountToken": "TOKEN_E"])
        #expect(found["a"] == ClusterCredential(server: "https://a", credentials: .token("hidden")))
        #expect(
            found["b"] == ClusterCredential(server: "https://b", credentials: .tokenFile(path: "/t", initial: nil)))
        #expect(found.count == 2)
        let prefix = "callboard.kubernetes.credentials"
        #expect(
            problems.map(\.description) == [
                "cluster c: \(prefix)[2].url: expected a value, there is none",
                "cluster d: \(prefix)[3].serviceAccountToken: expected either serviceAccountToken or tokenFile, there is none",
                "cluster a: \(prefix)[4].cluster: expected another cluster: an earlier entry has it",
                "cluster \(prefix)[5]: \(prefix)[5].cluster: expected a value, there is none",
                "cluster e: \(prefix)[6].serviceAccountToken: the environment variable TOKEN_E is not set",
            ])
        #expect(await ClusterCredential.read(nil).problems.isEmpty)
        #expect(await ClusterCredential.read("x").problems.map(\.path) == [prefix])
    }
}
