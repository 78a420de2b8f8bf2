internal import Costs

/// OpenCost exports what nodes cost as series of its own /metrics, which Prometheus has scraped.
extension PrometheusSource: NodePriceSource {
    /// Whether the operator says that it has these series.
    package var hasNodePrices: Bool { client.endpoint.hasNodePrices }

    package func nodePrices() async throws(UsageError) -> NodePriceReading {
        let names = NodePriceSeries.allCases.map(\.rawValue).joined(separator: "|")
        let series = PrometheusSelector.everything(of: cluster, at: client.endpoint).adding(#"__name__=~"\#(names)""#)
        // Several replicas of OpenCost tell of the same node.
        let answer = try await client.query(
            "max by (__name__, node, exported_node) (\(series.of("")))", others: ["__name__", "node", "exported_node"])
        return NodePriceReading(answer)
    }
}

/// The series, and what of a price each says.
private enum NodePriceSeries: String, CaseIterable {
    case core = "node_cpu_hourly_cost"
    case gib = "node_ram_hourly_cost"
    case gpu = "node_gpu_hourly_cost"
    case node = "node_total_hourly_cost"
    case isSpot = "kubecost_node_is_spot"

    func set(_ value: Double, in price: inout ExportedNodePrice) {
        switch self {
        case .core: price.perCoreHour = value
        case .gib: price.perGiBHour = value
        case .gpu: price.perGPUHour = value
        case .node: price.perHour = value
        case .isSpot: price.isSpot = value > 0
        }
    }
}

extension NodePriceReading {
    fileprivate init(_ answer: PrometheusAnswer) {
        self.init(warnings: answer.warnings)
        if answer.malformed > 0 { warnings.append("\(answer.malformed) series of node prices could not be read") }
        for series in answer.series {
            guard let kind = series.others["__name__"].flatMap(NodePriceSeries.init), let node = series.node,
                let value = series.points.last?.value
            else { continue }
            kind.set(value, in: &prices[node, default: ExportedNodePrice()])
        }
        prices = prices.filter { $0.value.isKnown }
    }
}

extension PrometheusAnswer.Series {
    /// Without `honor_labels` a scrape keeps `node` for the node that OpenCost runs on.
    fileprivate var node: String? {
        let names = [others["exported_node"], others["node"]].compactMap { $0 }
        return names.first { !$0.isEmpty }
    }
}
