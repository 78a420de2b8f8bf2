import Costs
import TestSupport
import Testing

@Suite("Why a cost changed")
struct CostChangePartsTests {
    private static func record(cpu: Int64, held: Int64, pods: Int64, storage: Int64 = 0) -> CostRecord {
        CostRecord(
            cpu: Money(nanoDollars: cpu), memory: .zero, other: Money(nanoDollars: storage),
            use: CapacityTime(millicoreSeconds: held, byteSeconds: 0), podSeconds: pods)
    }

    private static func parts(_ change: (inout CostChangeParts) -> Void) -> CostChangeParts {
        var parts = CostChangeParts()
        change(&parts)
        return parts
    }

    private static func money(_ amount: Int64) -> Money { Money(nanoDollars: amount) }

    @Test("each cause by itself is named, and two at once are told apart")
    func causes() {
        let before = Self.record(cpu: 100, held: 1_000, pods: 10)
        let cases: [(CostRecord?, CostRecord?, CostChangeParts)] = [
            (nil, before, Self.parts { $0.new = Self.money(100) }),
            (before, nil, Self.parts { $0.gone = Self.money(-100) }),
            (before, before, CostChangeParts()),
            (before, Self.record(cpu: 200, held: 2_000, pods: 20), Self.parts { $0.podHours = Self.money(100) }),
            (before, Self.record(cpu: 150, held: 1_500, pods: 10), Self.parts { $0.requests = Self.money(50) }),
            (before, Self.record(cpu: 130, held: 1_000, pods: 10), Self.parts { $0.price = Self.money(30) }),
            (
                before, Self.record(cpu: 800, held: 4_000, pods: 20),
                Self.parts {
                    ($0.podHours, $0.requests, $0.price) = (Self.money(100), Self.money(200), Self.money(400))
                }
            ),
            (
                before, Self.record(cpu: 100, held: 1_000, pods: 10, storage: 7),
                Self.parts { $0.otherResources = Self.money(7) }
            ),
            (
                Self.record(cpu: 0, held: 0, pods: 10), Self.record(cpu: 40, held: 5, pods: 10),
                Self.parts { $0.requests = Self.money(40) }
            ),
        ]
        for (previous, current, expected) in cases {
            #expect(CostChangeParts(from: previous, to: current) == expected)
        }
    }

    @Test("what no workload is charged for is a part of its own, also when it comes or goes")
    func remainder() {
        let idle = Self.record(cpu: 30, held: 10, pods: 0)
        for (previous, current, amount) in [(nil, idle, 30), (idle, nil, -30), (idle, idle, 0)]
            as [(CostRecord?, CostRecord?, Int64)]
        {
            let parts = CostChangeParts(from: previous, to: current, isRemainder: true)
            #expect(parts == Self.parts { $0.unassigned = Self.money(amount) })
        }
    }

    @Test("the parts of any workloads add up to the difference exactly", arguments: 0..<20)
    func sums(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        func amount() -> Int64 {
            let most: Int64 = Bool.random(using: &random) ? 3 : 1_000_000_000_000
            return Int64.random(in: 0...most, using: &random)
        }
        func any() -> CostRecord? {
            guard Int.random(in: 0..<5, using: &random) > 0 else { return nil }
            return CostRecord(
                cpu: Self.money(amount()), memory: Self.money(amount()), other: Self.money(amount()),
                use: CapacityTime(millicoreSeconds: amount(), byteSeconds: amount()), podSeconds: amount())
        }
        var sum = CostChangeParts()
        var difference = Money.zero
        for _ in 0..<200 {
            let (previous, current) = (any(), any())
            sum += CostChangeParts(from: previous, to: current, isRemainder: Bool.random(using: &random))
            difference += (current?.total ?? .zero) - (previous?.total ?? .zero)
        }
        #expect(sum.total == difference)
    }
}
