import Base
import HTTPServer
import TestSupport
import Testing

@testable import MCP

@Suite("Routing: damaged requests")
struct MCPRouterRandomTests {
    @Test("whatever happens to a request's bytes, it is routed or refused with a body", arguments: 0..<20)
    func damaged(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let router = MCPRouter.plain()
        let originals = [
            Post.modern("tools/call", ["name": "get_entity", "arguments": ["name": "n8n"]]), Post.legacy("tools/list"),
            Post(body: [Post.legacy("ping").body, Post.legacy("ping").body]),
        ]
        for _ in 0..<500 {
            let post = originals.randomElement(using: &random) ?? originals[0]
            var body = post.body.serialized()
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damage(&body, &random)
            }
            let route = router.route(method: post.method, headers: post.headers, body: body)
            guard case .rejected(let rejection) = route else { continue }
            #expect([400, 404].contains(rejection.status))
            #expect(try JSONValue(parsing: rejection.body.serialized())["error"]?["code"] != nil)
        }
    }

    private func damage(_ body: inout [UInt8], _ random: inout SeededRandom) {
        guard let position = body.indices.randomElement(using: &random) else { return }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: body[position] = UInt8.random(in: 0...255, using: &random)
        case 1: body.remove(at: position)
        case 2: body.insert(Array("{}[]\",:0n".utf8).randomElement(using: &random) ?? 0, at: position)
        default: body.removeSubrange(position...)
        }
    }
}
