internal import Costs
internal import KubeClient

/// What a core and a GiB cost where a workload's pods run, so that nobody is promised to save more than is paid.
struct SizingPrices: Sendable {
    let prices: EstimatePrices
    /// Nil: nothing is known of nodes.
    let nodes: ObjectCache<Node>?

    /// - Parameter pods: how many of them run on which node. Nodes that are not known cost what the list says.
    func list(_ pods: [String: Int]) -> PriceList {
        let lists = pods.compactMap { name, count in
            nodes?.get(ObjectKey(name: name)).map { (list(of: $0), Int64(count)) }
        }
        let count = lists.reduce(0) { $0 + $1.1 }
        guard count > 0 else { return prices.unknownNode }
        func mean(_ price: (PriceList) -> Money) -> Money {
            lists.reduce(Money.zero) { $0 + (price($1.0).scaled(by: $1.1, over: 1) ?? .zero) }
                .scaled(by: 1, over: count) ?? .zero
        }
        return PriceList(
            currency: prices.currency, perCoreHour: mean(\.perCoreHour), perGiBHour: mean(\.perGiBHour),
            perGPUHour: mean(\.perGPUHour))
    }

    private func list(of node: Node) -> PriceList {
        let facts = NodeFacts(node)
        return prices.nodes.price(of: facts).unitPrices(of: facts.capacity, currency: prices.currency)
    }
}
