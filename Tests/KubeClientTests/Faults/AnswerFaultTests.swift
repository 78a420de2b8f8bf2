import Base
import TestSupport
import Testing

@testable import KubeClient

/// What a server in trouble answers instead of a list or a watch, and what it writes into a watch.
@Suite("Answers in trouble", .serialized, .enabled(if: environmentVariable("CALLBOARD_TEST_KUBECONFIG") != nil))
struct AnswerFaultTests {
    /// A refusal and how an informer's status names it.
    private struct Refusal: Sendable, CustomStringConvertible {
        let status: Int
        let code: KubernetesError.Code
        var headers: JSONValue = [:]
        var body: [UInt8] = []

        var description: String {
            let form = body.isEmpty ? "empty" : body.first == UInt8(ascii: "{") ? "JSON" : "text"
            return "\(status), \(form)\(headers == [:] ? "" : ", Retry-After")"
        }

        /// The rule of the proxy for lists, watches or both; nil: without end.
        func rule(on kind: String, times: Int? = nil) -> JSONValue {
            [
                "on": .string(kind), "times": times.map { .int(Int64($0)) } ?? .null, "do": "answer",
                "status": .int(Int64(status)), "headers": headers, "body": .string(Base64.encode(body)),
            ]
        }

        static func json(_ status: Int, _ reason: String) -> [UInt8] {
            let details: JSONValue = status == 429 || status >= 500 ? ["retryAfterSeconds": 1] : [:]
            let object: JSONValue = [
                "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure",
                "message": "told by the proxy", "reason": .string(reason), "details": details,
                "code": .int(Int64(status)),
            ]
            return object.serialized()
        }

        static let all = [
            Refusal(status: 401, code: .unauthorized, body: json(401, "Unauthorized")),
            Refusal(status: 403, code: .forbidden, body: json(403, "Forbidden")),
            Refusal(status: 410, code: .gone, body: json(410, "Expired")),
            Refusal(
                status: 429, code: .tooManyRequests, headers: ["Retry-After": "1"],
                body: Array("Too many requests, please try again later.".utf8)),
            Refusal(status: 429, code: .tooManyRequests, body: json(429, "TooManyRequests")),
            Refusal(status: 429, code: .tooManyRequests),
            Refusal(status: 500, code: .serverError, body: Array("internal error".utf8)),
            Refusal(status: 503, code: .unavailable, headers: ["Retry-After": "1"], body: Array("starting".utf8)),
            Refusal(status: 503, code: .unavailable),
            Refusal(status: 504, code: .serverTimeout, body: json(504, "Timeout")),
            Refusal(status: 502, code: .serverError, body: Array("<html>bad gateway</html>".utf8)),
        ]
    }

    @Test("a storm of refusals is shown while it lasts, and nothing is lost")
    func storm() async throws {
        try await FaultScene.play { scene in
            for refusal in Refusal.all {
                let before = try await scene.proxy.count("answer")
                await scene.waitForWatches()
                try await scene.proxy.rule(refusal.rule(on: "both"))
                try await scene.proxy.streams(["do": "cut"])
                #expect(await scene.showsError(refusal.code), "\(refusal)")
                #expect(await scene.hasCounted("answer", atLeast: before + 5), "\(refusal)")
                try await scene.proxy.clear()
                let isOver = await eventually { scene.followers.allSatisfy { $0.status.lastError == nil } }
                #expect(isOver, "\(refusal)")
            }
        }
    }

    @Test("a storm of few answers of every kind is survived", arguments: [UInt64(1), 2])
    func mixedStorm(seed: UInt64) async throws {
        try await FaultScene.play(seed: seed) { scene in
            for (index, refusal) in Refusal.all.enumerated() {
                let kinds = ["watch", "list", "both"]
                try await scene.proxy.rule(refusal.rule(on: kinds[index % 3], times: 4))
            }
            try await scene.strike(["do": "cut"])
            #expect(await eventually { scene.followers.allSatisfy { $0.status.failures > 3 } })
        }
    }

    @Test("an ERROR event of any code ends the watch, not the informer")
    func errorEvent() async throws {
        try await FaultScene.play { scene in
            for code in [410, 429, 500, 503, 599, 0] {
                let (lists, failures) = (scene.followers.map(\.status.lists), scene.followers.map(\.status.failures))
                try await scene.inject(error: code, "Told")
                let isTold = await eventually { zip(scene.followers, failures).allSatisfy { $0.status.failures > $1 } }
                #expect(isTold, "\(code)")
                // A version that is gone needs a list at once; other errors may have passed when the watch is tried again.
                if code == 410 {
                    #expect(await eventually { zip(scene.followers, lists).allSatisfy { $0.status.lists > $1 } })
                }
                let isOver = await eventually { scene.followers.allSatisfy { $0.status.lastError == nil } }
                #expect(isOver, "\(code)")
            }
        }
    }

    @Test("an event of an unknown type is passed over")
    func unknownEvent() async throws {
        try await FaultScene.play { scene in
            let event = Wire.event("LATER", Wire.namespace("what", version: 1))
            try await scene.inject(
                event,
                line: ["type": "LATER", "object": ["metadata": ["name": "what", "resourceVersion": "1"]]])
            // It has arrived.
            let isTold = await eventually {
                scene.followers.allSatisfy { $0.warnings.contains { $0.contains("unknown type of watch event") } }
            }
            #expect(isTold)
            await scene.write()
            #expect(scene.followers.allSatisfy { $0.status.failures == 0 && $0.status.lists == 1 })
        }
    }

    @Test("an ERROR event without a Status is an error too")
    func errorWithoutStatus() async throws {
        try await FaultScene.play { scene in
            let event = Wire.event("ERROR", [0xFF, 0xFF, 0xFF], kind: "Status")
            try await scene.inject(event, line: ["type": "ERROR", "object": ["what"]])
            #expect(await eventually { scene.followers.allSatisfy { $0.status.failures == 1 } })
        }
    }

    @Test("an object of 1 MB comes whole through any fault, and one of 2 MB is read")
    func largeObjects() async throws {
        try await FaultScene.play { scene in
            let path = "/api/v1/namespaces/\(scene.namespace)/configmaps"
            let key = ObjectKey(namespace: scene.namespace, name: "large")
            let cache = scene.configMaps.informer.cache
            // Near the limit of 1 MiB that the API server sets for the data of a ConfigMap.
            let text = String(repeating: "0123456789äöü€🎭", count: 45_000)
            try await scene.proxy.rule(["on": "list", "do": "pieces", "size": 9001])
            _ = try await scene.direct.create(path, ["metadata": ["name": "large"], "data": ["text": .string(text)]])
            #expect(await eventually { cache.get(key)?.data["text"] == text })
            try await scene.strike(["do": "inside", "how": "end"])
            _ = try await scene.direct.patch("\(path)/large", .merge, ["data": ["more": "1"]])
            #expect(await eventually { cache.get(key)?.data["more"] == "1" })
            try await scene.expire()
            #expect(await eventually { scene.configMaps.status.lists == 2 })
            #expect(cache.get(key)?.data["text"] == text)

            let version = try #require(cache.get(key)?.meta.resourceVersion)
            let huge = String(repeating: "x", count: 2 << 20)
            let added = ProtobufWriter {
                $0.data(1, Wire.meta("huge", namespace: scene.namespace, uid: "u", version: Int(version.text) ?? 0))
                $0.entry(2, "text", huge)
            }.bytes
            for type in ["ADDED", "DELETED"] {
                let event = Base64.encode(Wire.event(type, added, kind: "ConfigMap"))
                try await scene.strike(["do": "inject", "data": .string(event), "plural": "configmaps"])
                let hugeKey = ObjectKey(namespace: scene.namespace, name: "huge")
                #expect(
                    await eventually { cache.get(hugeKey)?.data["text"] == (type == "ADDED" ? huge : nil) }, "\(type)")
            }
        }
    }
}
