import Base
import TestSupport
import Testing

@testable import KubeClient

/// What happens to connections and to the bytes on them: between informers and the API server that
/// `CALLBOARD_TEST_KUBECONFIG` names.
@Suite("Connection faults", .serialized, .enabled(if: environmentVariable("CALLBOARD_TEST_KUBECONFIG") != nil))
struct ConnectionFaultTests {
    /// The ways in which a connection or a body ends, see Tests/FaultProxy/streams.py.
    private static let endings = ["rst", "fin", "close", "end", "chunk"]

    @Test("a watch that is cut goes on after its last whole event", arguments: ["cut", "inside"])
    func cut(where place: String) async throws {
        try await FaultScene.play { scene in
            for how in Self.endings + Self.endings {
                await scene.write(5)
                try await scene.strike(["do": .string(place), "how": .string(how)])
            }
            await scene.waitForWatches()
            // Nothing was lost, so nothing had to be listed again.
            #expect(scene.followers.allSatisfy { $0.status.lists == 1 })
        }
    }

    @Test("a watch that falls silent is given up, whether what comes waits or is lost", arguments: ["stall", "drop"])
    func silence(how: String) async throws {
        try await FaultScene.play(silenceLimit: .seconds(1)) { scene in
            try await scene.strike(["do": .string(how)])
            #expect(await eventually { scene.followers.allSatisfy { $0.status.lists > 1 } })
        }
    }

    @Test("a watch that is held up for a while loses nothing")
    func delay() async throws {
        try await FaultScene.play { scene in
            try await scene.strike(["do": "stall"])
            await scene.write(5)  // by then, what was under way has arrived
            let before = scene.followers.map(\.history.count)
            await scene.write(20)
            #expect(scene.followers.map(\.history.count) == before)
            try await scene.proxy.clear()
            #expect(await eventually { zip(scene.followers, before).allSatisfy { $0.history.count > $1 } })
            #expect(scene.followers.allSatisfy { $0.status.lists == 1 })
        }
    }

    @Test("requests that are reset, or never answered, are made again", arguments: ["reset", "silence"])
    func refused(how: String) async throws {
        try await FaultScene.play(silenceLimit: .seconds(1)) { scene in
            // A list may take its time: only a watch is given up so soon.
            let kind: JSONValue = how == "reset" ? "both" : "watch"
            try await scene.proxy.rule(["on": kind, "do": .string(how), "times": 6])
            try await scene.strike(["do": "cut"])
            if how == "reset" { #expect(await scene.showsError(.connectionLost)) }
            #expect(await scene.hasCounted(how, atLeast: 6))
        }
    }

    @Test("bytes may come one by one, or in pieces at random that split characters", arguments: [1, 0])
    func pieces(size: Int64) async throws {
        try await FaultScene.play(writesPerSecond: 10) { scene in
            try await scene.proxy.rule(["on": "both", "do": "pieces", "size": .int(size)])
            try await scene.expire()
            #expect(await eventually { scene.followers.allSatisfy { $0.status.lists == 2 } })
            await scene.write(20)
            #expect(scene.followers.allSatisfy { $0.status.failures == 1 })
        }
    }

    @Test("a frame may be split between any two of its bytes")
    func everySplit() async throws {
        try await FaultScene.play(writesPerSecond: 200) { scene in
            try await scene.proxy.rule(["on": "watch", "do": "sweep"])
            try await scene.strike(["do": "cut"])
            let path = "/api/v1/namespaces/\(scene.namespace)/configmaps/split"
            _ = try await scene.direct.create(
                "/api/v1/namespaces/\(scene.namespace)/configmaps", ["metadata": ["name": "split"]])
            for number in 0..<400 {
                let text = "äöü€🎭\(number)"
                _ = try await scene.direct.patch(path, .merge, ["data": ["text": .string(text)]])
            }
            let last = await eventually {
                scene.configMaps.informer.cache.get(ObjectKey(namespace: scene.namespace, name: "split"))?.data["text"]
                    == "äöü€🎭399"
            }
            #expect(last)
            #expect(scene.followers.allSatisfy { $0.status.failures == 0 })
            try await scene.direct.delete(path)
        }
    }

    @Test("a slow connection is no fault")
    func slow() async throws {
        try await FaultScene.play(silenceLimit: .seconds(2), writesPerSecond: 10) { scene in
            try await scene.proxy.rule(["on": "both", "do": "slow", "size": 16_384])
            try await scene.expire()
            #expect(await eventually { scene.followers.allSatisfy { $0.status.lists == 2 } })
            await scene.write(5)
            #expect(scene.followers.allSatisfy { $0.status.failures == 1 })
        }
    }

    @Test("a list that ends early removes nothing")
    func truncatedList() async throws {
        try await FaultScene.play { scene in
            for how in Self.endings {
                let (lists, failures) = (scene.followers.map(\.status.lists), scene.followers.map(\.status.failures))
                let rule: JSONValue = ["on": "list", "do": "truncate", "size": 700, "how": .string(how), "times": 6]
                try await scene.proxy.rule(rule)
                try await scene.expire()
                let isListed = await eventually { zip(scene.followers, lists).allSatisfy { $0.status.lists > $1 } }
                #expect(isListed, "\(how)")
                // One is the event that led to the list.
                #expect(zip(scene.followers, failures).contains { $0.status.failures > $1 + 1 }, "\(how)")
            }
            #expect(try await scene.proxy.count("truncate") == 6 * Self.endings.count)
            #expect(try await scene.proxy.count("compressed") > 0)
        }
    }

    @Test("bytes at random are an error, never an object", arguments: [UInt64(1), 2])
    func garbage(seed: UInt64) async throws {
        try await FaultScene.play(seed: seed) { scene in
            try await scene.proxy.rule(["on": "list", "do": "garble", "size": 200, "times": 3])
            try await scene.expire()
            #expect(await eventually { scene.followers.allSatisfy { $0.status.lists > 1 } })
            for size in [1, 5, 300, 70_000] as [Int64] {
                try await scene.strike(["do": "garbage", "size": .int(size)])
                // Few bytes may pass for the beginning of a frame, which then never ends.
                try await scene.strike(["do": "cut"])
            }
            await scene.waitForWatches()
            let failures = scene.followers.map(\.status.failures)
            // No frame is as long as that says, and no line looks like that.
            let bytes = Base64.encode(Array(repeating: 0xFF, count: 70_000))
            try await scene.strike(["do": "inject", "data": .string(bytes)])
            #expect(await eventually { zip(scene.followers, failures).allSatisfy { $0.status.failures > $1 } })
        }
    }

    @Test("a page of something else is an error")
    func otherContent() async throws {
        try await FaultScene.play { scene in
            for (type, text) in [
                ("text/html", "<html><body>Please log in</body></html>"),
                ("application/json", #"{"kind":"List","items":[]}"#),
            ] {
                await scene.waitForWatches()
                let (before, lists) = (try await scene.proxy.count("answer"), scene.followers.map(\.status.lists))
                try await scene.proxy.rule([
                    "on": "both", "do": "answer", "headers": ["Content-Type": .string(type)],
                    "body": .string(Base64.encode(Array(text.utf8))),
                ])
                try await scene.strike(["do": "cut"])
                #expect(await scene.showsError(.undecodable), "\(type)")
                #expect(await scene.hasCounted("answer", atLeast: before + 15), "\(type)")
                #expect(scene.followers.map(\.status.lists) == lists, "\(type)")
                try await scene.proxy.clear()
            }
        }
    }
}
