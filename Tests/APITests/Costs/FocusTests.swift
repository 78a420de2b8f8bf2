import Base
import Costs
import Matching
import Store
import Testing

@testable import API

@Suite("FOCUS")
struct FocusTests {
    /// Version 1.2 of the specification: what each dataset must have.
    private static let mandatory = [
        "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodStart",
        "BillingPeriodEnd", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodStart",
        "ChargePeriodEnd",
        "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingQuantity", "PricingUnit",
        "ProviderName", "PublisherName", "ServiceCategory", "ServiceName",
    ]

    private static func charge(_ cost: ResourceCost) -> DailyCharge {
        DailyCharge(
            day: Timestamp(rfc3339: "2036-02-29T00:00:00Z") ?? Timestamp(seconds: 0),
            workload: WorkloadKey(cluster: "main", kind: "Deployment", namespace: "prod", name: "shop"),
            labels: ["app": "shop"], cost: cost,
            use: CapacityTime(millicoreSeconds: 7_200_000, byteSeconds: 3_600 << 30, gpuSeconds: 1_800),
            coveredSeconds: 86_400, category: "owned", entityRef: "component:default/shop",
            ownerRef: "group:default/payments", systemRef: nil, domainRef: nil, source: "estimate",
            priceQuality: "price-list", place: nil)
    }

    /// The lines of a charge as dictionaries by column.
    private static func rows(_ cost: ResourceCost) -> [[String: String]] {
        let lines = FocusTable(currency: "EUR").lines(charge(cost)).split(separator: "\r\n")
        return lines.map { line in
            // No cell but the tags holds a comma, and they have one member.
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            return Dictionary(zip(FocusTable.columns, cells)) { $1 }
        }
    }

    @Test("every mandatory column is there, once each, and those of ours begin with x_")
    func columns() {
        #expect(Set(FocusTable.columns).isSuperset(of: Self.mandatory))
        #expect(Set(FocusTable.columns).count == FocusTable.columns.count)
        #expect(FocusTable.heading.split(separator: ",").count == FocusTable.columns.count)
    }

    @Test("a charge is a line for each resource that cost something, with exact amounts")
    func lines() {
        let rows = Self.rows(ResourceCost(cpu: Money(nanoDollars: 1), memory: Money(nanoDollars: 2_500_000_000)))
        #expect(rows.map { $0["x_Resource"] } == ["cpu", "memory"])
        #expect(rows.allSatisfy { $0.count == FocusTable.columns.count })
        let cpu = rows[0]
        #expect((cpu["EffectiveCost"], cpu["BilledCost"], cpu["ListCost"]) == ("0.000000001", "0", "0.000000001"))
        #expect((cpu["PricingQuantity"], cpu["PricingUnit"]) == ("2.0", "Core-Hours"))
        #expect((rows[1]["ConsumedQuantity"], rows[1]["ConsumedUnit"]) == ("1.0", "GiB-Hours"))
        #expect(
            (cpu["BillingPeriodStart"], cpu["BillingPeriodEnd"]) == ("2036-02-01T00:00:00Z", "2036-03-01T00:00:00Z"))
        #expect((cpu["ChargePeriodStart"], cpu["ChargePeriodEnd"]) == ("2036-02-29T00:00:00Z", "2036-03-01T00:00:00Z"))
        #expect((cpu["ChargeCategory"], cpu["ChargeClass"], cpu["BillingCurrency"]) == ("Usage", "", "EUR"))
        #expect((cpu["ResourceId"], cpu["ResourceType"]) == ("main/prod/Deployment/shop", "Deployment"))
        #expect((cpu["SubAccountId"], cpu["ChargeDescription"]) == ("main/prod", "CPU of Deployment shop"))
        #expect((cpu["x_Owner"], cpu["x_System"], cpu["x_Source"]) == ("group:default/payments", "", "estimate"))
        #expect(cpu["x_PriceQuality"] == "price-list" && cpu["Tags"] == "\"{\"\"app\"\":\"\"shop\"\"}\"")
    }

    @Test("each resource has a category of the specification and a quantity")
    func resources() {
        let one = Money(nanoDollars: 1)
        let rows = Self.rows(
            ResourceCost(
                cpu: one, memory: one, gpu: one, storage: one, network: one, loadBalancer: one, shared: one))
        #expect(
            rows.map { $0["ServiceCategory"] } == [
                "Compute", "Compute", "Compute", "Storage", "Networking", "Networking", "Other",
            ])
        #expect(rows.map { $0["PricingQuantity"] } == ["2.0", "1.0", "0.5", "24.0", "24.0", "24.0", "24.0"])
        #expect(Self.rows(.zero).isEmpty)
    }
}
