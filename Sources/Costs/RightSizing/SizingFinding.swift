/// The class of a container and the sentence that tells why. The tests stand in the order of the classes.
struct SizingFinding {
    let sizingClass: SizingClass
    let reason: String

    private init(_ sizingClass: SizingClass, _ reason: String) {
        self.sizingClass = sizingClass
        self.reason = reason
    }

    /// - Parameters:
    ///   - resources: of the facts.
    ///   - saving: in a month; nil when it is not known.
    init(
        _ facts: SizingFacts, _ resources: [SizingFacts.Resource], saving: Money?, _ thresholds: SizingThresholds
    ) {
        self =
            Self.danger(facts, resources, thresholds)
            ?? Self.waste(resources, saving: saving, thresholds)
            ?? Self.silence(facts, resources, thresholds)
            ?? Self(.ok, "requests are close to what is recommended, or a change would save too little")
    }

    private static func danger(
        _ facts: SizingFacts, _ resources: [SizingFacts.Resource], _ thresholds: SizingThresholds
    ) -> Self? {
        if facts.outOfMemoryKills > 0 {
            return Self(.outOfMemory, "killed for lack of memory \(facts.outOfMemoryKills) × in the last 24 hours")
        }
        if let share = facts.throttledShare, share >= thresholds.throttled {
            return Self(.throttled, "the CPU limit slows it down in \(percent(share)) of the periods")
        }
        if let resource = resources.first(where: { ($0.ratio ?? 0) > thresholds.under }) {
            return Self(.under, resource.text("more"))
        }
        let missing = resources.filter { $0.request == nil }.map(\.kind.rawValue)
        return missing.isEmpty ? nil : Self(.noRequest, "no request of \(missing.joined(separator: " and "))")
    }

    private static func waste(
        _ resources: [SizingFacts.Resource], saving: Money?, _ thresholds: SizingThresholds
    ) -> Self? {
        if let resource = resources.first(where: { ($0.ratio ?? 1) < thresholds.over }), let saving,
            saving >= thresholds.minimumSaving
        {
            return Self(.over, resource.text("less"))
        }
        let used = resources.compactMap(\.utilisation)
        guard used.count == resources.count, used.allSatisfy({ $0 < thresholds.idle }) else { return nil }
        return Self(.idle, "it uses \(percent(used[0])) of its CPU and \(percent(used[1])) of its memory request")
    }

    private static func silence(
        _ facts: SizingFacts, _ resources: [SizingFacts.Resource], _ thresholds: SizingThresholds
    ) -> Self? {
        let scaled = resources.map(\.kind).filter(facts.autoscaled.contains).map(\.rawValue)
        if !scaled.isEmpty {
            let resources = scaled.joined(separator: " and ")
            return Self(
                .autoscaled, "a HorizontalPodAutoscaler scales by \(resources), so nothing is recommended for it")
        }
        guard resources.contains(where: { $0.recommended == nil }) else { return nil }
        if facts.confidence >= thresholds.minimumConfidence {
            return Self(.insufficientData, "nothing is recommended, since no usage is known")
        }
        let (have, need) = (tenths(facts.confidence * 24), tenths(thresholds.minimumConfidence * 24))
        return Self(.insufficientData, "\(have) hours of samples are known, and \(need) are needed")
    }

    private static func percent(_ share: Double) -> String { tenths(share * 100) + " %" }

    /// With one decimal, none for a whole number.
    private static func tenths(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        let tenths = Int64((value * 10).rounded())
        return tenths.isMultiple(of: 10) ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
    }
}

extension SizingFacts.Resource {
    /// `cpu: 180m are recommended, less than the 1000m requested`.
    fileprivate func text(_ comparison: String) -> String {
        "\(kind.rawValue): \(Self.quantity(recommended, kind)) are recommended, "
            + "\(comparison) than the \(Self.quantity(request, kind)) requested"
    }

    private static func quantity(_ amount: Int64?, _ kind: NodeResource) -> String {
        guard let amount else { return "nothing" }
        return kind == .cpu ? "\(amount)m" : "\(amount >> 20)Mi"
    }
}
