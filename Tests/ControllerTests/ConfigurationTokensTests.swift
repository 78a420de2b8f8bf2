import API
import Actions
import Base
import Testing

@testable import Controller

@Suite("Configured tokens")
struct ConfigurationTokensTests {
    private func tokens(_ entries: String, environment: [String: String] = [:]) throws -> [StaticToken] {
        try configuration("backend:\n  auth:\n    externalAccess: \(entries)\n", environment: environment).tokens
    }

    private static func entry(token: String = "'a-good-token'", subject: String = "ci", _ more: String = "") -> String {
        "{type: static, options: {token: \(token), subject: \(subject)}\(more)}"
    }

    @Test("a token is its subject's, without restrictions unless there are some")
    func subjects() throws {
        let found = try tokens(
            "[\(Self.entry()), \(Self.entry(token: "'${T}'", subject: "'${S}'"))]",
            environment: ["T": "12345678", "S": "é"])
        #expect(found.map(\.caller.subject) == ["external:ci", "external:é"])
        #expect(found.allSatisfy { $0.caller.restrictions == nil })
        #expect(try tokens("[]").isEmpty)
    }

    @Test(
        "a token that cannot be used is refused, and never shown",
        arguments: [
            (entry(token: "'1234567'"), "options.token: expected a token of at least 8 characters without white space"),
            (entry(token: "''"), "options.token: expected a token"),
            (entry(token: "'has secret space'"), "options.token: expected a token"),
            (entry(token: "\"has-secret\\ttab\""), "options.token: expected a token"),
            (entry(token: "\"secret-line\\n\""), "options.token: expected a token"),
            (entry(token: "\"secret\\u00a0space\""), "options.token: expected a token"),
            (entry(token: "12345678"), "options.token: expected a string, found integer"),
            (entry(token: "'${NO}'"), "options.token: is missing: the environment variable NO is not set"),
            (entry(token: "{$env: NO}"), "options.token: is missing: the environment variable NO is not set"),
            (entry(token: "~"), "options.token: is missing"),
            (entry(subject: "''"), "options.subject: expected a name without white space"),
            (entry(subject: "'a b'"), "options.subject: expected a name"),
            (entry(subject: "5"), "options.subject: expected a string"),
            ("{type: static, options: {token: a-good-token}}", "options.subject: is missing"),
            ("{type: static}", "options.token: is missing"),
            ("{options: {token: a-good-token, subject: x}}", "type: is missing; expected static"),
            ("{type: plugin, options: {secret: s}}", "type: expected static, jwks or legacy"),
            ("{type: 5}", "type: expected a string"),
            ("text", "type: is missing"),
        ])
    func refusedTokens(entry: String, expected: String) throws {
        let message = try refusal("backend: {auth: {externalAccess: [\(entry)]}}")
        #expect(
            message.contains("0.yaml:1:") && message.contains("backend.auth.externalAccess[0].\(expected)"),
            "\(message)")
        #expect(!message.contains("secret") && !message.contains("1234567"))
    }

    @Test("the same token twice is refused at its second place, also from two variables")
    func twice() throws {
        let text =
            "backend: {auth: {externalAccess: [\(Self.entry(token: "'${A}'")), \(Self.entry(token: "'${B}'", subject: "other"))]}}"
        let message = try refusal(text, environment: ["A": "same-token", "B": "same-token"])
        #expect(message.hasSuffix("backend.auth.externalAccess[1].options.token: this token stands here twice"))
        #expect(try refusal(text, environment: ["A": "same-token", "B": "other-token"]) == "accepted")
    }

    @Test(
        "restrictions are read in Backstage's forms",
        arguments: [
            ("[]", []),
            ("[{plugin: catalog}]", [AccessRestriction(plugin: "catalog", permissions: nil, attributes: nil)]),
            (
                "[{plugin: a, permission: 'x, y z'}]",
                [AccessRestriction(plugin: "a", permissions: ["x", "y", "z"], attributes: nil)]
            ),
            (
                "[{plugin: a, permission: [x, y]}]",
                [AccessRestriction(plugin: "a", permissions: ["x", "y"], attributes: nil)]
            ),
            ("[{plugin: a, permission: []}]", [AccessRestriction(plugin: "a", permissions: [], attributes: nil)]),
            (
                "[{plugin: a, permissionAttribute: {action: [read, update]}}, {plugin: b, permissionAttribute: {action: 'create,delete'}}]",
                [
                    AccessRestriction(plugin: "a", permissions: nil, attributes: [.read, .update]),
                    AccessRestriction(plugin: "b", permissions: nil, attributes: [.create, .delete]),
                ]
            ),
        ])
    func restrictions(text: String, expected: [AccessRestriction]) throws {
        let found = try tokens("[\(Self.entry(", accessRestrictions: \(text)"))]")
        #expect(found.first?.caller.restrictions == expected)
    }

    @Test(
        "restrictions that cannot be read, or would restrict nothing by mistake, are refused",
        arguments: [
            ("", ": is missing; expected a list of restrictions"), ("~", ": is missing"),
            ("'${NO}'", ": is missing: the environment variable NO is not set"),
            ("{plugin: a}", ": expected a list, found object"), ("a", ": expected a list, found string"),
            ("[a]", "[0].plugin: is missing"), ("[{}]", "[0].plugin: is missing"),
            ("[{plugin: 5}]", "[0].plugin: expected a string"),
            (
                "[{plugin: a, permissions: x}]",
                "[0]: unknown key permissions, expected plugin, permission or permissionAttribute"
            ),
            ("[{plugin: a, permission: 5}]", "[0].permission: expected a list"),
            ("[{plugin: a, permission: [5]}]", "[0].permission[0]: expected a string"),
            ("[{plugin: a, permission: }]", "[0].permission: is missing"),
            ("[{plugin: a, permission: '${NO}'}]", "[0].permission: is missing: the environment variable NO"),
            (
                "[{plugin: a, permission: ['${NO}']}]",
                "[0].permission[0]: expected a string, found null: the environment variable NO is not set"
            ),
            (
                "[{plugin: a, permissionAttribute: read}]",
                "[0].permissionAttribute: expected an object with the key action"
            ),
            ("[{plugin: a, permissionAttribute: ~}]", "[0].permissionAttribute: is missing"),
            ("[{plugin: a, permissionAttribute: {}}]", "[0].permissionAttribute: expected an object"),
            ("[{plugin: a, permissionAttribute: {action: '${NO}'}}]", "[0].permissionAttribute: expected an object"),
            ("[{plugin: a, permissionAttribute: {action: ~}}]", "[0].permissionAttribute.action: is missing"),
            (
                "[{plugin: a, permissionAttribute: {action: write}}]",
                "[0].permissionAttribute: expected create, read, update or delete, found \"write\""
            ),
            ("[{plugin: a, permissionAttribute: {action: read, x: 1}}]", "[0].permissionAttribute: expected an object"),
        ])
    func refusedRestrictions(text: String, expected: String) throws {
        let message = try refusal("backend: {auth: {externalAccess: [\(Self.entry(", accessRestrictions: \(text)"))]}}")
        #expect(message.contains("backend.auth.externalAccess[0].accessRestrictions\(expected)"), "\(message)")
    }
}

extension ConfigurationTokensTests {
    private static func entry(_ more: String) -> String { entry(token: "'a-good-token'", subject: "ci", more) }
}
