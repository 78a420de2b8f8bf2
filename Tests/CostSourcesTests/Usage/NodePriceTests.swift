import Costs
import Testing

@testable import CostSources

@Suite("Prices of nodes from Prometheus")
struct NodePriceTests {
    private static func series(_ name: String, _ node: String, _ value: String, exported: String? = nil) -> (
        labels: [String: String], value: String
    ) {
        var labels = ["__name__": name, "node": node]
        labels["exported_node"] = exported
        return (labels, value)
    }

    @Test("each series says its part of a node's price, and nodes without a price are left out")
    func reading() async throws {
        let server = try PrometheusStandIn()
        server.answer(
            prometheusVector([
                Self.series("node_cpu_hourly_cost", "a", "0.03"), Self.series("node_ram_hourly_cost", "a", "0.004"),
                Self.series("node_gpu_hourly_cost", "a", "0"), Self.series("node_total_hourly_cost", "a", "0.2"),
                Self.series("kubecost_node_is_spot", "a", "1"), Self.series("node_total_hourly_cost", "b", "0.5"),
                Self.series("node_cpu_hourly_cost", "free", "0"), Self.series("node_ram_hourly_cost", "free", "NaN"),
                // Scraped without honor_labels: `node` is the one on which OpenCost runs.
                Self.series("node_total_hourly_cost", "a", "0.7", exported: "c"),
                Self.series("node_total_hourly_cost", "", "1"), Self.series("something_else", "d", "1"),
            ]))
        let reading = try await PrometheusSource(server.client(clusterLabel: "k8s"), cluster: "east").nodePrices()
        #expect(
            reading.prices == [
                "a": ExportedNodePrice(
                    perCoreHour: 0.03, perGiBHour: 0.004, perGPUHour: 0, perHour: 0.2, isSpot: true),
                "b": ExportedNodePrice(perHour: 0.5), "c": ExportedNodePrice(perHour: 0.7),
            ])
        #expect(reading.warnings.isEmpty)
        let query = try #require(server.asked.first?.parameters["query"])
        #expect(query.hasPrefix("max by (__name__, node, exported_node) ({"))
        #expect(query.contains(#"k8s="east""#) && query.contains("node_ram_hourly_cost|node_gpu_hourly_cost"))
    }

    @Test("what cannot be read is told beside what can")
    func malformed() async throws {
        let server = try PrometheusStandIn()
        server.answer(
            """
            {"status": "success", "warnings": ["a store is missing"], "data": {"resultType": "vector", "result": [
            {"metric": {"__name__": "node_total_hourly_cost", "node": "a"}, "value": [1772366400, "0.2"]},
            {"metric": {"__name__": "node_total_hourly_cost", "node": "b"}, "value": [1772366400]}]}}
            """)
        let reading = try await PrometheusSource(server.client(), cluster: "c").nodePrices()
        #expect(reading.prices == ["a": ExportedNodePrice(perHour: 0.2)])
        #expect(reading.warnings == ["a store is missing", "1 series of node prices could not be read"])
    }
}
