internal import Base
internal import Costs
internal import Matching
internal import Store

/// Charges in the columns of the FinOps Open Cost and Usage Specification (FOCUS) 1.2: its mandatory columns, those of its
/// conditional ones that apply to an allocation, and ours, which begin with `x_` as the specification wants.
struct FocusTable: Sendable {
    let currency: String

    /// In the order of the cells below.
    static let columns =
        [
            "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodStart",
            "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd", "InvoiceIssuerName", "ProviderName",
            "PublisherName", "ServiceName", "ChargeCategory", "ChargeClass", "ChargeFrequency", "PricingCategory",
        ] + [
            "ContractedCost", "EffectiveCost", "ListCost", "PricingQuantity", "PricingUnit", "ConsumedQuantity",
            "ConsumedUnit", "ServiceCategory", "ChargeDescription", "x_Resource",
        ] + [
            "ResourceId", "ResourceName", "ResourceType", "SubAccountId", "SubAccountName", "Tags", "x_Category",
            "x_EntityRef", "x_Owner", "x_System", "x_Domain", "x_Source", "x_PriceQuality",
        ]

    static let heading = CSVText.line(columns.map { .text($0) })

    /// A line for each resource that cost something.
    func lines(_ charge: DailyCharge) -> String {
        Resource.allCases.filter { $0.cost(of: charge) != .zero }.map { resource in
            CSVText.line(account(charge) + Self.money(charge, resource) + Self.payer(charge))
        }.joined()
    }

    /// An allocation is no line of an invoice, so nothing is billed by it.
    private func account(_ charge: DailyCharge) -> [CSVText.Cell] {
        let month = CalendarMonth(containing: charge.day)
        return [
            .number("0"), .text(charge.workload.cluster), .text(charge.workload.cluster), .text(currency),
            .text(month.start.rfc3339), .text(month.end.rfc3339), .text(charge.day.rfc3339),
            .text(charge.day.adding(seconds: 86_400).rfc3339), .text("Callboard"), .text("Kubernetes"),
            .text("Kubernetes"), .text("Kubernetes"), .text("Usage"), .text(nil), .text("Usage-Based"),
            .text("Standard"),
        ]
    }

    private static func money(_ charge: DailyCharge, _ resource: Resource) -> [CSVText.Cell] {
        let cost = CSVText.Cell.number(resource.cost(of: charge).description)
        let (quantity, unit) = resource.quantity(of: charge)
        let workload = charge.workload
        return [
            cost, cost, cost, .number("\(quantity)"), .text(unit), .number("\(quantity)"), .text(unit),
            .text(resource.serviceCategory), .text("\(resource.title) of \(workload.kind) \(workload.name)"),
            .text(resource.rawValue),
        ]
    }

    private static func payer(_ charge: DailyCharge) -> [CSVText.Cell] {
        let workload = charge.workload
        return [
            .text(workload.description), .text(workload.name), .text(workload.kind),
            .text("\(workload.cluster)/\(workload.namespace)"), .text(workload.namespace), .text(charge.labels.text()),
            .text(charge.category), .text(charge.entityRef), .text(charge.ownerRef), .text(charge.systemRef),
            .text(charge.domainRef), .text(charge.source), .text(charge.priceQuality),
        ]
    }
}

/// What a charge is divided by.
private enum Resource: String, CaseIterable {
    case cpu, memory, gpu, storage, network, loadBalancer, shared

    func cost(of charge: DailyCharge) -> Money {
        switch self {
        case .cpu: charge.cost.cpu
        case .memory: charge.cost.memory
        case .gpu: charge.cost.gpu
        case .storage: charge.cost.storage
        case .network: charge.cost.network
        case .loadBalancer: charge.cost.loadBalancer
        case .shared: charge.cost.shared
        }
    }

    /// What is not counted by its own measure counts by the time for which the workload was charged.
    func quantity(of charge: DailyCharge) -> (amount: Double, unit: String) {
        switch self {
        case .cpu: (charge.use.coreHours, "Core-Hours")
        case .memory: (charge.use.gibibyteHours, "GiB-Hours")
        case .gpu: (Double(charge.use.gpuSeconds) / 3_600, "GPU-Hours")
        case .storage, .network, .loadBalancer, .shared: (Double(charge.coveredSeconds) / 3_600, "Hours")
        }
    }

    /// Of the specification's list.
    var serviceCategory: String {
        switch self {
        case .cpu, .memory, .gpu: "Compute"
        case .storage: "Storage"
        case .network, .loadBalancer: "Networking"
        case .shared: "Other"
        }
    }

    var title: String {
        switch self {
        case .cpu: "CPU"
        case .memory: "Memory"
        case .gpu: "GPUs"
        case .storage: "Volumes"
        case .network: "Traffic"
        case .loadBalancer: "Load balancers"
        case .shared: "Share of common costs"
        }
    }
}
