import Base
import TestSupport
import Testing

@testable import Costs

/// Random clusters: nodes and pods come and go, are overcommitted, change their price; writes fail; the controller
/// restarts. What the database then holds is compared with what the nodes cost.
@Suite("Cluster meter in random histories")
struct ClusterMeterRandomTests {
    @Test("the rows of an hour add up to what its nodes and volumes cost, to the nano-dollar", arguments: 0..<60)
    func sums(seed: UInt64) {
        var history = MeterHistory(seed: seed)
        for _ in 0..<400 { history.step() }
        history.finish()
        #expect(history.expected == history.stored)
        #expect(history.lowest >= .zero)
    }

    @Test("how often an hour is cut changes what a workload pays by a nano-dollar for each time that it comes and goes")
    func cuts() throws {
        func hour(cutEvery interval: Int64) throws -> [CostPayer: MeteredHour] {
            var meter = ClusterMeterTests.meter()
            let capacity = RequestedCapacity(cpuMillicores: 7_000, memoryBytes: 30_000_000_007)
            let price = NodePrice(
                hourly: cost(cpu: 333_333_331, memory: 77_777_773), quality: .override, isSpot: false)
            meter.observe(node: "a", price: price, capacity: capacity, at: ClusterMeterTests.noon)
            for id in 1...5 {
                var holding = WorkloadHolding(pods: 1)
                holding.add(
                    RequestedCapacity(cpuMillicores: Int64(id) * 131, memoryBytes: Int64(id) * 1_000_003), on: "a",
                    used: nil)
                meter.observe(workload: id, holding, at: ClusterMeterTests.noon)
            }
            for second in stride(from: interval, to: 3_600, by: Int(interval)) {
                meter.written(meter.hours(at: ClusterMeterTests.after(second)))
            }
            return byPayer(meter.hours(at: ClusterMeterTests.after(3_600)))
        }
        #expect(try hour(cutEvery: 1) == hour(cutEvery: 1_800))
    }
}

/// A cluster, its controller and what that has stored.
private struct MeterHistory {
    private var random: SeededRandom
    private var meter = ClusterMeterTests.meter()
    private var now = ClusterMeterTests.noon
    private var nodes: [String: (price: NodePrice, capacity: RequestedCapacity, since: Timestamp)] = [:]
    private var volumes: [AttachedItem: (bytes: Int64, since: Timestamp)] = [:]
    private var holdings: [Int: WorkloadHolding] = [:]
    private var rows: [CostPayer: [Timestamp: MeteredHour]] = [:]
    /// What nodes and volumes cost so far.
    private(set) var expected = Money.zero
    /// The smallest amount that was ever to be written.
    private(set) var lowest = Money.zero

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func step() {
        now = now.adding(seconds: Int64.random(in: 0...97, using: &random))
        switch Int.random(in: 0..<20, using: &random) {
        case 0...2: putNode()
        case 3: endNode()
        case 4...11: putWorkload()
        case 12: endWorkload()
        case 13: putVolume()
        case 14: endVolume()
        case 15...18: write(isLost: Int.random(in: 0..<4, using: &random) == 0)
        default: restart()
        }
    }

    /// The last write succeeds.
    mutating func finish() {
        for name in nodes.keys.sorted() { endNode(name) }
        for item in Array(volumes.keys) { endVolume(item) }
        write(isLost: false)
    }

    /// Pods on nodes that are not known pay by the list and belong to no node: here there are none.
    var stored: Money {
        rows.values.flatMap(\.values).reduce(.zero) { $0 + $1.cost.total }
    }

    private mutating func name() -> String { "node-\(Int.random(in: 0..<5, using: &random))" }

    private mutating func putNode() {
        let name = name()
        closeBooks(ofNode: name)
        let capacity = RequestedCapacity(
            cpuMillicores: Int64.random(in: 0...9_000, using: &random),
            memoryBytes: Int64.random(in: 0...99_999_999_999, using: &random), gpus: 2)
        let hourly = ResourceCost(
            cpu: money(), memory: money(), gpu: money())
        let price = NodePrice(hourly: hourly, quality: .override, isSpot: false)
        meter.observe(node: name, price: price, capacity: capacity, at: now)
        nodes[name] = (price, capacity, now)
    }

    private mutating func money() -> Money { Money(nanoDollars: Int64.random(in: 0...3_000_000_007, using: &random)) }

    private mutating func endNode() {
        if let name = nodes.keys.sorted().randomElement(using: &random) { endNode(name) }
    }

    /// The pods of a node go with it.
    private mutating func endNode(_ name: String) {
        for (id, var holding) in holdings.sorted(by: { $0.key < $1.key }) where holding.nodes[name] != nil {
            holding.nodes[name] = nil
            holdings[id] = holding
            meter.observe(workload: id, holding, at: now)
        }
        closeBooks(ofNode: name)
        meter.end(node: name, at: now)
        nodes[name] = nil
    }

    private mutating func putWorkload() {
        var holding = WorkloadHolding()
        for name in nodes.keys.sorted() where Bool.random(using: &random) {
            holding.add(
                RequestedCapacity(
                    cpuMillicores: Int64.random(in: 0...6_000, using: &random),
                    memoryBytes: Int64.random(in: 0...60_000_000_000, using: &random),
                    gpus: Int64.random(in: 0...1, using: &random)), on: name, used: nil)
        }
        for item in volumes.keys.sorted(by: { $0.name < $1.name }) where Bool.random(using: &random) {
            holding.attach(item)
        }
        let id = Int.random(in: 1...8, using: &random)
        holdings[id] = holding
        meter.observe(workload: id, holding, at: now)
    }

    private mutating func endWorkload() {
        guard let id = holdings.keys.sorted().randomElement(using: &random) else { return }
        holdings[id] = nil
        meter.end(workload: id, at: now)
    }

    private mutating func putVolume() {
        let item = AttachedItem(.claim, namespace: "n", name: "v\(Int.random(in: 0..<3, using: &random))")
        closeBooks(ofVolume: item)
        let bytes = Int64.random(in: 0...1 << 40, using: &random)
        meter.observe(item, .bytes(bytes), at: now)
        volumes[item] = (bytes, now)
    }

    private mutating func endVolume() {
        if let item = volumes.keys.sorted(by: { $0.name < $1.name }).randomElement(using: &random) { endVolume(item) }
    }

    private mutating func endVolume(_ item: AttachedItem) {
        closeBooks(ofVolume: item)
        meter.observe(item, nil, at: now)
        volumes[item] = nil
    }

    private mutating func write(isLost: Bool) {
        let hours = meter.hours(at: now)
        lowest = hours.flatMap { [$0.cost.cpu, $0.cost.memory, $0.cost.gpu, $0.cost.storage] }.reduce(lowest, min)
        guard !isLost else { return }
        for hour in hours { rows[hour.payer, default: [:]][hour.usage.hour] = hour }
        meter.written(hours)
    }

    /// A controller ends orderly, and the next one begins some time later.
    private mutating func restart() {
        write(isLost: false)
        for name in nodes.keys.sorted() { closeBooks(ofNode: name) }
        for item in Array(volumes.keys) { closeBooks(ofVolume: item) }
        now = now.adding(seconds: Int64.random(in: 0...50, using: &random))
        meter = ClusterMeterTests.meter()
        meter.resume(rows.values.compactMap { $0[now.startOfHour] })
        for (name, node) in nodes {
            meter.observe(node: name, price: node.price, capacity: node.capacity, at: now)
            nodes[name]?.since = now
        }
        for (item, volume) in volumes {
            meter.observe(item, .bytes(volume.bytes), at: now)
            volumes[item]?.since = now
        }
        for (id, holding) in holdings { meter.observe(workload: id, holding, at: now) }
    }

    // What things cost, hour by hour: the price is that of the time since the hour began.

    private mutating func closeBooks(ofNode name: String) {
        guard let node = nodes[name] else { return }
        for (from, to) in hours(since: node.since) {
            expected += (node.price.cost(forSeconds: to) - node.price.cost(forSeconds: from)).total
        }
        nodes[name]?.since = now
    }

    private mutating func closeBooks(ofVolume item: AttachedItem) {
        guard let volume = volumes[item] else { return }
        let prices = AttachedPrices(
            storagePerGiBHour: UnitPrice(picoDollars: 1_000_000_000), loadBalancerPerHour: .zero)
        for (from, to) in hours(since: volume.since) {
            expected += prices.volume(bytes: volume.bytes, seconds: to)
            expected -= prices.volume(bytes: volume.bytes, seconds: from)
        }
        volumes[item]?.since = now
    }

    /// The seconds of each hour from a moment to now.
    private func hours(since start: Timestamp) -> [(from: Int64, to: Int64)] {
        var hours: [(Int64, Int64)] = []
        var moment = start
        while moment < now {
            let hour = moment.startOfHour
            let end = min(now, hour.adding(seconds: 3_600))
            hours.append(((moment - hour), (end - hour)))
            moment = end
        }
        return hours
    }
}

private func - (left: Timestamp, right: Timestamp) -> Int64 { (left.microseconds - right.microseconds) / 1_000_000 }
