import Base
import TestSupport
import Testing

@Suite("Short memory")
struct ShortMemoryTests {
    @Test("a value is there until its time is over, to the moment")
    func lifetime() {
        var memory = ShortMemory<String, Int>(lifetime: .seconds(5), limit: 10)
        memory.keep(1, for: "a", cost: 1, at: .seconds(100))
        #expect(memory.value("a", at: .seconds(104.999)) == 1)
        #expect(memory.value("a", at: .seconds(105)) == nil)
        memory.prune(at: .seconds(105))
        #expect(memory.cost == 0 && memory.isEmpty)
    }

    @Test("the oldest go for a new one, what is larger than all room is not kept, and zero seconds keep nothing")
    func limit() {
        var memory = ShortMemory<String, Int>(lifetime: .seconds(5), limit: 10)
        memory.keep(1, for: "a", cost: 4, at: .zero)
        memory.keep(2, for: "b", cost: 4, at: .zero)
        memory.keep(3, for: "c", cost: 4, at: .zero)
        #expect(memory.value("a", at: .zero) == nil && memory.value("b", at: .zero) == 2)
        memory.keep(4, for: "b", cost: 11, at: .zero)
        #expect(memory.value("b", at: .zero) == nil && memory.cost == 4)
        var none = ShortMemory<String, Int>(lifetime: .zero, limit: 10)
        none.keep(1, for: "a", cost: 0, at: .zero)
        #expect(none.isEmpty)
    }

    @Test("it holds what a plain model holds, and never more than its limit")
    func random() {
        for seed in 0..<300 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            var memory = ShortMemory<Int, Int>(lifetime: .seconds(5), limit: 20)
            var model: [(key: Int, value: Int, cost: Int, until: Int)] = []
            var now = 0
            for step in 0..<200 {
                now += Int.random(in: 0...2, using: &random)
                let key = Int.random(in: 0..<8, using: &random)
                if Bool.random(using: &random) {
                    let cost = Int.random(in: 0...8, using: &random)
                    memory.keep(step, for: key, cost: cost, at: .seconds(now))
                    model.removeAll { $0.key == key || $0.until <= now }
                    while model.reduce(0, { $0 + $1.cost }) + cost > 20 { model.removeFirst() }
                    model.append((key, step, cost, now + 5))
                } else if Int.random(in: 0..<5, using: &random) == 0 {
                    memory.forget(key)
                    model.removeAll { $0.key == key }
                }
                #expect(memory.cost <= 20)
                for key in 0..<8 {
                    let expected = model.first { $0.key == key && $0.until > now }?.value
                    #expect(memory.value(key, at: .seconds(now)) == expected, "seed \(seed), step \(step)")
                }
            }
        }
    }
}
