package import Costs

/// Where a workload sends to and what that cost: one row of `/api/v1/workload-network`.
package struct ScaleOpsNetworkDestination: Sendable, Equatable {
    /// In bytes, or in money.
    package struct Flow<Amount: Sendable & Equatable>: Sendable, Equatable {
        package let total, egress, ingress: Amount?
    }

    package let name: String
    package let namespace: String?
    /// In lower case mostly.
    package let kind: String?
    package let replicas: Double?
    package let totalCost, costWithinZone, costAcrossZones: Flow<Money>?
    package let totalTraffic, trafficWithinZone, trafficAcrossZones: Flow<Double>?

    /// Nil when the row has no name.
    init?(_ row: inout ScaleOpsRow) {
        guard let name = row.text("Name") else { return nil }
        self.name = name
        (namespace, kind, replicas) = (row.text("Namespace"), row.text("WorkloadType"), row.number("replicas"))
        totalCost = Self.flow(&row, "totalCost") { $0.money($1) }
        costWithinZone = Self.flow(&row, "intraAZCost") { $0.money($1) }
        costAcrossZones = Self.flow(&row, "crossAZCost") { $0.money($1) }
        totalTraffic = Self.flow(&row, "totalTraffic") { $0.number($1) }
        trafficWithinZone = Self.flow(&row, "intraAZTraffic") { $0.number($1) }
        trafficAcrossZones = Self.flow(&row, "crossAZTraffic") { $0.number($1) }
    }

    private static func flow<Amount>(
        _ row: inout ScaleOpsRow, _ key: String, _ read: (inout ScaleOpsRow, String) -> Amount?
    ) -> Flow<Amount>? {
        guard var part = row.row(key) else { return nil }
        let flow = Flow(total: read(&part, "total"), egress: read(&part, "egress"), ingress: read(&part, "ingress"))
        row.take(part)
        return flow
    }
}
