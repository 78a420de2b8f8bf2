import CostSources
import Testing

@testable import Controller

@Suite("Configuration of ScaleOps")
struct ConfigurationScaleOpsTests {
    @Test("the keys of the plugin are read, and those that it lacks")
    func values() throws {
        let found = try configuration(
            """
            scaleops:
              baseUrl: https://scaleops.acme.example/
              linkToDashboard: true
              currencyPrefix: €
              timeout: 20s
              concurrency: 3
              maximumAnswerMegabytes: 5
              pollInterval: 2m
              costInterval: {hours: 2}
              clusters: {eu@1.theirs: eu-1, us: us}
              authentication: {enabled: true, type: ldap, user: robot, password: '${PASSWORD}'}
              proxy: {readPaths: [/api/v1/dashboard/byCluster]}
              endpoints:
                - {name: us, baseUrl: 'https://us.example', authentication: {enabled: true, type: token, token: abcdef}}
                - name: asia
                  baseUrl: https://asia.example
                  authentication: {enabled: true, type: azure, tenantId: t, clientId: c, clientSecret: secret}
            """, environment: ["PASSWORD": "open sesame"])
        let scaleOps = found.scaleOps
        #expect(found.warnings.filter { $0.contains("scaleops") }.isEmpty)
        #expect(scaleOps.endpoints.map(\.name) == ["default", "us", "asia"])
        #expect(scaleOps.endpoints.map(\.linksToDashboard) == [true, false, false])
        #expect(scaleOps.endpoints.first?.baseURL == "https://scaleops.acme.example")
        #expect(scaleOps.manner.deadline == .seconds(20) && scaleOps.manner.concurrency == 3)
        #expect(scaleOps.manner.maximumBytes == 5 << 20 && scaleOps.reports == ["/api/v1/dashboard/byCluster"])
        #expect(scaleOps.currencyPrefix == "€")
        #expect(scaleOps.pollInterval == .seconds(120) && scaleOps.costInterval == .seconds(7_200))
        #expect(scaleOps.clusterNames.ours("eu@1.theirs") == "eu-1" && scaleOps.clusterNames.ours("asia") == "asia")
        guard case .login("robot", Secret("open sesame")) = scaleOps.endpoints[0].credentials,
            case .bearer(Secret("abcdef")) = scaleOps.endpoints[1].credentials,
            case .azure(let application) = scaleOps.endpoints[2].credentials
        else {
            Issue.record("other credentials")
            return
        }
        #expect(application.tokenURL == "https://login.microsoftonline.com/t/oauth2/token")
        #expect((application.clientID, application.scope) == ("c", "https://graph.microsoft.com/.default"))
    }

    @Test(
        "without the section, or switched off, there is none; without authentication nobody logs in",
        arguments: [
            ("", 0), ("scaleops: {enabled: false, baseUrl: 'https://x'}", 0), ("scaleops: {baseUrl: 'https://x'}", 1),
            ("scaleops: {baseUrl: 'https://x', authentication: {enabled: false, user: a, password: b}}", 1),
            ("scaleops: {endpoints: [{name: a, baseUrl: 'http://127.0.0.1:1'}]}", 1),
        ])
    func absence(text: String, count: Int) throws {
        let scaleOps = try configuration(text).scaleOps
        #expect(scaleOps.endpoints.count == count && scaleOps.warnings.isEmpty)
        for endpoint in scaleOps.endpoints {
            guard case .none = endpoint.credentials else {
                Issue.record("credentials")
                continue
            }
        }
    }

    @Test(
        "what cannot be used is refused with its path",
        arguments: [
            ("scaleops: {}", "scaleops.baseUrl: is missing; expected a URL such as https://scaleops.example.com"),
            ("scaleops: {baseUrl: scaleops}", "scaleops.baseUrl: expected a URL"),
            ("scaleops: {baseUrl: 'https://x', pollInterval: 2h}", "scaleops.pollInterval: expected 1.0 seconds to"),
            ("scaleops: {baseUrl: 'https://x', clusters: eu}", "scaleops.clusters: expected names of clusters by"),
            (
                "scaleops: {baseUrl: 'https://x', clusters: {a: ''}}",
                "scaleops.clusters: expected a name for the cluster a, found string"
            ),
            (
                "scaleops: {baseUrl: 'https://x', clusters: {a: c, b: c}}",
                "scaleops.clusters: the name c stands here twice"
            ),
            ("scaleops: {baseUrl: 'https://u:p@x'}", "scaleops.baseUrl: expected a URL"),
            ("scaleops: {baseUrl: 'https://x', authentication: {enabled: true}}", "authentication.user: is missing"),
            (
                "scaleops: {baseUrl: 'https://x', authentication: {enabled: true, user: a, password: ''}}",
                "authentication.password: expected the user's password, found an empty string"
            ),
            (
                "scaleops: {baseUrl: 'https://x', authentication: {enabled: true, user: a, password: '12345'}}",
                "authentication.password: expected the user's password of at least 6 bytes"
            ),
            (
                "scaleops: {baseUrl: 'https://x', authentication: {enabled: true, type: token, token: '12345'}}",
                "authentication.token: expected a bearer token of at least 6 bytes"
            ),
            (
                "scaleops: {baseUrl: 'https://x', authentication: {enabled: true, type: saml}}",
                "authentication.type: expected internal, ldap, token or azure"
            ),
            (
                "scaleops: {baseUrl: 'https://x', authentication: {enabled: true, type: token, token: 'a b c d'}}",
                "authentication.token: expected a token without white space"
            ),
            (
                "scaleops: {baseUrl: 'https://x', authentication: {enabled: true, type: azure, clientId: a}}",
                "authentication.tenantId: is missing"
            ),
            ("scaleops: {endpoints: [{baseUrl: 'https://x'}]}", "scaleops.endpoints[0].name: is missing"),
            (
                "scaleops: {endpoints: [{name: a, baseUrl: 'https://x'}, {name: a, baseUrl: 'https://y'}]}",
                "scaleops.endpoints[1]: the name a stands here twice"
            ),
            (
                "scaleops: {baseUrl: 'https://x', timeout: 45s}",
                "scaleops.timeout: expected 1.0 seconds to 30.0 seconds"
            ),
            ("scaleops: {baseUrl: 'https://x', concurrency: 0}", "scaleops.concurrency: expected a whole number"),
            ("scaleops: {baseUrl: 'https://x', proxy: {readPaths: [api]}}", "scaleops.proxy.readPaths: expected paths"),
        ])
    func refusals(text: String, expected: String) throws {
        let message = try refusal(text)
        #expect(message.contains(expected), "\(message)")
    }

    @Test("credentials that would go unencrypted, or have no effect, are warned about")
    func warnings() throws {
        let found = try configuration(
            """
            scaleops:
              baseUrl: http://scaleops.example
              authentication: {enabled: true, user: a, password: open-sesame}
              endpoints: [{name: b, baseUrl: 'https://x', authentication: {user: a, password: open-sesame}, color: red}]
            """)
        let warnings = found.warnings.filter { $0.contains("scaleops") }
        #expect(
            warnings == [
                "scaleops.authentication goes to http://scaleops.example, which is not encrypted; expected https",
                "scaleops.endpoints[0].authentication has no effect without enabled: true",
                "unknown configuration key scaleops.endpoints[0].color is ignored",
            ])
    }

    @Test("a secret that is refused is not shown")
    func secret() throws {
        let text =
            "scaleops: {baseUrl: 'https://x', authentication: {enabled: true, type: token, token: 'open sesame'}}"
        #expect(try !refusal(text).contains("sesame"))
    }
}
