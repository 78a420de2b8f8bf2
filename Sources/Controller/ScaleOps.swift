import API
import Base
import CostSources
import HTTPClient

extension ScaleOpsConfiguration {
    /// The clients of the configured endpoints for the API; nil when there are none.
    ///
    /// - Parameter http: shared with nobody, so that slow answers hold up nothing else.
    func api(_ http: HTTPClient, _ metrics: MetricsRegistry) -> ScaleOpsAPIConfiguration? {
        guard !endpoints.isEmpty else { return nil }
        let counted = ScaleOpsMetrics(metrics)
        let clients = endpoints.map {
            ScaleOpsClient($0, http: http, metrics: counted, version: programVersion, manner: manner)
        }
        return ScaleOpsAPIConfiguration(
            endpoints: ScaleOpsEndpoints(clients), reports: reports, currencyPrefix: currencyPrefix)
    }
}
