package import Costs

/// Tells what the nodes of one cluster cost.
package protocol NodePriceSource: Sendable {
    /// As of now; nodes whose price is not known are left out.
    func nodePrices() async throws(UsageError) -> NodePriceReading
}

/// What a source told of nodes.
package struct NodePriceReading: Sendable {
    /// By `metadata.name` of the node.
    package var prices: [String: ExportedNodePrice]
    /// What the source itself said about its answer, or what of it could not be read; bounded.
    package var warnings: [String]

    package init(prices: [String: ExportedNodePrice] = [:], warnings: [String] = []) {
        self.prices = prices
        self.warnings = warnings
    }
}
