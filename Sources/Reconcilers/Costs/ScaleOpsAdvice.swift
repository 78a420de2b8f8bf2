internal import Base
internal import CostSources
internal import Costs
internal import Store

/// What ScaleOps recommends for a workload, with what the workload costs by its word.
struct ScaleOpsAdvice: CostAdvice {
    /// When the costs of its group were told; nil: not yet.
    typealias Cost = (cost: Shared<ScaleOpsCost>?, at: Timestamp)

    let fingerprint: Int
    private let match: ScaleOpsMatch
    private let cost: Cost?

    init(_ match: ScaleOpsMatch, cost: Cost?) {
        (self.match, self.cost) = (match, cost)
        var hasher = Hasher()
        hasher.combine(match.endpoint)
        hasher.combine(match.figures)
        hasher.combine(cost?.cost)
        hasher.combine(cost?.at)
        fingerprint = hasher.finalize()
    }

    var workloadID: Int { match.workload.id }

    /// A source that does not say how sure it is counts as sure.
    func recommendation(at now: Timestamp) -> Recommendation {
        let figures = match.figures
        let isUnder = figures.isUnderProvisioned ?? false
        let isOver = figures.isOverProvisioned ?? false
        var row = Recommendation(
            workloadID: workloadID, container: "", source: .scaleops,
            sizingClass: isUnder ? .under : isOver ? .over : .ok, computedAt: now)
        row.requests = resources(cpu: figures.cpuRequest, memory: figures.memoryRequest)
        row.recommended = resources(cpu: figures.recommendedCPU, memory: figures.recommendedMemory)
        row.monthlySaving = figures.savingsAvailable ?? .zero
        row.confidence = 1
        row.reason =
            isUnder
            ? "ScaleOps: under-provisioned" : isOver ? "ScaleOps: over-provisioned" : "ScaleOps: nothing is said"
        row.details = details
        return row
    }

    private func resources(cpu: Double?, memory: Double?) -> Recommendation.Resources {
        Recommendation.Resources(cpu: ScaleOpsMatch.amount(cpu), memory: ScaleOpsMatch.amount(memory))
    }

    private var details: JSONObject {
        var details: JSONObject = ["endpoint": .string(match.endpoint), "workload": match.figures.document]
        if let cost {
            details["cost"] = cost.cost?.document ?? .null
            details["costRange"] = .string(ScaleOpsFeed.range.rawValue)
            details["costAt"] = .string(cost.at.rfc3339)
        }
        return details
    }
}
