import Base
import Testing

@testable import Catalog

@Suite("Definitions that an API's own host serves")
struct ServedDefinitionTests {
    private static let url = "https://Api.example:8443/docs/v1/openapi.json?token=t"
    private static let origin = "https://api.example:8443"

    private static func repaired(_ text: String, from url: String = url) throws -> String {
        try #require(ServedDefinition(url: url)).repaired(text)
    }

    private static func value(_ text: String) throws -> JSONValue {
        try #require(YAML.documents(Array(text.utf8)).first).get().json
    }

    private static func entry(_ path: String) -> JSONValue {
        ["url": .string(origin + path), "description": "Where this definition was fetched from"]
    }

    private static let repairs: [(JSONValue?, JSONValue)] = [
        // None.
        (nil, [["url": .string(origin)]]), ([], [["url": .string(origin)]]), (.null, [["url": .string(origin)]]),
        // A relative first one counts from the document; the rest of it, and the others, stay.
        (
            [["url": "/v1", "description": "d"], ["url": "/v2"]],
            [["url": .string(origin + "/v1"), "description": "d"], ["url": "/v2"]]
        ),
        ([["url": "/"]], [["url": .string(origin + "/")]]), ([["url": ""]], [["url": .string(origin)]]),
        ([["url": "v2"]], [["url": .string(origin + "/docs/v1/v2")]]),
        ([["url": "./v2/"]], [["url": .string(origin + "/docs/v1/v2/")]]),
        ([["url": "../v2?a=/../b"]], [["url": .string(origin + "/docs/v2?a=/../b")]]),
        ([["url": "../../../.."]], [["url": .string(origin + "/")]]),
        (
            [["url": "/{version}", "variables": ["version": ["default": "v1"]]]],
            [["url": .string(origin + "/{version}"), "variables": ["version": ["default": "v1"]]]]
        ),
        // Of another origin: host, port or scheme.
        ([["url": "https://prod.example/v1"]], [["url": "https://prod.example/v1"], entry("/v1")]),
        ([["url": "https://api.example/v1"]], [["url": "https://api.example/v1"], entry("/v1")]),
        ([["url": "http://api.example:8443"]], [["url": "http://api.example:8443"], entry("")]),
        ([["url": "//prod.example/v1"]], [["url": "//prod.example/v1"], entry("/v1")]),
        (
            [["url": "https://b.example/v1", "x-a": 1, "description": "d"], ["url": "/v2"]],
            [
                ["url": "https://b.example/v1", "x-a": 1, "description": "d"], ["url": "/v2"],
                ["url": .string(origin + "/v1"), "x-a": 1, "description": "Where this definition was fetched from"],
            ]
        ),
        // Variables go with the path that holds them.
        (
            [["url": "{scheme}://b.example/v1", "variables": ["scheme": ["default": "https"]]]],
            [["url": "{scheme}://b.example/v1", "variables": ["scheme": ["default": "https"]]], entry("/v1")]
        ),
        ([["url": "{base}/v1"]], [["url": "{base}/v1"], entry("/v1")]),
        (
            [["url": "https://b.example/{version}", "variables": ["version": ["default": "v1"]]]],
            [
                ["url": "https://b.example/{version}", "variables": ["version": ["default": "v1"]]],
                [
                    "url": .string(origin + "/{version}"), "variables": ["version": ["default": "v1"]],
                    "description": "Where this definition was fetched from",
                ],
            ]
        ),
    ]

    @Test("servers lead to where the document was fetched, in JSON as in YAML", arguments: repairs)
    func repair(servers: JSONValue?, expected: JSONValue) throws {
        var document: JSONObject = ["openapi": "3.0.3", "info": ["title": "a: b", "version": "1.10"]]
        document["servers"] = servers
        document["paths"] = ["/x": ["get": ["responses": ["200": ["description": "ok"]]]]]
        var whole = document
        whole["servers"] = expected
        for text in [JSONValue.object(document).text(), JSONValue.object(document).yaml] {
            let result = try Self.repaired(text)
            #expect(try Self.value(result) == .object(whole))
            #expect(result.hasPrefix("openapi:"))
            #expect(!result.contains("token"))
            #expect(try Self.repaired(result) == result)
        }
    }

    @Test(
        "what leads there already, and what is no OpenAPI 3, is left as it is to the last byte",
        arguments: [
            #"{"openapi": "3.1.0",  "servers": [{"url": "https://api.example:8443/v1"}]}"#,
            "openapi: 3.1.0 # mine\nservers:\n  - {url: 'HTTPS://API.example:8443'}\n",
            "openapi: 3.1.0\nservers: [{url: //api.example:8443/x}]\n",
            "openapi: 3.0.0\nservers: [{url: 'https://b.example/x'}, {url: 'https://api.example:8443/x'}]\n",
            // Not what OpenAPI wants: nobody's to mend.
            "openapi: 3.0.0\nservers: {url: /v1}\n", "openapi: 3.0.0\nservers: [/v1]\n",
            "openapi: 3.0.0\nservers: [{url: 1}]\n",
            #"{"swagger": "2.0"}"#, "openapi: 4.0.0\n", "openapi: [3]\n", "asyncapi: 3.0.0\n", "type Query { a: Int }",
            "openapi: 3.0.0\n---\nopenapi: 3.0.0\n", "openapi: 3.0.0\nservers: [", "[]", "",
        ])
    func untouched(text: String) throws {
        #expect(try Self.repaired(text) == text)
    }

    @Test("a long document does not grow beyond the bound by being repaired")
    func long() throws {
        let summary = JSONValue.string(String(repeating: "a", count: 600))
        let paths = (0..<1_000).map { ("/\($0)", JSONValue.object(["get": ["summary": summary]])) }
        let text = JSONValue.object(["openapi": "3.0.0", "paths": .object(JSONObject(paths))]).text()
        let result = try Self.repaired(text)
        #expect(text.utf8.count > Placeholder.maximumBytes / 2)
        #expect(result.utf8.count < text.utf8.count + 100 && result.contains(Self.origin))
    }

    @Test("a version that YAML takes for a number is one too")
    func number() throws {
        for version in ["3.0", "3.1", "3"] {
            let result = try Self.repaired("openapi: \(version)\n")
            #expect(try Self.value(result)["servers"] == [["url": .string(Self.origin)]])
        }
    }

    @Test(
        "the origin is that of the URL, without the scheme's own port, a user's name or what follows the host",
        arguments: [
            ("https://a.example", "https://a.example"), ("HTTPS://A.example:443/x", "https://a.example"),
            ("http://a.example:80?x=/y", "http://a.example"), ("http://a.example:443/", "http://a.example:443"),
            ("https://u:p@a.example/x", "https://a.example"), ("http://a.example#/x", "http://a.example"),
        ])
    func origins(url: String, origin: String) throws {
        let result = try Self.repaired("openapi: 3.0.0", from: url)
        #expect(try Self.value(result)["servers"] == [["url": .string(origin)]])
    }

    @Test(
        "a document that came from nowhere on the web has no host",
        arguments: ["./openapi.yaml", "file:///etc/x", "https://", "ftp://h/x"])
    func nowhere(url: String) {
        #expect(ServedDefinition(url: url) == nil)
    }
}
