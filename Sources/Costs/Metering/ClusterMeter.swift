package import Base

/// Integrates what the nodes, volumes and load balancers of a cluster cost, and who pays for them, hour by hour. The rows of
/// an hour add up to what these cost in it, to the nano-dollar. Time is counted in whole seconds, which is all that
/// Kubernetes' own timestamps have: a change within a second counts from its start.
///
/// A value without a clock: the caller says what time it is. A moment before one that was seen counts as that one. It says
/// what is to be written, and keeps saying it until it is told that it was.
package struct ClusterMeter: Sendable {
    private let list: PriceList
    private let attachedPrices: AttachedPrices
    private var clock: Timestamp?
    private var accounts: [CostPayer: HourAccount] = [:]
    private var nodes: [String: NodeMeter] = [:]
    private var attached: [AttachedItem: AttachedMeter] = [:]
    /// Hours that are over and not known to be written.
    private var finished: [MeteredHour] = []

    /// - Parameters:
    ///   - list: what pods cost whose node is not known (yet).
    ///   - attached: what volumes and load balancers cost.
    package init(list: PriceList, attached: AttachedPrices) {
        self.list = list
        attachedPrices = attached
    }

    /// Takes the stored hour in progress, so that it is continued. Nothing is counted before its last moment.
    package mutating func resume(_ hours: [MeteredHour]) {
        for hour in hours {
            accounts[hour.payer] = HourAccount(resuming: hour)
            clock = max(clock ?? hour.usage.through, hour.usage.through)
        }
    }
}

// MARK: Time

extension ClusterMeter {
    /// Goes on to a moment, through the hours that end before it.
    ///
    /// - Returns: the moment that counts.
    private mutating func reach(_ moment: Timestamp) -> Timestamp {
        let moment = max(clock ?? moment.startOfSecond, moment.startOfSecond)
        if let clock, moment.microseconds - clock.microseconds > Self.longestSilence {
            passOver(from: clock, to: moment)
        }
        while let clock, case let end = clock.startOfHour.adding(seconds: 3_600), moment >= end { closeHour(at: end) }
        clock = moment
        return moment
    }

    /// In microseconds. Who was not asked for so long did not look: the machine slept, or its clock was set.
    private static let longestSilence: Int64 = 2 * 3_600 * 1_000_000

    /// Nobody is charged between two moments.
    private mutating func passOver(from last: Timestamp, to moment: Timestamp) {
        for account in accounts.values.indices { accounts.values[account].reopen() }
        for (name, node) in nodes {
            restart(name, node.price, at: last)
            nodes[name] = nodes[name]?.restarted(node.price, at: moment)
        }
        for (item, meter) in attached {
            restart(item, AttachedMeter(meter.size, pods: meter.pods, at: last), at: last)
            attached[item] = AttachedMeter(meter.size, pods: meter.pods, at: moment)
        }
        closeAccounts(at: last, goingOnAt: moment)
    }

    private mutating func closeHour(at end: Timestamp) {
        for account in accounts.values.indices { accounts.values[account].reopen() }
        for (name, node) in nodes { restart(name, node.price, at: end) }
        for (item, meter) in attached { restart(item, AttachedMeter(meter.size, pods: meter.pods, at: end), at: end) }
        closeAccounts(at: end, goingOnAt: end)
    }

    private mutating func closeAccounts(at end: Timestamp, goingOnAt next: Timestamp) {
        for (payer, var account) in accounts {
            if account.isPresent { account.count(to: end) }
            if let hour = account.due(payer) { finished.append(hour) }
            account.begin(at: next)
            accounts[payer] = account.isPresent ? account : nil
        }
        clock = next
    }

    /// Settles a stretch of a node and begins the next.
    private mutating func restart(_ name: String, _ price: NodeMeter.Price, at moment: Timestamp) {
        guard let node = nodes[name] else { return nodes[name] = NodeMeter(price, at: moment) }
        let division = node.division(at: moment)
        settle(division.parts, of: division, at: moment)
        if node.isKnown {
            account(.idle(node: name), at: moment) {
                $0.settle(division.idle, use: division.idleUse, quality: division.quality(of: division.capacity))
            }
        }
        let next = node.restarted(price, at: moment)
        nodes[name] = next.isNothing ? nil : next
    }

    /// Settles a stretch of an attached item and begins the next.
    private mutating func restart(_ item: AttachedItem, _ next: AttachedMeter, at moment: Timestamp) {
        if let meter = attached[item] {
            let division = meter.division(attachedPrices, at: moment)
            for (id, cost) in division.workloads {
                account(.workload(id), at: moment) { $0.settle(cost, quality: nil) }
            }
            if division.rest != .zero {
                account(.unmounted(item), at: moment) { $0.settle(division.rest, quality: nil) }
            }
        }
        attached[item] = next.isNothing ? nil : next
        if next.isUnmounted != (accounts[.unmounted(item)]?.isPresent ?? false) {
            setPresence(.unmounted(item), next.isUnmounted, at: moment)
        }
    }

    private mutating func settle(
        _ parts: [NodeMeter.Division.Part], of division: NodeMeter.Division, at moment: Timestamp
    ) {
        for part in parts {
            account(.workload(part.id), at: moment) { $0.settle(part.cost, quality: division.quality(of: part.use)) }
        }
    }

    /// A remainder begins or ends.
    private mutating func setPresence(_ payer: CostPayer, _ isPresent: Bool, at moment: Timestamp) {
        let nothing = HourAccount.Holding(observation: HourObservation(capacity: .zero, pods: 0))
        account(payer, at: moment) { $0.hold(isPresent ? nothing : nil, at: moment) }
    }

    private mutating func account(_ payer: CostPayer, at moment: Timestamp, _ change: (inout HourAccount) -> Void) {
        change(&accounts[payer, default: HourAccount(at: moment)])
    }
}

// MARK: What is observed

extension ClusterMeter {
    /// The node exists from now on, or has another price or capacity.
    ///
    /// - Returns: whether anything is another than before.
    @discardableResult
    package mutating func observe(
        node name: String, price: NodePrice, capacity: RequestedCapacity, at moment: Timestamp
    ) -> Bool {
        let moment = reach(moment)
        let price = NodeMeter.Price.known(price, capacity)
        if nodes[name]?.price == price { return false }
        restart(name, price, at: moment)
        setPresence(.idle(node: name), true, at: moment)
        return true
    }

    /// The node is gone from now on. Pods that are said to be there nevertheless are charged at the price list.
    package mutating func end(node name: String, at moment: Timestamp) {
        let moment = reach(moment)
        guard nodes[name]?.isKnown == true else { return }
        restart(name, .unknown(list), at: moment)
        setPresence(.idle(node: name), false, at: moment)
    }

    /// What the pods of a workload hold from now on.
    package mutating func observe(workload id: Int, _ holding: WorkloadHolding, at moment: Timestamp) {
        let moment = reach(moment)
        let payer = CostPayer.workload(id)
        let before = (nodes: accounts[payer]?.nodes ?? [], items: accounts[payer]?.items ?? [])
        account(payer, at: moment) {
            $0.hold(HourAccount.Holding(holding), at: moment)
            $0.nodes = Array(holding.nodes.keys)
            $0.items = Array(holding.attached.keys)
        }
        hold(holding, by: id, leaving: before.nodes, at: moment)
        attach(holding.attached, to: id, leaving: before.items, at: moment)
    }

    /// The workload is gone from now on.
    package mutating func end(workload id: Int, at moment: Timestamp) {
        guard accounts[.workload(id)]?.isPresent == true else { return }
        observe(workload: id, WorkloadHolding(), at: moment)
        let end = reach(moment)
        accounts[.workload(id)]?.hold(nil, at: end)
    }

    private mutating func hold(_ holding: WorkloadHolding, by id: Int, leaving: [String], at moment: Timestamp) {
        for name in leaving where holding.nodes[name] == nil { nodes[name]?.hold(.zero, by: id, at: moment) }
        for (name, capacity) in holding.nodes {
            nodes[name, default: NodeMeter(.unknown(list), at: moment)].hold(capacity, by: id, at: moment)
        }
    }

    private mutating func attach(
        _ items: [AttachedItem: Int64], to id: Int, leaving: [AttachedItem], at moment: Timestamp
    ) {
        for item in Set(leaving).union(items.keys) {
            let meter = attached[item]
            guard meter?.pods[id] != items[item] else { continue }
            var pods = meter?.pods ?? [:]
            pods[id] = items[item]
            restart(item, AttachedMeter(meter?.size, pods: pods, at: moment), at: moment)
        }
    }

    /// The volume or load balancer exists from now on, or has another size; nil: it is gone.
    package mutating func observe(_ item: AttachedItem, _ size: AttachedSize?, at moment: Timestamp) {
        let moment = reach(moment)
        let meter = attached[item]
        guard meter?.size != size else { return }
        restart(item, AttachedMeter(size, pods: meter?.pods ?? [:], at: moment), at: moment)
    }
}

// MARK: What is to be written

extension ClusterMeter {
    /// Everything to be written: the hours that are over since the last successful write, and what changed of those in
    /// progress.
    package mutating func hours(at moment: Timestamp) -> [MeteredHour] {
        let moment = reach(moment)
        for account in accounts.values.indices {
            accounts.values[account].reopen()
            if accounts.values[account].isPresent { accounts.values[account].count(to: moment) }
        }
        for name in Array(nodes.keys) { divide(name, at: moment) }
        for (item, meter) in attached { divide(item, meter, at: moment) }
        return finished + accounts.compactMap { $1.due($0) }
    }

    private mutating func divide(_ name: String, at moment: Timestamp) {
        guard let division = nodes[name]?.division(at: moment) else { return }
        let gone = nodes[name]?.release(division) ?? []
        settle(gone, of: division, at: moment)
        let isGone = Set(gone.map(\.id))
        for part in division.parts where !isGone.contains(part.id) {
            account(.workload(part.id), at: moment) { $0.charge(part.cost, quality: division.quality(of: part.use)) }
        }
        guard let node = nodes[name], node.isKnown else {
            if nodes[name]?.isNothing == true { nodes[name] = nil }
            return
        }
        account(.idle(node: name), at: moment) {
            $0.charge(division.idle, use: division.idleUse, quality: division.quality(of: division.capacity))
        }
    }

    private mutating func divide(_ item: AttachedItem, _ meter: AttachedMeter, at moment: Timestamp) {
        let division = meter.division(attachedPrices, at: moment)
        for (id, cost) in division.workloads { account(.workload(id), at: moment) { $0.charge(cost, quality: nil) } }
        if division.rest != .zero { account(.unmounted(item), at: moment) { $0.charge(division.rest, quality: nil) } }
    }

    /// These hours have been written. One that went on meanwhile, because its workload ended, is still due.
    package mutating func written(_ hours: [MeteredHour]) {
        let hours = Set(hours)
        finished.removeAll { hours.contains($0) }
        for hour in hours where accounts[hour.payer] != nil { accounts[hour.payer]?.written(hour) }
    }
}

// MARK: What is asked

extension ClusterMeter {
    /// What the workload's nodes charge an hour for what it holds now. A node that is not known costs as the list says.
    package func hourlyRate(of holding: WorkloadHolding) -> ResourceCost {
        holding.nodes.reduce(.zero) { sum, part in
            sum + (nodes[part.key]?.hourlyRate(of: part.value) ?? list.hourlyRate(of: part.value))
        }
    }

    /// The workloads that hold something of a node.
    package func workloads(on node: String) -> [Int] { nodes[node]?.holders ?? [] }

    /// How many nodes, payers and items are kept, for tests of its size.
    var size: (nodes: Int, accounts: Int, items: Int) { (nodes.count, accounts.count, attached.count) }
}

extension NodeMeter {
    fileprivate func hourlyRate(of capacity: RequestedCapacity) -> ResourceCost {
        switch price {
        case .unknown(let list): return list.hourlyRate(of: capacity)
        case .known(let price, let all):
            func part(_ cost: Money, _ held: Int64, _ all: Int64) -> Money { cost.scaled(by: held, over: all) ?? .zero }
            return ResourceCost(
                cpu: part(price.hourly.cpu, capacity.cpuMillicores, all.cpuMillicores),
                memory: part(price.hourly.memory, capacity.memoryBytes, all.memoryBytes),
                gpu: part(price.hourly.gpu, capacity.gpus, all.gpus))
        }
    }
}

extension HourAccount.Holding {
    fileprivate init(_ holding: WorkloadHolding) {
        self.init(
            observation: HourObservation(capacity: holding.charged, pods: holding.pods), used: holding.used,
            placedPods: holding.placedPods, knownPods: holding.knownPods)
    }
}
