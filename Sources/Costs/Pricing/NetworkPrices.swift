/// What leaving traffic costs per GiB (2³⁰ bytes), by where it goes.
package struct NetworkPrices: Sendable, Hashable {
    /// To another zone of the region.
    package let crossZone: Money
    /// To another region.
    package let crossRegion: Money
    /// Out of the provider's network.
    package let internet: Money

    /// OpenCost's defaults: 0.01, 0.01 and 0.12.
    package static let openCostDefault = NetworkPrices(
        crossZone: Money(nanoDollars: 10_000_000), crossRegion: Money(nanoDollars: 10_000_000),
        internet: Money(nanoDollars: 120_000_000))

    /// Takes prices per GiB.
    package init(crossZone: Money, crossRegion: Money, internet: Money) {
        self.crossZone = crossZone
        self.crossRegion = crossRegion
        self.internet = internet
    }

    /// Each class is rounded once.
    package func cost(of traffic: NetworkTraffic) -> Money {
        func cost(_ bytes: Int64, _ price: Money) -> Money {
            price.scaled(by: bytes, over: PriceList.bytesPerGiB) ?? .zero
        }
        return cost(traffic.crossZoneBytes, crossZone) + cost(traffic.crossRegionBytes, crossRegion)
            + cost(traffic.internetBytes, internet)
    }
}

/// What a pod sent that has a price, in bytes.
package struct NetworkTraffic: Sendable, Hashable {
    /// To another zone of the region.
    package var crossZoneBytes: Int64
    /// To another region.
    package var crossRegionBytes: Int64
    /// Out of the provider's network.
    package var internetBytes: Int64

    /// Takes the counts of one window.
    package init(crossZoneBytes: Int64 = 0, crossRegionBytes: Int64 = 0, internetBytes: Int64 = 0) {
        self.crossZoneBytes = crossZoneBytes
        self.crossRegionBytes = crossRegionBytes
        self.internetBytes = internetBytes
    }
}
