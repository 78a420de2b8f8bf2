/// What is paid for beside nodes: volumes and load balancers, by the time for which they exist.
package struct AttachedPrices: Sendable, Hashable {
    /// Per GiB of requested capacity and hour.
    package let storagePerGiBHour: UnitPrice
    /// Per load balancer and hour.
    package let loadBalancerPerHour: Money

    /// OpenCost's default price of storage: 0.04 per GiB and month of 730 hours.
    package static let openCostStorage = UnitPrice(picoDollars: 54_794_520)

    /// Takes prices; OpenCost's list has none for load balancers.
    package init(storagePerGiBHour: UnitPrice = openCostStorage, loadBalancerPerHour: Money) {
        self.storagePerGiBHour = storagePerGiBHour
        self.loadBalancerPerHour = loadBalancerPerHour
    }

    /// A volume of this capacity for so long: `GiB × hours × price`, rounded once.
    package func volume(bytes: Int64, seconds: Int64) -> Money {
        storagePerGiBHour.cost(
            of: Int128(bytes) * Int128(seconds), unit: Int128(PriceList.bytesPerGiB * PriceList.secondsPerHour))
    }

    /// A load balancer for so long: `hours × price`, rounded once. Nothing is added for the time between two
    /// observations, as OpenCost does.
    package func loadBalancer(seconds: Int64) -> Money {
        loadBalancerPerHour.scaled(by: seconds, over: PriceList.secondsPerHour) ?? .zero
    }
}
