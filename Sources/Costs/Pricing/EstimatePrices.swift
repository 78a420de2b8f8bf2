/// All that Callboard's own estimate needs to know of prices, in one currency.
package struct EstimatePrices: Sendable, Hashable {
    /// What nodes cost.
    package var nodes: NodePriceBook
    /// What volumes and load balancers cost.
    package var attached: AttachedPrices

    /// Takes prices; without any they are OpenCost's, which has none for load balancers.
    package init(
        nodes: NodePriceBook = NodePriceBook(), attached: AttachedPrices = AttachedPrices(loadBalancerPerHour: .zero)
    ) {
        self.nodes = nodes
        self.attached = attached
    }

    /// ISO 4217 code of all of them.
    package var currency: String { nodes.onDemand.currency }

    /// What pods cost whose node is not known: the list, on demand, with the discount.
    package var unknownNode: PriceList {
        let (list, discount) = (nodes.onDemand, nodes.discount)
        return PriceList(
            currency: list.currency, perCoreHour: discount.applied(to: list.perCoreHour),
            perGiBHour: discount.applied(to: list.perGiBHour), perGPUHour: list.perGPUHour)
    }
}
