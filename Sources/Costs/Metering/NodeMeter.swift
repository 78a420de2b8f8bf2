internal import Base

/// Divides what one node costs among those who hold a part of it, in stretches of constant price within an hour.
///
/// Who pays how much is found for the whole stretch anew each time, so that many divisions do not add up roundings. Those
/// who have left are settled and taken out with their cost, and the rest is divided among the others.
struct NodeMeter: Sendable {
    /// What the node costs.
    enum Price: Sendable, Equatable {
        case known(NodePrice, RequestedCapacity)
        /// The node is not there (yet), but pods are said to run on it.
        case unknown(PriceList)
    }

    /// What one workload has of the node.
    private struct Load {
        var held: RequestedCapacity
        var from: Timestamp
        var use = CapacityTime.zero

        mutating func hold(_ capacity: RequestedCapacity, at moment: Timestamp) {
            use = self.use(until: moment)
            (held, from) = (capacity, moment)
        }

        func use(until moment: Timestamp) -> CapacityTime {
            use + held.held(forSeconds: (moment.microseconds - from.microseconds) / 1_000_000)
        }
    }

    /// Who pays what for the stretch up to now.
    struct Division {
        struct Part {
            let id: Int
            let cost: ResourceCost
            let use: CapacityTime
        }
        var parts: [Part] = []
        var idle = ResourceCost.zero
        var idleUse = CapacityTime.zero
        var capacity = CapacityTime.zero
        var quality = PriceQuality.unknownNode

        /// How the price is known of what was held for so long; nil for no time.
        func quality(of use: CapacityTime) -> PriceQuality? { use == .zero ? nil : quality }
    }

    let price: Price
    /// When the stretch began.
    private var since: Timestamp
    private var loads: [Int: Load] = [:]
    /// What those have paid who left.
    private var left = ResourceCost.zero
    private var leftUse = CapacityTime.zero

    init(_ price: Price, at moment: Timestamp) {
        self.price = price
        since = moment
    }

    /// Whether nobody knows it, and nobody is there.
    var isNothing: Bool { !isKnown && loads.isEmpty }

    /// Whether the node exists.
    var isKnown: Bool {
        if case .known = price { true } else { false }
    }

    /// The workloads that hold something.
    var holders: [Int] { loads.filter { $0.value.held != .zero }.map(\.key) }

    /// What a workload holds from `moment` on.
    mutating func hold(_ capacity: RequestedCapacity, by id: Int, at moment: Timestamp) {
        guard loads[id] != nil || capacity != .zero else { return }
        loads[id, default: Load(held: .zero, from: moment)].hold(capacity, at: moment)
    }

    /// Divides what the stretch has cost so far, without those who were released.
    func division(at moment: Timestamp) -> Division {
        let ids = loads.keys.sorted()
        let uses = ids.map { loads[$0]?.use(until: moment) ?? .zero }
        var division = Division()
        let costs: [ResourceCost]
        switch price {
        case .unknown(let list): costs = uses.map { list.cost(of: $0).capped }
        case .known(let price, let capacity):
            let seconds = (moment.microseconds - since.microseconds) / 1_000_000
            division.capacity = capacity.held(forSeconds: seconds) - leftUse
            let allocation = NodeAllocation(
                of: price.cost(from: since, to: moment) - left, capacity: division.capacity, to: uses)
            costs = allocation.containers
            (division.idle, division.quality) = (allocation.idle, price.quality)
            division.idleUse = division.capacity - uses.reduce(.zero, +)
        }
        division.parts = zip(ids, zip(costs, uses)).map { Division.Part(id: $0, cost: $1.0, use: $1.1) }
        return division
    }

    /// Takes those out who hold nothing any more, with what they paid.
    ///
    /// - Returns: what each pays for good.
    mutating func release(_ division: Division) -> [Division.Part] {
        let gone = division.parts.filter { loads[$0.id]?.held == .zero }
        for part in gone {
            left += part.cost
            leftUse += division.capacityUse(of: part)
            loads[part.id] = nil
        }
        return gone
    }

    /// A new stretch begins: of another price, or of the next hour.
    func restarted(_ price: Price, at moment: Timestamp) -> NodeMeter {
        var next = NodeMeter(price, at: moment)
        for (id, load) in loads where load.held != .zero {
            next.loads[id] = Load(held: load.held, from: moment)
        }
        return next
    }
}

extension NodeMeter.Division {
    /// What of the capacity a part has paid for: of a node that is overcommitted less than what it held.
    fileprivate func capacityUse(of part: Part) -> CapacityTime {
        func share(_ amount: (CapacityTime) -> Int64) -> Int64 {
            let total = parts.reduce(Int128(0)) { $0 + Int128(amount($1.use)) }
            let (use, all) = (Int128(amount(part.use)), Int128(amount(capacity)))
            return total > all && total > 0 ? Int64(clamping: use * all / total) : Int64(clamping: use)
        }
        return CapacityTime(
            millicoreSeconds: share(\.millicoreSeconds), byteSeconds: share(\.byteSeconds),
            gpuSeconds: share(\.gpuSeconds))
    }
}

extension NodePrice {
    /// What the node costs between two moments of one hour: the difference of what it costs from the hour's beginning to
    /// each of them. So stretches add up to the nano-dollar, however often an hour is cut and whoever counted before.
    func cost(from start: Timestamp, to end: Timestamp) -> ResourceCost {
        let hour = start.startOfHour
        func seconds(_ moment: Timestamp) -> Int64 { (moment.microseconds - hour.microseconds) / 1_000_000 }
        return cost(forSeconds: seconds(end)) - cost(forSeconds: seconds(start))
    }
}
