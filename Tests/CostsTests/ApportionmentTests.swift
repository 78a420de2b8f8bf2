import Costs
import TestSupport
import Testing

struct ApportionmentTests {
    private func parts(_ amount: Int64, _ weights: [Int64]) -> [Int64]? {
        Money(nanoDollars: amount).apportioned(by: weights)?.map(\.nanoDollars)
    }

    @Test("what rounding leaves goes to those that lost most, the earlier first")
    func largestRemainder() {
        #expect(parts(10, [1, 1, 1]) == [4, 3, 3])
        #expect(parts(100, [1, 2, 4]) == [14, 29, 57])  // 14.29, 28.57, 57.14
        #expect(parts(-10, [1, 1, 1]) == [-4, -3, -3])
        #expect(parts(5, [0, -7, 2]) == [0, 0, 5])
        #expect(parts(0, [3, 4]) == [0, 0])
        #expect(Money(nanoDollars: 11).divided(evenly: 4).map(\.nanoDollars) == [3, 3, 3, 2])
        #expect(Money(nanoDollars: 11).divided(evenly: 0) == [])
    }

    @Test("without a positive weight nothing can be divided")
    func noWeight() {
        #expect(parts(10, []) == nil && parts(10, [0, 0]) == nil && parts(10, [-1]) == nil)
    }

    @Test("the largest amounts and weights neither trap nor lose anything")
    func extremes() {
        #expect(parts(.max, [.max, .max])?.reduce(0, +) == .max)
        #expect(parts(.min, [.max, .max, 1])?.reduce(0, +) == .min)
        #expect(parts(.max, Array(repeating: .max, count: 10_000))?.reduce(0, +) == .max)
    }

    @Test("over random amounts and weights the parts are exact and off by less than a nano-dollar from the quota")
    func random() throws {
        for seed in 0..<2_000 {
            var random = SeededRandom(seed: UInt64(seed))
            let amount = Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &random)
            let most = Int64(1) << Int64.random(in: 1...40, using: &random)
            let weights = (0..<Int.random(in: 1...40, using: &random)).map { _ in
                Int64.random(in: 0...most, using: &random)
            }
            let total = weights.reduce(0, +)
            guard total > 0 else { continue }
            let found = try #require(parts(amount, weights), "seed \(seed)")
            #expect(found.reduce(0, +) == amount, "seed \(seed)")
            for (part, weight) in zip(found, weights) {
                let lost = Int128(part) * Int128(total) - Int128(amount) * Int128(weight)
                #expect(lost.magnitude < Int128(total).magnitude, "seed \(seed)")
            }
        }
    }
}
