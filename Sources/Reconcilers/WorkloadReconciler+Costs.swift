package import Base
package import Costs
internal import KubeClient
internal import Matching
internal import Store

/// What is counted of a cluster: what the estimate knows of its prices, its nodes and its workloads.
struct CostBooks {
    var meter: ClusterMeter
    var rows: CostRows
    var pricing: NodePricing
    var usage = UsageBook()

    init(cluster: String, prices: EstimatePrices) {
        meter = ClusterMeter(list: prices.unknownNode, attached: prices.attached)
        rows = CostRows(cluster: cluster)
        pricing = NodePricing(prices.nodes)
    }
}

extension WorkloadReconciler {
    /// Continues the hour in progress that an earlier run stored.
    func resume(_ stored: [WorkloadKey: HourlyCost]) { books.meter.resume(books.rows.resumed(stored)) }

    /// Something that is paid for is there, or is another than before, or is gone.
    ///
    /// - Returns: workloads whose cost is another now although they are the same.
    func observe(_ key: WorkloadKey, at moment: Timestamp) -> Set<WorkloadKey> {
        switch key.remainder {
        case .idle(let name): return observe(node: name, at: moment)
        case .unmounted(let item):
            books.meter.observe(item, caches.priced.size(of: item), at: moment)
            // Which pods have it stands in the Service.
            return item.kind == .loadBalancer ? Set(ids.keys.filter { $0.namespace == item.namespace }) : []
        case .workload, .unallocated, nil: return []
        }
    }

    private func observe(node name: String, at moment: Timestamp) -> Set<WorkloadKey> {
        let holders = Set(books.meter.workloads(on: name))
        guard let node = caches.priced.nodes.get(ObjectKey(name: name)) else {
            books.pricing.end(name)
            books.meter.end(node: name, at: moment)
            return keys(of: holders)
        }
        if let problem = node.priceProblem {
            logger.warning("a node's price is ignored", ["node": .string(name), "error": .string(problem)])
        }
        let stored = books.pricing.observe(node)
        let isNew = books.meter.observe(node: name, price: stored.price, capacity: stored.capacity, at: moment)
        return isNew ? keys(of: holders) : []
    }

    private func keys(of holders: Set<Int>) -> Set<WorkloadKey> {
        holders.isEmpty ? [] : Set(ids.filter { holders.contains($0.value) }.keys)
    }

    /// Counts from now on what was observed, as far as it has rows. This does not wait for the write: while the database
    /// is away nothing is charged that is gone.
    func measure(_ holdings: [WorkloadKey: WorkloadHolding], _ gone: [WorkloadKey], at moment: Timestamp) {
        for (key, holding) in holdings {
            if let id = ids[key] { books.meter.observe(workload: id, holding, at: moment) }
        }
        for key in gone {
            if let id = ids[key] { books.meter.end(workload: id, at: moment) }
        }
    }

    /// What the workload's pods hold.
    func holding(of observed: ObservedWorkload) -> WorkloadHolding {
        observed.holding(books.usage, caches.priced.balancers(in: observed.workload.key.namespace))
    }

    /// Measures workloads anew that are the same, but for what their pods use.
    private func measureAgain(_ keys: Set<WorkloadKey>, at moment: Timestamp) {
        for key in keys where ids[key] != nil {
            guard case .present(let observed) = caches.observe(key, at: moment) else { continue }
            measure([key: holding(of: observed)], [], at: moment)
        }
    }

    private func expireUsage(at moment: Timestamp) {
        let expired = books.usage.expire(at: moment)
        guard !expired.isEmpty else { return }
        let pods = caches.ownership.pods.list().filter { expired.contains($0.meta.uid) }
        measureAgain(Set(pods.compactMap { caches.ownership.workload(of: $0) }), at: moment)
    }

    func writeCosts() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: costInterval)
            // Also when the sleep was cut short by the end of the program: what was counted until then is kept.
            await writeCostsOnce()
        }
    }

    private func writeCostsOnce() async {
        guard isCaughtUp else { return }
        let moment = now()
        expireUsage(at: moment)
        let hours = books.meter.hours(at: moment)
        do {
            let missing = books.rows.missing(for: hours)
            if !missing.isEmpty { books.rows.add(try await store.costs.remainders(missing)) }
            let rows = books.rows.rows(hours)
            // In slices, so that what piled up while the database was away does not run into the statement's deadline.
            for start in stride(from: 0, to: rows.count, by: Self.costSlice) {
                let slice = rows[start..<min(start + Self.costSlice, rows.count)]
                try await store.costs.write(slice.map(\.hourly))
                books.meter.written(slice.map(\.metered))
            }
            try await writePrices()
            try await store.costs.complete(cluster: cluster, through: moment)
        } catch {
            books.rows.forget()
            logger.warning("costs were not written and will be tried again", ["error": .string("\(error)")])
        }
    }

    private func writePrices() async throws {
        guard books.pricing.isDue else { return }
        let rows = Array(books.pricing.prices.values)
        try await store.costs.write(prices: rows, cluster: cluster)
        books.pricing.written(rows)
    }

    private static let costSlice = 5_000
}

extension WorkloadReconciler: UsageSink {
    /// See `UsageSink`.
    package func use(_ samples: [PodUsage], at moment: Timestamp) {
        var changed: Set<WorkloadKey> = []
        for sample in samples {
            let name = ObjectKey(namespace: sample.namespace, name: sample.pod)
            guard let pod = caches.ownership.pods.get(name), books.usage.take(sample, of: pod, at: moment),
                let key = caches.ownership.workload(of: pod)
            else { continue }
            changed.insert(key)
        }
        measureAgain(changed, at: now())
    }
}
