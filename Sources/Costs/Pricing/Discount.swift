/// A discount on list prices. As in OpenCost it lowers what CPU and memory cost, and never GPUs.
package struct Discount: Sendable, Hashable {
    /// Millionths of the price that are not paid.
    let millionths: Int64

    /// No discount.
    package static let none = Discount(millionths: 0)

    /// Nil outside of 0...100 percent.
    package init?(percent: Double) {
        guard (0...100).contains(percent) else { return nil }
        millionths = Int64((percent * 10_000).rounded())
    }

    private init(millionths: Int64) {
        self.millionths = millionths
    }

    /// `price × (1 − discount)`, rounded once.
    package func applied(to price: Money) -> Money {
        price.scaled(by: 1_000_000 - millionths, over: 1_000_000) ?? price
    }

    /// CPU and memory with the discount, GPUs without.
    package func applied(to cost: ResourceCost) -> ResourceCost {
        ResourceCost(cpu: applied(to: cost.cpu), memory: applied(to: cost.memory), gpu: cost.gpu)
    }
}
