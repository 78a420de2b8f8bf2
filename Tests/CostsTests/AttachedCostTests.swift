import Base
import Costs
import TestSupport
import Testing

struct AttachedCostTests {
    private let prices = AttachedPrices(loadBalancerPerHour: dollars("0.025"))

    private func hours(_ from: Int64, _ to: Int64) -> Range<Timestamp> {
        Timestamp(seconds: from * 3_600)..<Timestamp(seconds: to * 3_600)
    }

    @Test("oracle C8: 100 GiB for 730 hours, and the published 8 GiB for 150.5 hours")
    func volumes() {
        #expect(prices.volume(bytes: 100 << 30, seconds: 730 * 3_600) == dollars("3.99999996"))
        #expect(prices.volume(bytes: 8 << 30, seconds: 301 * 1_800) == dollars("0.065972602"))
        #expect(AttachedPrices.openCostStorage == UnitPrice(decimal: "0.00005479452"))
    }

    @Test("oracle C9: a load balancer of a day is paid 2 : 1 by pods of 24 and 12 hours")
    func loadBalancer() {
        let cost = prices.loadBalancer(seconds: 24 * 3_600)
        #expect(cost == dollars("0.60"))
        let split = AttachedAllocation(of: cost, in: hours(0, 24), to: [hours(-5, 24), hours(12, 30)])
        #expect(split.pods == [dollars("0.40"), dollars("0.20")] && split.unattached == .zero)
    }

    @Test("what no pod had in the window is nobody's")
    func unattached() {
        let split = AttachedAllocation(of: dollars("1"), in: hours(0, 1), to: [hours(1, 2), hours(-3, 0)])
        #expect(split.pods == [.zero, .zero] && split.unattached == dollars("1"))
        #expect(AttachedAllocation(of: dollars("1"), in: hours(0, 1), to: []).unattached == dollars("1"))
    }

    @Test("oracle C10: traffic by class, divided evenly over a pod's containers")
    func network() {
        let traffic = NetworkTraffic(crossZoneBytes: 50 << 30, internetBytes: 10 << 30)
        let cost = NetworkPrices.openCostDefault.cost(of: traffic)
        #expect(cost == dollars("1.70") && cost.divided(evenly: 2) == [dollars("0.85"), dollars("0.85")])
        #expect(
            NetworkPrices.openCostDefault.cost(of: NetworkTraffic(crossRegionBytes: 1 << 29)) == dollars("0.005"))
    }

    @Test("over random pods the parts add up to the cost")
    func random() {
        for seed in 0..<500 {
            var random = SeededRandom(seed: UInt64(seed))
            let cost = Money(nanoDollars: .random(in: 0...1_000_000_000_000, using: &random))
            let pods = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                let start = Int64.random(in: -40...40, using: &random)
                return hours(start, start + .random(in: 0...30, using: &random))
            }
            let split = AttachedAllocation(of: cost, in: hours(0, 24), to: pods)
            #expect(split.pods.reduce(split.unattached, +) == cost, "seed \(seed)")
        }
    }
}
