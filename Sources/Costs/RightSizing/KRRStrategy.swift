/// One pod's usage of a container, as KRR's strategies want it.
package struct KRRPodUsage: Sendable, Hashable {
    /// CPU samples in cores, each the highest rate of a step.
    package var cpuCores: [Double]
    /// The highest working set in bytes; nil when it is not known.
    package var memoryPeakBytes: Double?
    /// How many memory samples the peak is taken from.
    package var memoryPoints: Int

    /// Takes what is known of a pod.
    package init(cpuCores: [Double], memoryPeakBytes: Double?, memoryPoints: Int) {
        self.cpuCores = cpuCores
        self.memoryPeakBytes = memoryPeakBytes
        self.memoryPoints = memoryPoints
    }
}

/// What KRR would recommend: CPU by percentile, memory by its peak and a buffer, limit equal to request. Kept beside our
/// own recommendation, so that somebody who knows KRR's can compare.
package struct KRRStrategy: Sendable, Hashable {
    /// How CPU is chosen.
    package enum CPU: Sendable, Hashable {
        /// KRR's `simple`: the largest of the pods' 95th percentiles as request, and no limit.
        case simple
        /// KRR's `simple_limit`: the 66th percentile of all pods' samples together as request, the 96th as limit.
        case simpleLimit
    }

    /// How CPU is chosen.
    package var cpu: CPU
    /// Samples of all pods together that it takes.
    package var pointsRequired: Int
    /// Recommend also what a HorizontalPodAutoscaler scales by.
    package var allowsAutoscaled: Bool

    /// KRR's defaults: 100 points, nothing for autoscaled resources.
    package init(_ cpu: CPU = .simple, pointsRequired: Int = 100, allowsAutoscaled: Bool = false) {
        self.cpu = cpu
        self.pointsRequired = pointsRequired
        self.allowsAutoscaled = allowsAutoscaled
    }

    /// What to request and limit.
    package struct Advice: Sendable, Hashable {
        /// In millicores.
        package let cpuRequest: SizingValue
        /// In millicores.
        package let cpuLimit: SizingValue
        /// In bytes; request and limit.
        package let memory: SizingValue
    }

    /// Recommends for a container by the usage of all of its pods.
    /// - Parameters:
    ///   - outOfMemoryLimit: the limit in bytes at which it was last killed; a quarter more is recommended at least.
    ///   - autoscaled: resources that a HorizontalPodAutoscaler scales by.
    package func recommend(
        for pods: [KRRPodUsage], outOfMemoryLimit: Int64? = nil, autoscaled: Set<NodeResource> = []
    ) -> Advice {
        let samples = pods.flatMap(\.cpuCores)
        let cpuGap = gap(points: samples.count, isAutoscaled: autoscaled.contains(.cpu))
        let memoryGap = gap(
            points: pods.reduce(0) { $0 + $1.memoryPoints }, isAutoscaled: autoscaled.contains(.memory))
        return Advice(
            cpuRequest: cpuGap.map { .undefined($0) } ?? Self.millicores(cpuRequest(pods, samples)),
            cpuLimit: cpuGap.map { .undefined($0) } ?? cpuLimit(samples),
            memory: memoryGap.map { .undefined($0) }
                ?? Self.bytes(pods.compactMap(\.memoryPeakBytes).max(), outOfMemoryLimit))
    }

    private func gap(points: Int, isAutoscaled: Bool) -> SizingGap? {
        if points == 0 { return .noData }
        if points < pointsRequired { return .tooFewPoints }
        return isAutoscaled && !allowsAutoscaled ? .autoscaled : nil
    }

    private func cpuRequest(_ pods: [KRRPodUsage], _ samples: [Double]) -> Double? {
        switch cpu {
        case .simple: pods.compactMap { LinearPercentile.value(of: $0.cpuCores, at: 0.95) }.max()
        case .simpleLimit: LinearPercentile.value(of: samples, at: 0.66)
        }
    }

    private func cpuLimit(_ samples: [Double]) -> SizingValue {
        switch cpu {
        case .simple: .unset
        case .simpleLimit: Self.millicores(LinearPercentile.value(of: samples, at: 0.96))
        }
    }

    /// Up to whole millicores, 10 at least.
    private static func millicores(_ cores: Double?) -> SizingValue {
        cores.map { .amount(max(roundedUp($0 * 1_000), 10)) } ?? .undefined(.noData)
    }

    /// With 15 % more, up to whole MiB, 100 at least.
    private static func bytes(_ peak: Double?, _ outOfMemoryLimit: Int64?) -> SizingValue {
        guard let peak else { return .undefined(.noData) }
        let mebibyte = 1_048_576.0
        let afterKill = outOfMemoryLimit.map { Double($0) * 1.25 } ?? 0
        return .amount(max(roundedUp(max(peak * 1.15, afterKill) / mebibyte), 100) << 20)
    }

    /// A whole number stays itself, also where binary fractions make 694.0000000000001 of 0.694 · 1,000.
    private static func roundedUp(_ value: Double) -> Int64 {
        let nearest = value.rounded()
        let isWhole = abs(value - nearest) <= 1e-9 * max(nearest, 1)
        return Int64(min(max(isWhole ? nearest : value.rounded(.up), 0), 1e12))
    }
}
