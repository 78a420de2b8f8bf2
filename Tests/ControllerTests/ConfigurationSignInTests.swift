import Access
import Base
import Testing

@testable import Controller

@Suite("Configured ways to sign in")
struct ConfigurationSignInTests {
    private static let secret = String(repeating: "s", count: 32)
    private static let oidc = "{oidc: {production: {metadataUrl: 'https://idp.example', clientId: a, clientSecret: b}}}"
    private static let everybody = "{signIn: {allow: [{user: '*'}]}}"

    private static func text(
        _ providers: String, _ callboard: String = everybody, url: String = "https://callboard.example",
        session: String = "session: {secret: \(secret)}, ", environment: String = ""
    ) -> String {
        """
        backend: {baseUrl: '\(url)'}
        auth: {\(session)\(environment)providers: \(providers)}
        callboard: {auth: \(callboard)}
        """
    }

    private static func github(_ more: String = "") -> String {
        "{github: {production: {clientId: a, clientSecret: b\(more)}}}"
    }

    @Test("nothing is on unless it is configured")
    func off() throws {
        #expect(try configuration("").signIn == nil)
        #expect(try configuration(Self.text("{}", "{signIn: {kubernetes: {enabled: false}}}")).signIn == nil)
    }

    @Test("Backstage's keys of an OpenID provider are read")
    func openID() throws {
        let more = """
            metadataUrl: 'https://idp.example', clientId: a, clientSecret: b, additionalScopes: groups offline_access, \
            prompt: consent, tokenEndpointAuthMethod: client_secret_post, tokenSignedResponseAlg: ES256, \
            sessionDuration: {hours: 1}, callbackUrl: 'https://callboard.example/api/auth/oidc/handler/frame', startUrl: x, \
            signIn: {resolvers: [{resolver: emailLocalPartMatchingUserEntityName, allowedDomains: [acme.example]}]}
            """
        let read = try configuration(Self.text("{oidc: {production: {\(more)}}}", "{}"))
        let signIn = try #require(read.signIn)
        let oidc = try #require(signIn.oidc)
        #expect(oidc.metadataURL == "https://idp.example" && oidc.clientID == "a" && oidc.prompt == "consent")
        #expect(oidc.scopes == ["openid", "profile", "email", "groups", "offline_access"])
        #expect(oidc.clientAuthentication == .post && oidc.algorithm == .es256)
        #expect(signIn.settings.lifetimes == ["oidc": .seconds(3_600)])
        #expect(
            signIn.settings.resolvers["oidc"] == [
                UserResolver(.emailLocalPartMatchingUserEntityName, allowedDomains: ["acme.example"])
            ])
        #expect(
            read.warnings.filter { $0.contains("auth.providers") } == [
                "unknown configuration key auth.providers.oidc.production.startUrl is ignored"
            ])
    }

    @Test("an OpenID provider without a secret and with `auto` is asked as a public client, without a prompt")
    func publicClient() throws {
        let providers = "{oidc: {x: {metadataUrl: 'http://localhost:1', clientId: a, prompt: auto, scope: email}}}"
        let oidc = try #require(try configuration(Self.text(providers)).signIn?.oidc)
        #expect(oidc.prompt == nil && oidc.scopes == ["openid", "email"])
    }

    @Test("the environment is that of auth.environment, the only one, or development")
    func environments() throws {
        func provider(_ id: String) -> String { "{metadataUrl: 'https://idp.example', clientId: \(id)}" }
        let both = "{oidc: {development: \(provider("dev")), production: \(provider("prod"))}}"
        #expect(try configuration(Self.text(both)).signIn?.oidc?.clientID == "dev")
        let text = Self.text(both, environment: "environment: production, ")
        #expect(try configuration(text).signIn?.oidc?.clientID == "prod")
        let other = Self.text(both, environment: "environment: staging, ")
        #expect(try refusal(other).contains("auth.providers.oidc.staging"))
    }

    @Test("GitHub lets in members of the organizations; emails are asked for only where they are looked at")
    func gitHub() throws {
        func github(_ callboard: String, _ more: String = "") throws -> GitHubSignInSettings? {
            try configuration(Self.text(Self.github(more), callboard)).signIn?.github
        }
        let members = try #require(try github("{github: {allowedOrganizations: [acme, other]}}"))
        #expect(
            members.allowedOrganizations == ["acme", "other"] && !members.needsEmail && members.enterpriseURL == nil)
        let some = "{github: {allowedOrganizations: any}, signIn: {allow: [{emailDomain: acme.example}]}}"
        let any = try #require(try github(some, ", enterpriseInstanceUrl: 'https://ghe.example/'"))
        #expect(any.allowedOrganizations == nil && any.needsEmail && any.enterpriseURL == "https://ghe.example")
        let resolver = ", signIn: {resolvers: [{resolver: emailMatchingUserEntityProfileEmail}]}"
        #expect(try github("{github: {allowedOrganizations: any}}", resolver)?.needsEmail == true)
    }

    @Test("tokens of the cluster, rules and the length of sessions are read")
    func kubernetes() throws {
        let callboard = """
            {signIn: {sessionDuration: 8h, kubernetes: {enabled: true, audiences: [callboard]}, \
            allow: [{provider: kubernetes, group: admins}, {email: a@b.example}]}}
            """
        let signIn = try #require(try configuration(Self.text("{}", callboard)).signIn)
        #expect(signIn.kubernetesAudiences == ["callboard"] && signIn.settings.lifetime == .seconds(8 * 3_600))
        #expect(
            signIn.settings.rules == [
                SignInRule(provider: "kubernetes", property: .group("admins")),
                SignInRule(provider: nil, property: .email("a@b.example")),
            ])
    }

    private static let refusals: [(String, String)] = [
        (text(oidc, session: ""), "auth.session.secret: is missing"),
        (text(oidc, "{}"), "auth.providers.oidc.production: lets nobody in"),
        (text(oidc, "{signIn: {allow: [{provider: github, user: a}]}}"), "lets nobody in"),
        (text("{}", "{signIn: {kubernetes: {enabled: true}}}"), "callboard.auth.signIn.kubernetes: lets nobody in"),
        (text(oidc, url: "http://callboard.example"), "backend.baseUrl: expected a URL such as https"),
        (text("{oidc: {production: {clientId: a}}}"), "auth.providers.oidc.production.metadataUrl: is missing"),
        (text("{oidc: {production: {metadataUrl: 'http://idp.example', clientId: a}}}"), "expected an https URL"),
        (text("{oidc: {production: {metadataUrl: 'https://idp.example'}}}"), "production.clientId: is missing"),
        (text(github()), "callboard.auth.github.allowedOrganizations: is missing"),
        (text(github(), "{github: {allowedOrganizations: any}}"), "lets nobody in"),
        (
            text(github(", callbackUrl: 'https://other.example'"), "{github: {allowedOrganizations: a}}"),
            "expected https://callboard.example/api/auth/github/handler/frame"
        ),
        (text(oidc, "{signIn: {allow: [{provider: ldap, user: a}]}}"), "allow[0].provider: expected oidc, github"),
        (text(oidc, "{signIn: {allow: [{user: a, group: b}]}}"), "allow[0]: expected one of user, group, email"),
        (text(oidc, "{signIn: {allow: [{user: a}]}}"), "allow[0]: expected provider beside user"),
        (text(oidc, "{signIn: {allow: [{name: a}]}}"), "expected one of user, group, email and emailDomain"),
        (text(oidc, "{signIn: {allow: [{user: '${UNSET}'}]}}"), "UNSET"),
        (text(oidc, "{signIn: {sessionDuration: 5s}}"), "sessionDuration: expected"),
    ]

    @Test("what would let in nobody, anybody, or over an open line is refused, naming the key", arguments: refusals)
    func refused(text: String, expected: String) throws {
        let message = try refusal(text)
        #expect(message.contains(expected), "\(message)")
        #expect(!message.contains(Self.secret))
    }

    @Test(
        "an option that is not known is refused with those that are",
        arguments: [
            ("signIn: {resolvers: [{resolver: guess}]}", "usernameMatchingUserEntityName"),
            ("tokenSignedResponseAlg: HS256", "expected such as RS256"),
            ("tokenEndpointAuthMethod: tls", "client_secret_basic"),
        ])
    func options(option: String, expected: String) throws {
        let providers = "{oidc: {x: {metadataUrl: 'https://idp.example', clientId: a, \(option)}}}"
        #expect(try refusal(Self.text(providers)).contains(expected))
    }
}
