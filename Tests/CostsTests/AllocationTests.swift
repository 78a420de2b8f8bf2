import Costs
import TestSupport
import Testing

struct AllocationTests {
    private let list = PriceList.openCostDefault

    /// The node of oracle C1 with the two workloads of C6, for an hour.
    private func oracleNode() -> NodeAllocation {
        let node = capacity(cores: 4, gibibytes: 16)
        let price = NodePriceBook(overrides: ["n": dollars("0.20")]).price(of: NodeFacts(name: "n", capacity: node))
        return NodeAllocation(
            of: price.hourly, capacity: node.held(forSeconds: 3_600),
            to: [capacity(cores: 2, gibibytes: 2), capacity(cores: 0.5, gibibytes: 4)].map {
                $0.held(forSeconds: 3_600)
            })
    }

    /// Within a rounding of each of the two resources.
    private func isClose(_ money: Money, _ text: String) -> Bool {
        abs(money.nanoDollars - dollars(text).nanoDollars) <= 2
    }

    @Test("oracle C6: what two workloads pay and what is idle")
    func idle() {
        let hour = oracleNode()
        #expect(isClose(hour.containers[0].total, "0.073823596") && isClose(hour.containers[1].total, "0.033725468"))
        #expect(isClose(hour.idle.cpu, "0.048823596") && isClose(hour.idle.memory, "0.043627340"))
        #expect(isClose(hour.idle.total, "0.092450936") && abs(hour.idlePercent - 46.2255) < 5e-5)
        #expect(hour.containers.reduce(hour.idle, +).total == dollars("0.2") && hour.overcommitted.isEmpty)
    }

    @Test("oracle C7: idle weighted by resource")
    func weightedIdle() {
        let hour = oracleNode()
        let shared = ShareRule.weighted.share(hour.idle, over: hour.containers)
        let paid = zip(hour.containers, shared.parts).map { ($0 + $1).total }
        #expect(isClose(paid[0], "0.127424919") && isClose(paid[1], "0.072575080"))
        #expect(paid[0] + paid[1] == dollars("0.2") && shared.kept == .zero)
    }

    @Test("idle can be laid evenly or stay a row of its own; idle GPUs stay when nobody has one")
    func otherRules() {
        let own = [ResourceCost(cpu: dollars("3"), memory: .zero), ResourceCost(cpu: dollars("1"), memory: .zero)]
        let idle = ResourceCost(cpu: dollars("0.8"), memory: .zero, gpu: dollars("2"))
        let weighted = ShareRule.weighted.share(idle, over: own)
        #expect(weighted.parts.map(\.total) == [dollars("0.6"), dollars("0.2")])
        #expect(weighted.kept == ResourceCost(cpu: .zero, memory: .zero, gpu: dollars("2")))
        #expect(ShareRule.even.share(idle, over: own).parts.map(\.total) == [dollars("1.4"), dollars("1.4")])
        let none = ShareRule.none.share(idle, over: own)
        #expect(none.parts == [.zero, .zero] && none.kept == idle)
        #expect(ShareRule.even.share(idle, over: []).kept == idle)
    }

    @Test("oracle C13: a shared namespace of 30 over tenants of 60, 30 and 10")
    func sharedNamespace() {
        let tenants = ["60", "30", "10"].map { dollars($0) }
        #expect(
            ShareRule.weighted.share(dollars("30"), over: tenants).parts == ["18", "9", "3"].map { dollars($0) })
        #expect(ShareRule.even.share(dollars("30"), over: tenants).parts == ["10", "10", "10"].map { dollars($0) })
    }

    @Test("charging for more than the node has leaves no idle and never more than the node's price")
    func overcommitted() {
        let node = capacity(cores: 2, gibibytes: 4)
        let uses = [capacity(cores: 3, gibibytes: 1), capacity(cores: 1, gibibytes: 1)].map {
            $0.held(forSeconds: 3_600)
        }
        let cost = ResourceCost(cpu: dollars("0.4"), memory: dollars("0.4"))
        let hour = NodeAllocation(of: cost, capacity: node.held(forSeconds: 3_600), to: uses)
        #expect(hour.containers.map(\.cpu) == [dollars("0.3"), dollars("0.1")])
        #expect(hour.containers.map(\.memory) == [dollars("0.1"), dollars("0.1")])
        #expect(hour.idle == ResourceCost(cpu: .zero, memory: dollars("0.2")) && hour.overcommitted == [.cpu])
    }

    @Test("a node without containers is idle, also when its capacity is not known")
    func empty() {
        let cost = ResourceCost(cpu: dollars("1"), memory: dollars("2"), gpu: dollars("3"))
        #expect(NodeAllocation(of: cost, capacity: .zero, to: []).idle == cost)
        let unknown = NodeAllocation(of: cost, capacity: .zero, to: [.zero])
        #expect(unknown.idle == cost && unknown.containers == [.zero] && unknown.idlePercent == 100)
        #expect(NodeAllocation(of: .zero, capacity: .zero, to: []).idlePercent == 0)
    }

    @Test("over random nodes containers and idle are the node, by resource, before and after idle is shared")
    func random() {
        for seed in 0..<1_000 {
            var random = SeededRandom(seed: UInt64(seed))
            let node = RequestedCapacity(
                cpuMillicores: .random(in: 1...256_000, using: &random),
                memoryBytes: .random(in: 1...(1 << 42), using: &random), gpus: .random(in: 0...8, using: &random))
            let seconds = Int64.random(in: 1...3_600, using: &random)
            let price = NodePriceBook(
                overrides: ["n": Money(nanoDollars: .random(in: 0...100_000_000_000, using: &random))]
            ).price(of: NodeFacts(name: "n", capacity: node)).cost(forSeconds: seconds)
            let uses = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                var hour = ContainerHour()
                for _ in 0..<3 {
                    let request = RequestedCapacity(
                        cpuMillicores: .random(in: 0...node.cpuMillicores / 20, using: &random),
                        memoryBytes: .random(in: 0...node.memoryBytes / 20, using: &random),
                        gpus: .random(in: 0...1, using: &random))
                    let usage = RequestedCapacity(
                        cpuMillicores: .random(in: 0...node.cpuMillicores / 20, using: &random),
                        memoryBytes: .random(in: 0...node.memoryBytes / 20, using: &random))
                    hour.add(
                        request: request, usage: Bool.random(using: &random) ? usage : nil, forSeconds: seconds / 3)
                }
                return hour.charged
            }
            let hour = NodeAllocation(of: price, capacity: node.held(forSeconds: seconds), to: uses)
            #expect(hour.containers.reduce(hour.idle, +) == price, "seed \(seed)")
            #expect(hour.idle.cpu >= .zero && hour.idle.memory >= .zero && hour.idle.gpu >= .zero, "seed \(seed)")
            for rule in ShareRule.allCases {
                let shared = rule.share(hour.idle, over: hour.containers)
                let all = (hour.containers + shared.parts).reduce(shared.kept, +)
                #expect(all == price, "seed \(seed), \(rule)")
            }
        }
    }
}

struct ContainerHourTests {
    private let list = PriceList.openCostDefault

    /// Oracle C4's container for a day of minutes.
    private func day() -> ContainerHour {
        var hour = ContainerHour()
        for _ in 0..<(24 * 60) {
            hour.add(
                request: capacity(cores: 0.5, gibibytes: 2), usage: capacity(cores: 0.8, gibibytes: 1.2),
                forSeconds: 60)
        }
        return hour
    }

    @Test("oracle C4: usage above the CPU request and below the memory request")
    func largerOfBoth() {
        let cost = list.cost(of: day().charged)
        #expect(cost == ResourceCost(cpu: dollars("0.6069312"), memory: dollars("0.203376")))
        #expect(cost.total == dollars("0.8103072"))
    }

    @Test("oracle C5: a burst is charged in its hour, and not averaged over the day")
    func bursts() {
        var day = CapacityTime.zero
        for hour in 0..<24 {
            var container = ContainerHour()
            container.add(
                request: capacity(cores: 0.5, gibibytes: 0), usage: capacity(cores: hour < 12 ? 0 : 1.6, gibibytes: 0),
                forSeconds: 3_600)
            day += container.charged
        }
        #expect(day.coreHours == 25.2 && list.cost(of: day).total == dollars("0.7965972"))
    }

    @Test("oracle C12: efficiency of C4, by resource and weighted by cost")
    func efficiency() {
        let efficiency = day().efficiency
        #expect(abs(efficiency.cpu - 1.6) < 1e-9 && abs(efficiency.memory - 0.6) < 1e-9)
        #expect(abs(efficiency.total(weightedBy: list.cost(of: day().charged)) - 1.349013707) < 1e-9)
    }

    @Test("oracle C11: the published sample of kube-system")
    func publishedEfficiency() {
        let cost = ResourceCost(cpu: dollars("1.43086"), memory: dollars("0.09657"), gpu: dollars("5"))
        let total = Efficiency(cpu: 0.02086, memory: 0.93334).total(weightedBy: cost)
        #expect(abs(total - 0.07855) < 5e-6)
    }

    @Test("usage without a request is 1, and nothing at all is 0")
    func efficiencyWithoutRequest() {
        #expect(Efficiency.ratio(used: 0.1, requested: 0) == 1 && Efficiency.ratio(used: 0, requested: 0) == 0)
        #expect(Efficiency.ratio(used: 0, requested: 1) == 0 && Efficiency.ratio(used: 180, requested: 1) == 180)
        #expect(Efficiency(cpu: 1, memory: 1).total(weightedBy: .zero) == 0)
    }

    @Test("while the usage is not known the request is charged and flagged, and efficiency leaves that time out")
    func withoutUsage() {
        var hour = ContainerHour()
        let request = capacity(cores: 1, gibibytes: 1, gpus: 1)
        hour.add(request: request, usage: nil, forSeconds: 1_800)
        #expect(hour.lacksUsage && hour.secondsWithoutUsage == 1_800 && hour.charged == request.held(forSeconds: 1_800))
        #expect(hour.efficiency == Efficiency(cpu: 0, memory: 0))
        hour.add(request: request, usage: capacity(cores: 0.5, gibibytes: 2, gpus: 3), forSeconds: 1_800)
        #expect(hour.seconds == 3_600 && hour.charged.gibibyteHours == 1.5 && hour.charged.gpuSeconds == 3_600)
        #expect(hour.requested == request.held(forSeconds: 3_600))
        #expect(hour.efficiency == Efficiency(cpu: 0.5, memory: 2))
        hour.add(request: request, usage: nil, forSeconds: 0)
        hour.add(request: request, usage: nil, forSeconds: -5)
        #expect(hour.seconds == 3_600)
    }
}
