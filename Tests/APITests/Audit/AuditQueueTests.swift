import Base
import Store
import TestSupport
import Testing

@testable import API

@Suite("Events on their way to log and database")
struct AuditQueueTests {
    private static func event(_ actor: String, _ second: Int64 = 0, tool: String = "t", error: String? = nil)
        -> AuditEvent
    {
        AuditEvent(
            "mcp-actions", "tool-execution", actor: AuditActor(id: actor, ip: "10.0.0.1"),
            meta: ["tool": .string(tool), "arguments": ["x": .int(second)]], error: error,
            duration: .milliseconds(2), at: Timestamp(seconds: second))
    }

    @Test("of those that are alike the first are kept one by one, the rest are counted with their time")
    func together() throws {
        var queue = AuditQueue(individual: 3)
        for second in 0..<10 { #expect(queue.add(Self.event("ann", Int64(second))) == 0) }
        let events = queue.empty()
        #expect(events.count == 4 && queue.isEmpty)
        let last = try #require(events.last)
        #expect(last.occurrences == 7 && last.duration == .milliseconds(14) && last.at == Timestamp(seconds: 9))
        #expect(last.meta["arguments"] == nil && last.meta["tool"] == "t")
        #expect(events.dropLast().allSatisfy { $0.occurrences == 1 && $0.meta["arguments"] != nil })
        #expect(queue.add(Self.event("ann")) == 0)
        #expect(queue.empty().count == 1)
    }

    @Test(
        "other callers, other tools and other ends are not alike",
        arguments: [event("bob", 1), event("ann", 1, tool: "u"), event("ann", 1, error: "no")])
    func apart(_ other: AuditEvent) {
        var queue = AuditQueue(individual: 1)
        _ = queue.add(Self.event("ann"))
        _ = queue.add(other)
        #expect(queue.empty().map(\.occurrences) == [1, 1])
    }

    @Test("of more kinds than are told apart it is not told from where those came whom nobody knows; callers stay")
    func manyKinds() throws {
        var queue = AuditQueue(individual: 1, maximumKinds: 10)
        for number in 0..<1_000 {
            var event = Self.event("")
            event.actor = AuditActor(ip: "10.0.0.\(number)")
            _ = queue.add(event)
        }
        _ = queue.add(Self.event("ann"))
        let events = queue.empty()
        #expect(events.count == 13)
        #expect(events.map(\.occurrences).reduce(0, +) == 1_001)
        #expect(events.filter { $0.actor.ip == nil }.map(\.occurrences).max() == 989)
        #expect(events.filter { $0.actor.id == "ann" }.count == 1)
    }

    @Test("the oldest go when there are too many, and each that goes is told of", arguments: 0..<20 as Range<UInt64>)
    func bounded(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let maximum = Int.random(in: 1...40, using: &random)
        var queue = AuditQueue(individual: .max, maximum: maximum)
        let count = Int.random(in: 1...200, using: &random)
        let lost = (0..<count).map { queue.add(Self.event("ann", Int64($0))) }.reduce(0, +)
        let kept = queue.empty()
        #expect(kept.count + lost == count && kept.count <= maximum)
        #expect(kept.map(\.at) == (lost..<count).map { Timestamp(seconds: Int64($0)) })
    }

    @Test("arguments are shown without secrets, bounded in every direction, and without U+0000")
    func arguments() throws {
        var deep: JSONValue = "x"
        for _ in 0..<50 { deep = ["a": deep] }
        let shown = AuditArguments.shown([
            "name": "shop", "Password": "hunter2",
            "nested": ["apiKey": ["k"], "list": .array(.init(repeating: 1, count: 99))],
            "long": .string(String(repeating: "é", count: 5_000)), "deep": deep, "nul": "a\u{0}b",
        ])
        #expect(shown["name"] == "shop" && shown["Password"] == "***" && shown["nested"]?["apiKey"] == "***")
        #expect(shown["nested"]?["list"]?.arrayValue?.count == 51)
        #expect(shown["long"]?.stringValue?.count == 251 && shown["nul"] == "a\u{FFFD}b")
        #expect(shown.text().utf8.count < 2_000)
    }

    @Test("texts are cut by bytes at the border of a scalar, and all arguments of an event are bounded together")
    func bytes() {
        // One character of very many bytes.
        let mark = "e" + String(repeating: "\u{301}", count: 5_000)
        #expect(AuditArguments.text(mark, 100).utf8.count == 99 + "…".utf8.count)
        #expect(AuditArguments.text("é", 2) == "é" && AuditArguments.text("éé", 3) == "é…")
        let list = JSONValue.array(.init(repeating: .string(String(repeating: "\u{1}", count: 500)), count: 50))
        let shown = AuditArguments.shown(["a": list, "b": list, "c": .array(.init(repeating: list, count: 50))])
        #expect(shown.serialized().count < 16 << 10)
    }
}
