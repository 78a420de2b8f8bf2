import API
import Actions
import Base
import CostSources
import Costs
import HTTPClient
import Reconcilers
import Store

/// The configured ScaleOps as each part of the program needs it: with one client for all of them, so that there is one
/// login.
struct ScaleOps {
    private let configuration: ScaleOpsConfiguration
    /// Nil: there is none.
    private let endpoints: ScaleOpsEndpoints?

    /// - Parameter http: shared with nobody, so that slow answers hold up nothing else.
    init(_ configuration: ScaleOpsConfiguration, _ http: HTTPClient, _ metrics: MetricsRegistry) {
        self.configuration = configuration
        let counted = ScaleOpsMetrics(metrics)
        let clients = configuration.endpoints.map {
            ScaleOpsClient(
                $0, http: http, metrics: counted, version: programVersion, manner: configuration.manner)
        }
        endpoints = clients.isEmpty ? nil : ScaleOpsEndpoints(clients)
    }

    var api: ScaleOpsAPIConfiguration? {
        endpoints.map {
            ScaleOpsAPIConfiguration(
                endpoints: $0, reports: configuration.reports, currencyPrefix: configuration.currencyPrefix)
        }
    }

    var actions: ScaleOpsActionSettings? {
        endpoints.map { ScaleOpsActionSettings(endpoints: $0, clusterNames: configuration.clusterNames) }
    }

    /// What the leader of the catalog does about it.
    func loops(_ store: Store, _ prices: PriceList, _ metrics: MetricsRegistry) -> [any CostLoop] {
        guard let endpoints else { return [] }
        let logger = Logger("scaleops-costs")
        let feed = ScaleOpsFeed(
            endpoints, names: configuration.clusterNames, prices: prices, costInterval: configuration.costInterval,
            logger: logger)
        return [
            CostFeedLoop(
                feed, costs: store.costs, interval: configuration.pollInterval, metrics: metrics, logger: logger)
        ]
    }
}
