import Base
import Costs

/// Reads `callboard.costs.prices`. Every key says what its price is for and for how long, since a price of a month in the
/// place of an hour's is the mistake that is made most.
struct PriceReader {
    private(set) var prices = EstimatePrices()
    /// Prices that look like those of a month.
    private(set) var warnings: [String] = []
    private let currency: String

    init(_ root: ConfigurationNode) throws(ConfigurationError) {
        currency = try root["callboard.costs.currency"].map(Self.currency) ?? PriceList.openCostDefault.currency
        let node = root["callboard.costs.prices"]
        let onDemand = try list(node, otherwise: PriceList.openCostDefault)
        var book = NodePriceBook(onDemand: onDemand, spot: try list(node?["spot"], otherwise: Self.spot(of: onDemand)))
        for entry in try node?["instanceTypes"]?.elements() ?? [] { book.instanceTypes.append(try instanceType(entry)) }
        if let nodes = node?["nodes"] { book.overrides = try overrides(nodes) }
        if let percent = node?["discountPercent"] { book.discount = try Self.discount(percent) }
        prices = EstimatePrices(
            nodes: book,
            attached: AttachedPrices(
                storagePerGiBHour: try storage(node?["storagePerGiBHour"]),
                loadBalancerPerHour: try price(node?["loadBalancerPerHour"], usual: 0.025) ?? .zero))
    }

    private mutating func list(
        _ node: ConfigurationNode?, otherwise list: PriceList
    ) throws(ConfigurationError) -> PriceList {
        let usual = PriceList.openCostDefault
        return PriceList(
            currency: currency,
            perCoreHour: try price(node?["perCoreHour"], usual: usual.perCoreHour.dollars) ?? list.perCoreHour,
            perGiBHour: try price(node?["perGiBHour"], usual: usual.perGiBHour.dollars) ?? list.perGiBHour,
            perGPUHour: try price(node?["perGPUHour"], usual: usual.perGPUHour.dollars) ?? list.perGPUHour)
    }

    /// The same share of the price on demand as in OpenCost's list, which has no spot price of GPUs.
    private static func spot(of onDemand: PriceList) -> PriceList {
        func share(_ price: Money, _ spot: Money, _ usual: Money) -> Money {
            price.scaled(by: spot.nanoDollars, over: usual.nanoDollars) ?? price
        }
        let (spot, usual) = (PriceList.openCostSpot, PriceList.openCostDefault)
        return PriceList(
            currency: onDemand.currency,
            perCoreHour: share(onDemand.perCoreHour, spot.perCoreHour, usual.perCoreHour),
            perGiBHour: share(onDemand.perGiBHour, spot.perGiBHour, usual.perGiBHour), perGPUHour: onDemand.perGPUHour)
    }

    private mutating func instanceType(_ node: ConfigurationNode) throws(ConfigurationError) -> InstanceTypePrice {
        let price = try node.required("perHour", "what such a node costs an hour")
        return InstanceTypePrice(
            instanceType: try node.required("type", "what the label node.kubernetes.io/instance-type says").string(),
            region: try node["region"]?.string(), isSpot: try node["spot"]?.bool() ?? false,
            perHour: try self.price(price, usual: Self.usualNode) ?? .zero)
    }

    private mutating func overrides(_ node: ConfigurationNode) throws(ConfigurationError) -> [String: Money] {
        guard node.value.objectValue != nil else { throw node.expected("an object of prices an hour by node") }
        var overrides: [String: Money] = [:]
        for (name, member) in node.members { overrides[name] = try price(member, usual: Self.usualNode) }
        return overrides
    }

    private static func discount(_ node: ConfigurationNode) throws(ConfigurationError) -> Discount {
        guard let discount = Discount(percent: try node.number()) else { throw node.expected("a number from 0 to 100") }
        return discount
    }

    /// Finer than other prices: see `UnitPrice`.
    private mutating func storage(_ node: ConfigurationNode?) throws(ConfigurationError) -> UnitPrice {
        guard let node else { return AttachedPrices.openCostStorage }
        let number = try node.number()
        guard number >= 0, let price = UnitPrice(decimal: "\(number)") else { throw node.expected(Self.expectation) }
        check(number, usual: Double(AttachedPrices.openCostStorage.picoDollars) / 1e12, at: node.path)
        return price
    }

    private mutating func price(
        _ node: ConfigurationNode?, usual: Double
    ) throws(ConfigurationError) -> Money? {
        guard let node else { return nil }
        let number = try node.number()
        guard number >= 0, let money = Money(dollars: number) else { throw node.expected(Self.expectation) }
        check(number, usual: usual, at: node.path)
        return money
    }

    /// A month has 730 hours: a price of a month is some hundred times what is usual for an hour, and no price of an hour
    /// is. How much is usual is known of currencies that are worth about as much as a dollar.
    private mutating func check(_ price: Double, usual: Double, at path: String) {
        guard Self.likeDollars.contains(currency), price > 50 * usual else { return }
        warnings.append(
            "\(path) is \(price) \(currency) for an hour, more than 50 times what is usual; "
                + "if it is the price of a month, divide it by 730")
    }

    private static func currency(_ node: ConfigurationNode) throws(ConfigurationError) -> String {
        let text = try node.string()
        guard text.utf8.count == 3, text.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            throw node.refused("expected an ISO 4217 code such as USD, found \"\(text)\"")
        }
        return text
    }

    private static let expectation = "an amount an hour, zero or more, in the configured currency"
    private static let likeDollars: Set<String> = ["USD", "EUR", "GBP", "CHF", "CAD", "AUD", "NZD", "SGD"]
    /// A node of 64 cores; 50 times that no machine costs.
    private static let usualNode = 3.0
}
