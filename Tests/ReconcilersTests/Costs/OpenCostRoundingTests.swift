import Base
import CostSources
import Costs
import Matching
import Store
import TestSupport
import Testing

@testable import Reconcilers

@Suite("What OpenCost rounds")
struct OpenCostRoundingTests {
    private static let midnight = Timestamp(seconds: 1_772_323_200)

    private static func charge(_ nanoDollars: Int64, millicoreSeconds: Int64 = 0) -> OpenCostCharge {
        var charge = OpenCostCharge()
        charge.cost.cpu = Money(nanoDollars: nanoDollars)
        charge.use = CapacityTime(millicoreSeconds: millicoreSeconds, byteSeconds: 0)
        charge.seconds = 3_600
        return charge
    }

    private static func corrected(_ hours: [OpenCostCharge], by day: OpenCostCharge) -> [Int64] {
        let moments = hours.indices.map { midnight.adding(seconds: Int64($0) * 3_600) }
        let charges = Dictionary(uniqueKeysWithValues: zip(moments, hours.map { [OpenCostPayer.workload(1): $0] }))
        let found = OpenCostRounding.corrected(charges, by: [.workload(1): day])
        return moments.compactMap { found[$0]?[.workload(1)]?.cost.cpu.nanoDollars }
    }

    @Test("24 hours of 10 m CPU: 0.00032 each is 1.23 % too much; the day's sum is 0.05 % off at most (C16)")
    func tenMillicores() {
        let hours = Self.corrected(Array(repeating: Self.charge(320_000), count: 24), by: Self.charge(7_590_000))
        #expect(hours.reduce(0, +) == 7_590_000)
        #expect(abs(Double(hours.reduce(0, +)) / 7_586_640 - 1) < 0.0005)
        #expect(Set(hours) == [316_250])
    }

    @Test("hours that were rounded to nothing get the day's sum by what they held")
    func nothing() {
        let hours = [1, 3].map { Self.charge(0, millicoreSeconds: $0) }
        #expect(Self.corrected(hours, by: Self.charge(40_000)) == [10_000, 30_000])
        #expect(Self.corrected([Self.charge(0), Self.charge(0)], by: Self.charge(40_000)) == [20_000, 20_000])
    }

    @Test("a day without a cost changes nothing: it may be missing")
    func missing() {
        #expect(Self.corrected([Self.charge(5), Self.charge(7)], by: Self.charge(0)) == [5, 7])
    }

    @Test("whatever the hours are, they add up to the day to the nano-dollar")
    func random() {
        var random = SeededRandom(seed: 42)
        for _ in 0..<500 {
            let hours = (0..<24).map { _ in
                Self.charge(
                    Int64.random(in: 0...3, using: &random) * 10_000,
                    millicoreSeconds: Int64.random(in: 0...99, using: &random))
            }
            let day = Int64.random(in: 1...100, using: &random) * 10_000
            #expect(Self.corrected(hours, by: Self.charge(day)).reduce(0, +) == day)
        }
    }

    @Test(
        "from where to where is asked",
        arguments: [
            // asked, stored: hours before now; from, to
            (nil, nil, -49, -37), (nil, -5, -5, 0), (nil, -80, -49, -37), (-49, -5, -49, -37), (-37, nil, -37, -25),
            (-1, nil, -3, 0), (0, nil, -3, 0), (2, nil, -3, 0),
        ] as [(Int64?, Int64?, Int64, Int64)])
    func windows(asked: Int64?, stored: Int64?, from: Int64, to: Int64) {
        let now = Self.midnight.adding(seconds: 660)
        func moment(_ hours: Int64?) -> Timestamp? { hours.map { Self.midnight.adding(seconds: $0 * 3_600) } }
        let window = OpenCostFeed.window(asked: moment(asked), stored: moment(stored), at: now)
        #expect(window.from == moment(from) && window.to == moment(to))
    }
}
