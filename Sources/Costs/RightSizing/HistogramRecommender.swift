internal import Glibc

/// What a container should request, and within what bounds a request need not be changed.
package struct ContainerRecommendation: Sendable, Hashable {
    /// What to request.
    package let target: RequestedCapacity
    /// A request below is too little.
    package let lower: RequestedCapacity
    /// A request above is too much. Very large as long as little is known.
    package let upper: RequestedCapacity

    /// Takes a recommendation.
    package init(target: RequestedCapacity, lower: RequestedCapacity, upper: RequestedCapacity) {
        self.target = target
        self.lower = lower
        self.upper = upper
    }
}

/// Recommends requests by the percentiles of what was used, as VPA does: percentile, cut to whole millicores or bytes;
/// a margin on it; for the bounds a factor that narrows with confidence; a floor.
package struct HistogramRecommender: Sendable, Hashable {
    /// Added to every value: 0.15 is 15 %.
    package var margin: Double
    /// What a pod's containers together get at least; each gets its even part.
    package var podFloor: RequestedCapacity

    /// VPA's largest value of any resource.
    static let most = 1e14
    /// Of one CPU sample since VPA of February 2025; before, it was the request.
    package static let cpuSampleWeight = 0.1

    /// VPA's margin of 15 % and its floor of 25 millicores and 250 MiB.
    package init(
        margin: Double = 0.15,
        podFloor: RequestedCapacity = RequestedCapacity(cpuMillicores: 25, memoryBytes: 250 << 20)
    ) {
        self.margin = margin
        self.podFloor = podFloor
    }

    /// Recommends for one container.
    /// - Parameters:
    ///   - cpu: in cores.
    ///   - memory: peaks in bytes.
    ///   - confidence: in days, of `SampleSpan`.
    ///   - containersInPod: which share the pod's floor.
    /// - Returns: nil while nothing is known of CPU or memory.
    package func recommend(
        cpu: DecayingHistogram, memory: DecayingHistogram, confidence: Double, containersInPod: Int
    ) -> ContainerRecommendation? {
        guard !cpu.isEmpty, !memory.isEmpty else { return nil }
        func capacity(_ percentile: Double, factor: Double) -> RequestedCapacity {
            RequestedCapacity(
                cpuMillicores: value(
                    cpu.percentile(percentile) * 1_000, factor, podFloor.cpuMillicores, containersInPod),
                memoryBytes: value(memory.percentile(percentile), factor, podFloor.memoryBytes, containersInPod))
        }
        return ContainerRecommendation(
            target: capacity(0.9, factor: 1), lower: capacity(0.5, factor: Self.lowerFactor(confidence: confidence)),
            upper: capacity(0.95, factor: Self.upperFactor(confidence: confidence)))
    }

    /// `(1 + 0.001 / confidence)⁻²`: 0.6 after five minutes, 0.95 after an hour.
    package static func lowerFactor(confidence: Double) -> Double { pow(1 + 0.001 / confidence, -2) }

    /// `1 + 1 / confidence`: 3 after 12 hours, 2 after a day, 1.14 after a week.
    package static func upperFactor(confidence: Double) -> Double { 1 + 1 / confidence }

    private func value(_ measured: Double, _ factor: Double, _ floor: Int64, _ containers: Int) -> Int64 {
        let base = min(measured, Self.most).rounded(.down)
        let widened = (base + (base * margin).rounded(.down)) * factor
        // Without samples of CPU the confidence is zero, and the upper factor infinite.
        return max(Int64(min(widened, Self.most)), floor / Int64(max(containers, 1)))
    }
}
