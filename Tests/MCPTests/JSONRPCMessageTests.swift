import Base
import HTTPServer
import Testing

@testable import MCP

@Suite("Reading JSON-RPC messages")
struct JSONRPCMessageTests {
    private func read(_ text: String) throws -> Result<JSONRPCMessage, Rejection> {
        let value = try JSONValue(parsing: text)
        do throws(Rejection) { return .success(try JSONRPCMessage(value)) } catch { return .failure(error) }
    }

    @Test(
        "an id comes back with its type and digits",
        arguments: [
            "1", "0", "-7", "\"1\"", "\"\"", "9007199254740993", "9223372036854775807", "18446744073709551615",
            "-9223372036854775808", "\"é\"",
        ])
    func ids(text: String) throws {
        let message = try read(#"{"jsonrpc":"2.0","id":\#(text),"method":"ping"}"#).get()
        guard case .request(let request) = message else {
            Issue.record("not a request")
            return
        }
        #expect(request.id.json.text() == text)
        #expect(Rejection(id: request.id, error: .internalError).body["id"]?.text() == text)
    }

    @Test(
        "an id that is neither string nor integer is malformed, not a notification",
        arguments: ["null", "1.5", "true", "[]", "{}"])
    func badIDs(text: String) throws {
        let result = try read(#"{"jsonrpc":"2.0","id":\#(text),"method":"ping"}"#)
        #expect(throws: Rejection(error: .invalidRequest("id must be an integer or a string of at most 256 bytes"))) {
            try result.get()
        }
    }

    @Test(
        "a message of no known shape is refused, echoing a usable id",
        arguments: [
            ("5", nil), ("\"x\"", nil), ("null", nil), ("{}", nil), (#"{"id":1,"method":"ping"}"#, 1),
            (#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, 1), (#"{"jsonrpc":2,"id":1,"method":"ping"}"#, 1),
            (#"{"jsonrpc":"2.0","id":1}"#, 1), (#"{"jsonrpc":"2.0","id":1,"method":5}"#, 1),
            (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, 1),
            (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}"#, 1),
        ] as [(String, Int64?)])
    func malformed(text: String, id: Int64?) throws {
        guard case .failure(let rejection) = try read(text) else {
            Issue.record("accepted")
            return
        }
        #expect(rejection.status == 400)
        #expect(rejection.error.code == .invalidRequest)
        #expect(rejection.id == id.map(RequestID.integer))
    }

    @Test("presence of members decides the shape; params may be null")
    func shapes() throws {
        #expect(
            try read(#"{"jsonrpc":"2.0","id":1,"method":"ping","params":null}"#).get()
                == .request(JSONRPCRequest(id: .integer(1), method: "ping", params: [:])))
        #expect(
            try read(#"{"jsonrpc":"2.0","method":"m","params":{"a":1}}"#).get()
                == .notification(method: "m", params: ["a": 1]))
        #expect(
            try read(#"{"jsonrpc":"2.0","id":"a","result":{"x":1}}"#).get()
                == .response(JSONRPCResponse(id: .string("a"), outcome: .result(["x": 1]))))
        #expect(
            try read(#"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"no"}}"#).get()
                == .response(JSONRPCResponse(id: nil, outcome: .error("no"))))
    }
}
