import Base
import Testing

@testable import KubeClient

@Suite("Exec plugin's answer")
struct ExecCredentialTests {
    private let plugin = ExecPlugin(command: "login", apiVersion: "client.authentication.k8s.io/v1")

    private func read(_ status: String, head: String? = nil) throws(ExecPluginError) -> ExecCredential {
        let head = head ?? #""kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1""#
        return try ExecCredential(output: Array("{\(head),\"status\":\(status)}".utf8), of: plugin)
    }

    @Test("a token, a certificate, or both, with or without an end")
    func good() throws {
        let pem = #""clientCertificateData":"-----BEGIN C","clientKeyData":"-----BEGIN K""#
        #expect(try read(#"{"token":"t"}"#) == ExecCredential(token: "t"))
        let certificate = try read("{\(pem)}")
        #expect(certificate.certificatePEM == Array("-----BEGIN C".utf8))
        #expect(certificate.keyPEM == Array("-----BEGIN K".utf8))
        #expect(certificate.token == nil)
        let both = try read(#"{"token":"t","expirationTimestamp":"2030-01-02T03:04:05Z",\#(pem)}"#)
        #expect(both.token == "t")
        #expect(both.expires == Timestamp(rfc3339: "2030-01-02T03:04:05Z"))
    }

    @Test(
        "what is wrong is said, without anything of the answer",
        arguments: [
            ("{}", nil, "expected status.token, or"), ("null", nil, "expected status.token, or"),
            (#"{"token":""}"#, nil, "expected status.token, or"),
            (#"{"clientCertificateData":"-----BEGIN secret"}"#, nil, "clientKeyData together"),
            (#"{"clientKeyData":"-----BEGIN secret"}"#, nil, "clientKeyData together"),
            (#"{"clientCertificateData":"secret","clientKeyData":"secret"}"#, nil, "expected PEM"),
            (#"{"token":"secret","expirationTimestamp":"secret"}"#, nil, "expirationTimestamp in RFC 3339"),
            (
                #"{"token":"secret"}"#, #""kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1""#,
                "apiVersion to be client.authentication.k8s.io/v1,"
            ),
            (#"{"token":"secret"}"#, #""kind":"Pod""#, "expected an ExecCredential in JSON"),
            (#"{"token":"secret""#, nil, "expected an ExecCredential in JSON"),
        ])
    func bad(status: String, head: String?, message: String) {
        let error = #expect(throws: ExecPluginError.self) { try read(status, head: head) }
        let text = "\(error.map { "\($0)" } ?? "")"
        #expect(text.hasPrefix("exec plugin login: "))
        #expect(text.contains(message), "\(text)")
        #expect(!text.contains("secret"))
    }
}

@Suite("Exec plugin's program")
struct ExecPluginTests {
    private func plugin(_ script: String) -> ExecPlugin {
        var plugin = ExecPlugin(command: "sh", apiVersion: "client.authentication.k8s.io/v1")
        plugin.arguments = ["-c", script]
        return plugin
    }

    private func failure(_ plugin: ExecPlugin) async -> String {
        do throws(ExecPluginError) {
            _ = try await plugin.run()
            return "none"
        } catch {
            return error.description
        }
    }

    private static let answer =
        #"echo "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"$TOKEN\"}}""#

    @Test("the program has our environment, its own variables, and what it is told about the cluster")
    func environment() async throws {
        var told = plugin(
            #"case "$PATH$KUBERNETES_EXEC_INFO" in /*'"interactive":false'*'"server":"https://one"'*) ;; *) exit 1;; esac;"#
                + Self.answer)
        told.environment = [.init(name: "TOKEN", value: "from-env")]
        told.cluster = ["server": "https://one"]
        #expect(try await told.run().token == "from-env")
    }

    @Test("a variable of the kubeconfig replaces the inherited one")
    func replacement() async throws {
        var own = plugin(#"test "$(env | grep -c ^HOME=)" = 1 && TOKEN=$HOME;"# + Self.answer)
        own.environment = [.init(name: "HOME", value: "/elsewhere")]
        #expect(try await own.run().token == "/elsewhere")
    }

    @Test("a failure tells status and the last line of the error output, and nothing of the output")
    func failures() async {
        let failed = await failure(plugin("echo secret; echo first >&2; echo 'not logged in' >&2; echo >&2; exit 4"))
        #expect(failed == "exec plugin sh: it ended with status 4: not logged in")
        #expect(await failure(plugin("kill -15 $$")) == "exec plugin sh: it was killed by signal 15")
        #expect(await failure(plugin("echo secret")).hasSuffix("expected an ExecCredential in JSON on standard output"))
        let endless = await failure(plugin("yes secret"))
        #expect(endless.contains("wrote more than 1048576 bytes"))
        #expect(!endless.contains("secret"))
    }

    @Test("a program that is not there is said to be so, with the hint how to get it")
    func missing() async {
        var missing = ExecPlugin(command: "/no/such/login", apiVersion: "client.authentication.k8s.io/v1")
        missing.installHint = "brew install login"
        #expect(
            await failure(missing) == "exec plugin /no/such/login: No such file or directory; brew install login")
    }
}
