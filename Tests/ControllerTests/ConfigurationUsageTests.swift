import CostSources
import Costs
import Reconcilers
import Testing

@testable import Controller

@Suite("Configuration of usage and sizing")
struct ConfigurationUsageTests {
    @Test("without a word metrics.k8s.io is asked every minute, and VPA's floor holds")
    func defaults() throws {
        let usage = try configuration("").usage
        #expect(usage.interval == .seconds(60) && usage.prometheus.isEmpty && usage.warnings.isEmpty)
        #expect(usage.sizing.interval == .seconds(3_600) && usage.backfillDays == 7)
        #expect(
            usage.sizing.recommender.podFloor == RequestedCapacity(cpuMillicores: 25, memoryBytes: 250 << 20))
    }

    @Test("one Prometheus or several, and floors as quantities")
    func values() throws {
        let one = try configuration(
            """
            callboard:
              costs:
                usage: {interval: 30s}
                backfillDays: 0
                sizing: {interval: {minutes: 10}, minimumPodCPU: 10m, minimumPodMemory: 64Mi}
                prometheus:
                  url: https://metrics.example/prometheus/
                  token: ${TOKEN}
                  clusterLabel: k8s_cluster
                  timeout: 10s
                  nodePrices: true
            """, environment: ["TOKEN": "open-sesame"])
        #expect(one.warnings.filter { $0.contains("callboard") }.isEmpty)
        #expect(one.usage.interval == .seconds(30) && one.usage.sizing.interval == .seconds(600))
        #expect(one.usage.backfillDays == 0)
        #expect(
            one.usage.sizing.recommender.podFloor == RequestedCapacity(cpuMillicores: 10, memoryBytes: 64 << 20))
        let endpoint = try #require(one.usage.prometheus.first)
        #expect(endpoint.baseURL == "https://metrics.example/prometheus" && endpoint.token == Secret("open-sesame"))
        #expect(endpoint.hasNodePrices)
        #expect(endpoint.clusterLabel == "k8s_cluster" && endpoint.timeout == .seconds(10))

        let several = try configuration(
            """
            callboard:
              costs:
                prometheus:
                  - {url: "http://a:9090", cluster: a, nodePrices: false}
                  - {url: "http://b:9090", cluster: b}
                  - {url: "http://home:9090"}
            """)
        #expect(several.usage.prometheus.map(\.cluster) == ["a", "b", nil])
        #expect(several.warnings.filter { $0.contains("callboard.costs") }.isEmpty)
    }

    @Test(
        "what cannot be used is refused with the key and what was expected",
        arguments: [
            ("prometheus: {}", "prometheus.url"), ("prometheus: {url: 'ftp://x'}", "a URL such as http://prometheus"),
            ("prometheus: {url: 'http://x?y=1'}", "a URL such as"),
            ("prometheus: {url: 'http://x', token: abc}", "6 bytes"),
            ("prometheus: {url: 'http://x', clusterLabel: 'a-b'}", "the name of a label"),
            ("prometheus: {url: 'http://x', timeout: 10m}", "prometheus.timeout"),
            ("prometheus: {url: 'http://x', nodePrices: maybe}", "prometheus.nodePrices"),
            ("prometheus: [{url: 'http://x'}, {url: 'http://y'}]", "prometheus[1]"), ("prometheus: 1", "prometheus"),
            ("usage: {interval: 0s}", "usage.interval"), ("sizing: {interval: 2d}", "sizing.interval"),
            ("sizing: {minimumPodCPU: much}", "a quantity such as 25m"),
            ("sizing: {minimumPodMemory: -1}", "sizing.minimumPodMemory"),
        ])
    func refusals(text: String, expected: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try configuration("callboard: {costs: {\(text)}}")
        }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test("a token that goes over the open net is worth a warning")
    func openToken() throws {
        let found = try configuration("callboard: {costs: {prometheus: {url: 'http://x:9090', token: open-sesame}}}")
        #expect(found.warnings.contains { $0.contains("prometheus.token goes to http://x:9090") })
        #expect(!found.warnings.contains { $0.contains("open-sesame") })
    }
}
