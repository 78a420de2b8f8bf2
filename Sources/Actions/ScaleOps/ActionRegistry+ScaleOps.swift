internal import Base
internal import Store

extension ActionRegistry {
    /// The actions of Backstage's ScaleOps plugin; none when there is no ScaleOps, so that nobody tries them in vain.
    static func scaleOpsActions(
        _ store: Store, _ settings: ScaleOpsActionSettings?, currency: String,
        now: @escaping @Sendable () -> Timestamp
    ) throws -> [RegisteredAction] {
        guard let settings else { return [] }
        let reader = ScaleOpsReader(store: store, settings: settings, now: now)
        return [
            try RegisteredAction(GetScaleOpsData(reader: reader, currency: currency)),
            try RegisteredAction(GetScaleOpsCostAnalysis(reader: reader, currency: currency)),
            try RegisteredAction(GetScaleOpsRecommendations(reader: reader, currency: currency)),
            try RegisteredAction(GetScaleOpsNetworkUsage(reader: reader, currency: currency)),
            try RegisteredAction(GetScaleOpsPolicyDefinitions(reader: reader, currency: currency)),
        ]
    }
}
