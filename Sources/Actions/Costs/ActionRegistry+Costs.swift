internal import Base
internal import Store

extension ActionRegistry {
    /// What there is to ask of costs.
    static func costActions(_ desk: CostDesk) throws -> [RegisteredAction] {
        try [
            RegisteredAction(GetEntityCost(desk: desk)), RegisteredAction(GetCost(desk: desk)),
            RegisteredAction(GetCostTrend(desk: desk)), RegisteredAction(ExplainCostChange(desk: desk)),
            RegisteredAction(GetDependencyCost(desk: desk)), RegisteredAction(GetCostCoverage(desk: desk)),
            RegisteredAction(GetBudgetStatus(desk: desk)), RegisteredAction(GetRecommendations(desk: desk)),
            RegisteredAction(ExplainRecommendation(desk: desk)), RegisteredAction(GetCostDataHealth(desk: desk)),
            RegisteredAction(ListGhostEntities(store: desk.store, now: desk.now)),
            RegisteredAction(GetWorkloadOwnership(store: desk.store)),
        ]
    }
}
