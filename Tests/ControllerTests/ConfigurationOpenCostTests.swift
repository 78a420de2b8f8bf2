import CostSources
import Testing

@testable import Controller

@Suite("Configuration of OpenCost")
struct ConfigurationOpenCostTests {
    @Test("without a word nobody is asked")
    func defaults() throws {
        #expect(try configuration("").openCost.endpoints.isEmpty)
        #expect(try configuration("opencost: {enabled: false, url: 'http://x'}").openCost.endpoints.isEmpty)
    }

    @Test("one OpenCost, and others beside it")
    func values() throws {
        let found = try configuration(
            """
            opencost:
              url: http://opencost:9003/
              clusters: {cluster-one: eu}
              pollInterval: 10m
              maximumAnswerMegabytes: 8
              endpoints:
                - name: us
                  url: https://kubecost.example
                  pathPrefix: /model
                  token: ${TOKEN}
                  timeout: 10s
                  clusters: {theirs: us}
            """, environment: ["TOKEN": "open-sesame"])
        #expect(found.warnings.filter { $0.contains("opencost") }.isEmpty)
        let openCost = found.openCost
        #expect(openCost.pollInterval == .seconds(600) && openCost.maximumBytes == 8 << 20)
        #expect(openCost.endpoints.map(\.name) == ["default", "us"])
        #expect(openCost.endpoints.map(\.baseURL) == ["http://opencost:9003", "https://kubecost.example/model"])
        #expect(openCost.endpoints.map(\.timeout) == [.seconds(60), .seconds(10)])
        #expect(openCost.endpoints.first?.ours("cluster-one") == "eu" && openCost.endpoints.first?.ours("b") == "b")
        #expect(openCost.endpoints.last?.token == Secret("open-sesame"))
    }

    @Test(
        "what cannot be used is refused with the key and what was expected",
        arguments: [
            ("{}", "opencost.url"), ("{url: 'ftp://x'}", "a URL such as http://opencost"),
            ("{url: 'http://x', pathPrefix: model}", "a path such as /model"),
            ("{url: 'http://x', token: abc}", "6 bytes"), ("{url: 'http://x', timeout: 10m}", "opencost.timeout"),
            ("{url: 'http://x', clusters: [a]}", "those of OpenCost"),
            ("{url: 'http://x', clusters: {a: c, b: c}}", "c stands here twice"),
            ("{endpoints: [{url: 'http://x'}]}", "endpoints[0].name"),
            ("{url: 'http://x', endpoints: [{name: default, url: 'http://y'}]}", "default stands here twice"),
            (
                "{url: 'http://x', clusters: {a: c}, endpoints: [{name: y, url: 'http://y', clusters: {b: c}}]}",
                "another endpoint tells of the cluster c"
            ),
            ("{url: 'http://x', pollInterval: 1d}", "opencost.pollInterval"),
        ])
    func refusals(text: String, expected: String) {
        let error = #expect(throws: ConfigurationError.self) { try configuration("opencost: \(text)") }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test("a token that goes over the open net is worth a warning")
    func openToken() throws {
        let found = try configuration("opencost: {url: 'http://x:9003', token: open-sesame}")
        #expect(found.warnings.contains { $0.contains("opencost.token goes to http://x:9003") })
        #expect(!found.warnings.contains { $0.contains("open-sesame") })
    }
}
