import Costs
import Testing

@testable import Controller

@Suite("Configured prices")
struct PriceConfigurationTests {
    private func read(_ prices: String, currency: String = "USD") throws -> Configuration {
        try configuration("callboard: {costs: {currency: \(currency), prices: \(prices)}}")
    }

    @Test("every price can be set, each for an hour")
    func everything() throws {
        let found = try read(
            """
            {perCoreHour: 0.04, perGiBHour: 0.005, perGPUHour: 1.5,
              spot: {perCoreHour: 0.01, perGiBHour: 0.001, perGPUHour: 0.5},
              instanceTypes: [{type: m5.large, perHour: 0.096}, {type: m5.large, region: eu, spot: true, perHour: 0.03}],
              nodes: {ip-10-0-0-1.ec2.internal: 0.2}, discountPercent: 30, storagePerGiBHour: 0.0001234567891,
              loadBalancerPerHour: 0.025}
            """)
        func money(_ text: String) throws -> Money { try #require(Money(decimal: text)) }
        let book = found.prices.nodes
        #expect(
            book.onDemand
                == PriceList(
                    currency: "USD", perCoreHour: try money("0.04"), perGiBHour: try money("0.005"),
                    perGPUHour: try money("1.5")))
        #expect(
            book.spot
                == PriceList(
                    currency: "USD", perCoreHour: try money("0.01"), perGiBHour: try money("0.001"),
                    perGPUHour: try money("0.5")))
        #expect(
            book.instanceTypes == [
                InstanceTypePrice(instanceType: "m5.large", perHour: try money("0.096")),
                InstanceTypePrice(instanceType: "m5.large", region: "eu", isSpot: true, perHour: try money("0.03")),
            ])
        #expect(book.overrides == ["ip-10-0-0-1.ec2.internal": try money("0.2")])
        #expect(book.discount == Discount(percent: 30))
        #expect(
            found.prices.attached
                == AttachedPrices(
                    storagePerGiBHour: UnitPrice(picoDollars: 123_456_789), loadBalancerPerHour: try money("0.025")))
        #expect(found.prices.unknownNode.perCoreHour == (try money("0.028")))
        #expect(!found.warnings.contains { $0.contains("callboard.costs") })
    }

    @Test("without any they are OpenCost's, and spot is the same share of the price on demand")
    func defaults() throws {
        #expect(try read("{}").prices == EstimatePrices())
        let doubled = try read("{perCoreHour: 0.063222}").prices.nodes
        #expect(doubled.spot.perCoreHour == Money(nanoDollars: 13_310_000))
        #expect(doubled.spot.perGiBHour == PriceList.openCostSpot.perGiBHour)
    }

    @Test(
        "a price that is none is refused by path and expectation",
        arguments: [
            ("{perGPUHour: -1}", "perGPUHour: expected an amount an hour"),
            ("{spot: {perCoreHour: x}}", "spot.perCoreHour: expected a number"),
            ("{instanceTypes: [{type: a}]}", "instanceTypes[0].perHour: is missing; expected what such a node costs"),
            ("{instanceTypes: [{perHour: 1}]}", "instanceTypes[0].type: is missing"),
            ("{nodes: [1]}", "nodes: expected an object"), ("{nodes: {a.b: x}}", "nodes.a.b: expected a number"),
            ("{discountPercent: 101}", "discountPercent: expected a number from 0 to 100"),
            ("{storagePerGiBHour: -0.1}", "storagePerGiBHour: expected an amount an hour"),
            ("{loadBalancerPerHour: 1e300}", "loadBalancerPerHour: expected an amount an hour"),
        ])
    func refused(prices: String, expected: String) {
        let error = #expect(throws: (any Error).self) { try read(prices) }
        #expect("\(error as Any)".contains("callboard.costs.prices.\(expected)"), "\(error as Any)")
    }

    @Test(
        "a price that looks like that of a month is warned about where the currency is known",
        arguments: [
            ("{perCoreHour: 23.07}", "perCoreHour"), ("{perGiBHour: 3.09}", "perGiBHour"),
            ("{perGPUHour: 693}", "perGPUHour"), ("{spot: {perCoreHour: 4.8}}", "spot.perCoreHour"),
            ("{instanceTypes: [{type: m5, perHour: 1400}]}", "instanceTypes[0].perHour"),
            ("{nodes: {a: 876}}", "nodes.a"), ("{storagePerGiBHour: 0.04}", "storagePerGiBHour"),
            ("{loadBalancerPerHour: 18.25}", "loadBalancerPerHour"),
        ])
    func monthly(prices: String, path: String) throws {
        let warnings = try read(prices).warnings.filter { $0.contains("divide it by 730") }
        #expect(warnings.count == 1 && warnings[0].hasPrefix("callboard.costs.prices.\(path) is "), "\(warnings)")
        #expect(try read(prices, currency: "JPY").warnings.allSatisfy { !$0.contains("730") })
    }

    @Test("prices of the dearest machines that can be rented are not warned about")
    func dear() throws {
        let found = try read("{perCoreHour: 0.5, perGPUHour: 14, nodes: {a: 120}, storagePerGiBHour: 0.0005}")
        #expect(!found.warnings.contains { $0.contains("730") })
    }
}
