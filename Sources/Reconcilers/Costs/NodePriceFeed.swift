internal import Base
internal import CostSources
package import Costs
internal import Store

/// Is told what OpenCost's metrics say that nodes cost.
package protocol NodePriceSink: Sendable {
    /// - Parameter prices: by node; what is not among them costs what it did.
    func use(prices: [String: ExportedNodePrice]) async
}

/// Asks what one cluster's nodes cost again and again, and hands the answers to who charges. What was told stays while nobody
/// answers, over a restart too.
struct NodePriceFeed: Sendable {
    let cluster: String
    let source: any NodePriceSource
    /// Keeps the prices; fenced.
    let store: CostStore
    /// Between two questions.
    let interval: Duration
    let sink: any NodePriceSink
    let metrics: NodePriceMetrics
    let logger: Logger
    var now: @Sendable () -> Timestamp = Timestamp.now
    var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// While the database does not tell what is known.
    static let retry: Duration = .seconds(1)

    /// Asks until the task is cancelled.
    func run() async {
        await resume()
        var problem: String?
        while !Task.isCancelled {
            let outcome = await ask()
            guard !Task.isCancelled else { break }
            if outcome != problem { tell(outcome) }
            problem = outcome
            try? await sleep(interval)
        }
        metrics.ended(cluster)
    }

    private func resume() async {
        while !Task.isCancelled {
            if let known = try? await store.exportedPrices(cluster: cluster) { return await sink.use(prices: known) }
            try? await sleep(Self.retry)
        }
    }

    /// - Returns: what is wrong; nil when all is well.
    private func ask() async -> String? {
        var reading = NodePriceReading()
        do throws(UsageError) {
            reading = try await source.nodePrices()
            if reading.prices.isEmpty { reading.warnings.append("there are no series of node prices for this cluster") }
            metrics.answered(cluster, nodes: reading.prices.count)
        } catch {
            reading.warnings = [error.description]
            metrics.failed(cluster, error)
        }
        let problem = reading.warnings.isEmpty ? nil : reading.warnings.joined(separator: "; ")
        if !reading.prices.isEmpty { await sink.use(prices: reading.prices) }
        do {
            try await store.write(exported: reading.prices, error: problem, at: now(), cluster: cluster)
        } catch {
            logger.warning("prices of nodes were not noted", ["error": .string("\(error)")])
        }
        return problem
    }

    private func tell(_ problem: String?) {
        if let problem {
            logger.warning("prices of nodes stay as they were", ["error": .string(problem)])
        } else {
            logger.info("prices of nodes are known again")
        }
    }
}

/// What is counted of it.
struct NodePriceMetrics: Sendable {
    private let reads: Counter
    private let nodes: Gauge

    init(_ registry: MetricsRegistry) {
        reads = registry.counter(
            "callboard_node_price_reads_total",
            help: "Questions for the prices of a cluster's nodes, by what came of them.",
            labels: ["cluster", "result"])
        nodes = registry.gauge(
            "callboard_node_prices", help: "Nodes whose price the last answer told.", labels: ["cluster"])
    }

    func answered(_ cluster: String, nodes count: Int) {
        reads.increment([cluster, "success"])
        nodes.set(Double(count), [cluster])
    }

    func failed(_ cluster: String, _ error: UsageError) { reads.increment([cluster, error.label]) }

    func ended(_ cluster: String) { nodes.remove([cluster]) }
}

extension UsageSettings {
    /// Learns what the nodes of a cluster cost where the operator says that its Prometheus knows; what was known before is
    /// forgotten where he does not.
    func followNodePrices(
        _ cluster: String, _ prometheus: PrometheusSource?, store: CostStore, sink: any NodePriceSink,
        metrics: MetricsRegistry, logger: Logger
    ) async {
        guard let prometheus, prometheus.hasNodePrices else {
            while !Task.isCancelled {
                if (try? await store.forgetExportedPrices(cluster: cluster)) != nil { return }
                try? await Task.sleep(for: NodePriceFeed.retry)
            }
            return
        }
        let feed = NodePriceFeed(
            cluster: cluster, source: prometheus, store: store, interval: interval, sink: sink,
            metrics: NodePriceMetrics(metrics),
            logger: logger.with(["controller": "node-prices", "cluster": .string(cluster)]))
        await feed.run()
    }
}

extension WorkloadReconciler: NodePriceSink {
    /// See `NodePriceSink`.
    package func use(prices: [String: ExportedNodePrice]) {
        for node in books.pricing.take(prices) { _ = observe(.idle(node: node, cluster: cluster), at: now()) }
    }
}
