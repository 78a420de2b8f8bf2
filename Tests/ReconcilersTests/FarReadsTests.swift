import TestSupport
import Testing

@testable import Reconcilers

/// In a reference, so that expectations may change it.
private final class Reads<Key: Hashable & Sendable, Value: Sendable> {
    var reads = FarReads<Key, Value>()

    func add(_ key: Key, host: String) { reads.add(key, host: host) }
    func next() -> [Key] { reads.next() }
    func addAgain(_ key: Key) -> Bool { reads.addAgain(key) }
    func ended(_ key: Key, _ value: Value?) -> Bool { reads.ended(key, value) }
    func take() -> [Key: Value] { reads.take() }
    var keys: Set<Key> { reads.keys }
}

@Suite("Which far locations are read when")
struct FarReadsTests {
    @Test("of each host a few at a time, the hosts in turn, and so many in all")
    func bounds() {
        let reads = Reads<String, Int>()
        for number in 0..<100 { reads.add("slow \(number)", host: "slow") }
        for host in ["a", "b"] { for number in 0..<3 { reads.add("\(host) \(number)", host: host) } }
        let begun = reads.next()
        #expect(Array(begun.prefix(6)) == ["slow 0", "a 0", "b 0", "slow 1", "a 1", "b 1"])
        #expect(begun.count { $0.hasPrefix("slow") } == 4 && begun.count == 10)
        #expect(reads.next().isEmpty)
        for host in 0..<20 { reads.add("other \(host)", host: "\(host)") }
        #expect(reads.next().count == 6)
    }

    @Test("what was read holds its place until it is taken, then the next begins")
    func places() {
        let reads = Reads<Int, String>()
        for number in 0..<5 { reads.add(number, host: "h") }
        #expect(reads.next() == [0, 1, 2, 3])
        #expect(reads.take().isEmpty)
        #expect(reads.ended(0, "value"))
        #expect(reads.next().isEmpty)
        #expect(reads.take() == [0: "value"] && reads.take().isEmpty)
        #expect(reads.next() == [4])
        #expect(reads.keys == [1, 2, 3, 4])
    }

    @Test(
        "what is asked for while it is read, or waits to be taken, is read once more after that",
        arguments: [true, false])
    func again(waits: Bool) {
        let reads = Reads<Int, String>()
        #expect(!reads.addAgain(1))
        reads.add(1, host: "h")
        #expect(reads.addAgain(1))
        #expect(reads.next() == [1])
        if !waits { #expect(reads.addAgain(1)) }
        #expect(reads.ended(1, "old"))
        if waits { #expect(reads.addAgain(1)) }
        #expect(reads.next().isEmpty)
        #expect(reads.take() == [1: "old"])
        #expect(reads.next() == [1])
        #expect(reads.ended(1, "new") && reads.take() == [1: "new"])
        #expect(reads.next().isEmpty && reads.keys.isEmpty)
    }

    @Test("a reading of which nothing came leaves its place to the next; what was asked for meanwhile is read again")
    func nothing() {
        let reads = Reads<Int, String>()
        for number in 0..<5 { reads.add(number, host: "h") }
        #expect(reads.next() == [0, 1, 2, 3])
        #expect(!reads.ended(0, nil))
        #expect(reads.next() == [4])
        reads.add(1, host: "h")
        #expect(!reads.ended(1, nil))
        #expect(reads.next() == [1])
        for number in 1..<5 { #expect(!reads.ended(number, nil)) }
        #expect(reads.keys.isEmpty)
    }

    @Test("in any order of events all that was asked for is read after it was asked for", arguments: 0..<20)
    func random(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let reads = Reads<Int, Int>()
        // By key: when it was last asked for, and when each reading began.
        var (asked, began, taken, running, ready) = ([Int: Int](), [Int: Int](), [Int: Int](), [Int](), [Int]())
        for time in 0..<2_000 {
            switch (time < 1_000 ? Int.random(in: 0..<4, using: &random) : Int.random(in: 1..<4, using: &random)) {
            case 0:
                let key = Int.random(in: 0..<40, using: &random)
                reads.add(key, host: "\(key % 5)")
                asked[key] = time
            case 1:
                for key in reads.next() {
                    began[key] = time
                    running.append(key)
                }
            case 2:
                if let index = running.indices.randomElement(using: &random) {
                    let key = running.remove(at: index)
                    if reads.ended(key, began[key] ?? 0) { ready.append(key) }
                }
            default:
                let come = reads.take()
                #expect(Set(come.keys) == Set(ready))
                taken.merge(come) { $1 }
                ready = []
            }
            #expect(running.count + ready.count <= FarReads<Int, Int>.maximum)
            for host in 0..<5 {
                #expect((running + ready).count { $0 % 5 == host } <= FarReads<Int, Int>.maximumOfHost)
            }
        }
        #expect(reads.keys.isEmpty)
        for (key, time) in asked { #expect(taken[key].map { $0 >= time } == true, "\(key)") }
    }
}
