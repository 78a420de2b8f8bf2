import Actions
import Base
import HTTPServer
import Testing

@testable import API

@Suite("What goes on to ScaleOps")
struct ScaleOpsCallTests {
    private func call(_ method: String, _ target: String, reports: [String] = []) throws -> ScaleOpsCall {
        let parsed = try #require(RequestTarget("/api/scaleops/api/" + target))
        return try ScaleOpsCall(
            method: method, segments: parsed.pathSegments.dropFirst(3), hasTrailingSlash: parsed.path.hasSuffix("/"),
            target: parsed.text, reports: reports)
    }

    @Test(
        "the path behind the first /api/ is ScaleOps' own, the query goes on as it is",
        arguments: [
            ("api/v1/policies", "/api/v1/policies", nil),
            ("detailedCostReport/getWorkloads?range=7d", "/detailedCostReport/getWorkloads", "range=7d"),
            ("api/v1/a?x=%2F+b&x=c?d=e", "/api/v1/a", "x=%2F+b&x=c?d=e"), ("api/v1/a/?", "/api/v1/a/", ""),
            ("api/v1/clusters/eu@1:x", "/api/v1/clusters/eu@1:x", nil), ("%61pi/v1/a", "/api/v1/a", nil),
        ] as [(String, String, String?)])
    func paths(target: String, path: String, query: String?) throws {
        let found = try call("GET", target)
        #expect(found.path == path && found.query == query)
    }

    @Test(
        "a path that could be taken for another is refused",
        arguments: [
            "", "api/../auth/callback", "api/%2e%2e/auth", "api/./v1", "api//v1", "api/v1%2F..%2Fx", "api/v1/%5c..",
            "api/v1/a%252e", "api/v1/a;b", "api/v1/a%3Fb", "api/v1/a%23", "api/v1/%C3%BC", "api/v1/a%0Ab", "api/v1/a b",
            "api/v1/a?x=\u{FC}", "api/v1/a?x#y",
        ])
    func odd(target: String) {
        #expect(throws: ActionError.self) { try call("GET", target) }
    }

    @Test(
        "logging in and out is nobody's business", arguments: ["auth/callback?x=y", "AUTH/logout", "auth", "%61uth/x"])
    func login(target: String) {
        for method in ["GET", "POST"] {
            #expect {
                try call(method, target)
            } throws: {
                ($0 as? ActionError)?.kind == .notAllowed
            }
        }
    }

    @Test(
        "what only reads is told apart",
        arguments: [
            ("GET", "api/v1/policies", true), ("HEAD", "api/v1/policies", true), ("POST", "api/v1/policies", false),
            ("POST", "api/v1/dashboard/byNamespace?multiCluster=true", true),
            ("POST", "detailedCostReport/getWorkloads", true), ("PUT", "api/v1/dashboard/byNamespace", false),
            ("DELETE", "api/v1/policies/a", false), ("PATCH", "api/v1/x", false), ("GET", "api/v2/x", false),
            ("GET", "api/v1", false), ("GET", "admin", false), ("POST", "api/v1/dashboard/byNamespace/", false),
            ("POST", "api/v1/dashboard/bynamespace", false), ("GET", "detailedCostReport/export.csv", true),
            ("POST", "api/v1/dashboard/byCluster", true), ("DELETE", "api/v1/dashboard/byCluster", false),
        ])
    func kinds(method: String, target: String, isRead: Bool) throws {
        #expect(try call(method, target, reports: ["/api/v1/dashboard/byCluster"]).isRead == isRead)
    }
}

@Suite("Permissions of ScaleOps")
struct ScaleOpsPermissionTests {
    private func caller(_ restrictions: [AccessRestriction]?) -> Caller {
        Caller(subject: "external:x", restrictions: restrictions)
    }

    private func restriction(
        _ permissions: Set<String>?, _ attributes: Set<Permission.Attribute>? = nil, plugin: String = "scaleops"
    ) -> AccessRestriction {
        AccessRestriction(plugin: plugin, permissions: permissions, attributes: attributes)
    }

    @Test("to write is given by name and by nothing else")
    func writing() throws {
        let name = "scaleops.proxy.write"
        for restrictions in [
            nil, [], [restriction(nil)], [restriction(nil, [.update])], [restriction([name], [.read])],
            [restriction(["scaleops.proxy.read"])], [restriction([name], plugin: "catalog")],
        ] {
            #expect(throws: ActionError.self) { try caller(restrictions).checkNamed(.writeScaleOps) }
        }
        for restrictions in [[restriction([name])], [restriction(nil), restriction([name], [.update])]] {
            try caller(restrictions).checkNamed(.writeScaleOps)
        }
    }
}
