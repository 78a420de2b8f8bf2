import Base
import HTTPClient
import Testing

@testable import KubeClient

@Suite("Clusters of Backstage's configuration")
struct BackstageClustersTests {
    private static let authority = "-----BEGIN CERTIFICATE-----"
    private static let account = "/var/run/secrets/kubernetes.io/serviceaccount"

    private func read(
        _ section: JSONValue, inCluster: Bool = false, unset: [String: String] = [:]
    ) -> BackstageClusters {
        let files = [
            "/ca.crt": Self.authority, Self.account + "/ca.crt": Self.authority + "pod", Self.account + "/token": "own",
        ]
        let environment =
            inCluster ? ["KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"] : [:]
        return BackstageClusters(
            section, path: "kubernetes", unsetVariables: unset, environment: { environment[$0] },
            read: { (path) throws(FileError) in
                guard let text = files[path] else { throw FileError(code: .notFound, path: path, detail: "gone") }
                return Array(text.utf8)
            })
    }

    private func config(_ clusters: JSONValue...) -> JSONValue {
        ["clusterLocatorMethods": [["type": "config", "clusters": .array(clusters)]]]
    }

    private func cluster(_ more: JSONObject) -> JSONValue {
        var cluster: JSONObject = [
            "name": "c", "url": "https://one", "authProvider": "serviceAccount", "serviceAccountToken": "hidden",
        ]
        for (key, value) in more { cluster[key] = value }
        return .object(cluster)
    }

    @Test("every key of a cluster")
    func full() throws {
        let found = read(
            config(
                cluster([
                    "title": "One", "skipMetricsLookup": true,
                    "caData": .string(Base64.encode(Array(Self.authority.utf8))),
                    "dashboardUrl": "https://d", "dashboardApp": "standard", "dashboardParameters": ["a": 1],
                    "customResources": [["group": "argoproj.io", "apiVersion": "v1alpha1", "plural": "rollouts"]],
                    "oidcTokenProvider": "ignored",
                ])))
        #expect(found.reading.problems.isEmpty)
        let definition = try #require(found.reading.definitions.first)
        #expect(definition.name == "c")
        #expect(definition.title == "One")
        #expect(definition.authProvider == "serviceAccount")
        #expect(definition.skipsMetrics)
        #expect(definition.dashboardURL == "https://d")
        #expect(definition.dashboardApp == "standard")
        #expect(definition.dashboardParameters == ["a": 1])
        let rollouts = CustomResourceName(group: "argoproj.io", version: "v1alpha1", plural: "rollouts")
        #expect(definition.customResources == [rollouts])
        #expect(definition.access.server == "https://one")
        #expect(definition.access.credentials == .token("hidden"))
        #expect(definition.access.tls == TLSOptions(certificateAuthorityPEM: Array(Self.authority.utf8)))
    }

    @Test("an authority in a file is read again later; verification is skipped only when that is written")
    func trust() throws {
        let found = read(
            config(
                cluster(["caFile": "/ca.crt"]), cluster(["name": "b", "skipTLSVerify": "true"]), cluster(["name": "a"]))
        )
        #expect(found.reading.problems.isEmpty)
        let definitions = found.reading.definitions
        #expect(definitions[0].access.tls.certificateAuthorityPEM == Array(Self.authority.utf8))
        #expect(definitions[0].access.tlsFiles.certificateAuthority == "/ca.crt")
        #expect(definitions.map(\.access.tls.insecureSkipVerify) == [false, true, false])
        #expect(definitions[2].customResources == nil)
    }

    @Test("without a token the pod's own is used, in a cluster only")
    func ownAccount() throws {
        let section = config(["name": "c", "url": "https://kubernetes.default.svc", "authProvider": "serviceAccount"])
        let definition = try #require(read(section, inCluster: true).reading.definitions.first)
        #expect(definition.access.server == "https://kubernetes.default.svc")
        #expect(definition.access.credentials == .tokenFile(path: Self.account + "/token", initial: "own"))
        #expect(definition.access.tlsFiles.certificateAuthority == Self.account + "/ca.crt")
        let problems = read(section).reading.problems
        #expect(problems.map(\.path) == ["kubernetes.clusterLocatorMethods[0].clusters[0].serviceAccountToken"])
    }

    @Test("a token whose variable is not set is never replaced by the pod's own")
    func unsetVariable() {
        let path = "kubernetes.clusterLocatorMethods[0].clusters[1].serviceAccountToken"
        let bad: JSONValue = ["name": "b", "url": "https://two", "authProvider": "serviceAccount"]
        let found = read(config(cluster([:]), bad), inCluster: true, unset: [path: "TWO_TOKEN"])
        #expect(found.reading.definitions.map(\.name) == ["c"])
        #expect(
            found.reading.problems.map(\.description)
                == ["cluster b: \(path): the environment variable TWO_TOKEN is not set"])
    }

    @Test(
        "a wrong cluster is named with the path, and the others are read",
        arguments: [
            (["name": nil], "clusters[0].name: expected a value"),
            (["url": "one"], "clusters[0].url: expected an http"),
            (["authProvider": nil], "clusters[0].authProvider: expected serviceAccount or localKubectlProxy"),
            (["authProvider": "google"], "expected serviceAccount or localKubectlProxy, found google; a kubeconfig"),
            (["serviceAccountToken": 5], "clusters[0].serviceAccountToken: expected a string, found integer"),
            (["skipTLSVerify": "no"], "clusters[0].skipTLSVerify: expected true or false"),
            (["caData": "hidden"], "clusters[0].caData: expected PEM in Base64"),
            (["caFile": "/none"], "/none: kubernetes.clusterLocatorMethods[0].clusters[0].caFile: gone"),
            (["dashboardParameters": "x"], "clusters[0].dashboardParameters: expected an object, found string"),
            (["customResources": [["group": "g"]]], "clusters[0].customResources[0].apiVersion: expected a value"),
            (["customResources": ["x"]], "clusters[0].customResources[0]: expected an object, found string"),
        ] as [(JSONObject, String)])
    func bad(change: JSONObject, message: String) {
        let found = read(config(cluster(change), cluster(["name": "good"])))
        #expect(found.reading.definitions.map(\.name) == ["good"])
        #expect(found.reading.problems.count == 1)
        let text = found.reading.problems[0].description
        #expect(text.contains(message), "\(text)")
        #expect(!text.contains("hidden"))
    }

    @Test("the other locator methods")
    func methods() {
        let found = read([
            "clusterLocatorContinueOnError": true,
            "clusterLocatorMethods": [
                ["type": "localKubectlProxy"], ["type": "catalog"], ["type": "gke", "projectId": "p"],
                ["type": "other"], [:], ["type": "config", "clusters": [cluster([:]), cluster([:])]],
            ],
        ])
        #expect(found.continuesOnError)
        #expect(found.readsCatalog)
        let local = found.reading.definitions[0]
        #expect(local.access.server == "http://127.0.0.1:8001")
        #expect([local.name, local.authProvider] == ["local", "localKubectlProxy"])
        #expect(local.skipsMetrics)
        #expect(found.reading.definitions.map(\.name) == ["local", "c"])
        let problems = found.reading.problems
        #expect(problems.map(\.cluster) == ["", "", "", "c"])
        #expect(problems[0].detail.contains("gke is not supported; list the clusters under type config"))
        #expect(problems[1].detail == "expected config, catalog or localKubectlProxy, found other")
        #expect(problems[2].path == "kubernetes.clusterLocatorMethods[4].type")
        #expect(problems[3].path == "kubernetes.clusterLocatorMethods[5].clusters[1].name")
        #expect(read(nil) == read([:]))
        #expect(read(nil).reading == ClusterReading())
        #expect(
            read(["clusterLocatorMethods": "x"]).reading.problems.map(\.path) == ["kubernetes.clusterLocatorMethods"])
    }

    @Test("the section is read with this machine's files")
    func thisMachine() async {
        let section = config(cluster(["caFile": "/no/such/ca.crt"]), cluster(["name": "b"]))
        let found = await BackstageClusters.read(section, path: "k")
        #expect(found.reading.definitions.map(\.name) == ["b"])
        #expect(
            found.reading.problems.map(\.path) == ["/no/such/ca.crt: k.clusterLocatorMethods[0].clusters[0].caFile"])
        let contexts = await ClusterDefinition.fromKubeconfig("/no/such/config")
        #expect(contexts.problems.map(\.path) == ["/no/such/config"])
    }

    @Test("newer configurations name the provider in the metadata")
    func metadata() {
        let section = config(
            cluster(["authProvider": nil, "authMetadata": ["kubernetes.io/auth-provider": "serviceAccount"]]))
        #expect(read(section).reading.definitions.map(\.authProvider) == ["serviceAccount"])
    }
}
