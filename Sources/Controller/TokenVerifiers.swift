import API
import Access
import Base
import HTTPClient
import KubeClient
import MCP

/// Puts together who finds out whose a token is.
struct TokenVerifiers {
    private let configuration: AccessConfiguration
    private let http: HTTPClient?

    init(_ configuration: AccessConfiguration) {
        self.configuration = configuration
        http = configuration.issuers.isEmpty ? nil : HTTPClient(name: "token-keys")
    }

    /// In the order in which they are asked: those that need nobody first, and the cluster last, so that it is shown no token
    /// of somebody else.
    func all(_ clusters: Clusters, _ metrics: MetricsRegistry) -> [any TokenVerifier] {
        var verifiers: [any TokenVerifier] = []
        if !configuration.legacy.isEmpty { verifiers.append(LegacyTokens(configuration.legacy)) }
        if let http { verifiers.append(IssuerTokens(configuration.issuers, http, metrics, logger: Logger("access"))) }
        if let kubernetes = configuration.kubernetes { verifiers.append(tokens(kubernetes, clusters, metrics)) }
        return verifiers
    }

    private func tokens(
        _ settings: KubernetesAccessConfiguration, _ clusters: Clusters, _ metrics: MetricsRegistry
    ) -> KubernetesTokens {
        let start = ContinuousClock.now
        let reviews = metrics.counter(
            "callboard_token_reviews_total", help: "Questions to a cluster about whose a token is.", labels: ["result"])
        let (home, directory) = (clusters.home, clusters.directory)
        let client: @Sendable () -> KubernetesClient? =
            if let name = settings.cluster { { directory.entry(named: name)?.client } } else { { home } }
        return KubernetesTokens(
            TokenReviews(client: client), audiences: settings.audiences, grants: settings.grants,
            limits: settings.limits, passed: { start.duration(to: .now) }, count: { reviews.increment([$0]) })
    }

    func shutdown() { http?.shutdown() }
}
