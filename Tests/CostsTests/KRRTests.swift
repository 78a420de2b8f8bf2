import Costs
import Testing

struct KRRTests {
    /// The three pods of oracle K1.
    private let pods = [
        KRRPodUsage(cpuCores: [0.120], memoryPeakBytes: 200 * 1_048_576, memoryPoints: 50),
        KRRPodUsage(cpuCores: [0.180], memoryPeakBytes: 310.4 * 1_048_576, memoryPoints: 50),
        KRRPodUsage(cpuCores: [0.1504], memoryPeakBytes: nil, memoryPoints: 0),
    ]

    @Test("oracle K1: the largest percentile, no limit, and the highest peak with 15 % more")
    func simple() {
        let advice = KRRStrategy(pointsRequired: 3).recommend(for: pods)
        #expect(advice.cpuRequest == .amount(180) && advice.cpuLimit == .unset)
        #expect(advice.memory == .amount(357 << 20))
    }

    @Test("oracle K2: killed at a limit of 512 MiB, a quarter more")
    func outOfMemory() {
        let strategy = KRRStrategy(pointsRequired: 3)
        #expect(strategy.recommend(for: pods, outOfMemoryLimit: 512 << 20).memory == .amount(640 << 20))
        #expect(strategy.recommend(for: pods, outOfMemoryLimit: 100 << 20).memory == .amount(357 << 20))
    }

    @Test("oracle K3: 1.0 core and 1,024 MiB are critical against K1")
    func severity() {
        #expect(KRRSeverity.ofCPU(current: 1_000, recommended: .amount(180)) == .critical)
        #expect(KRRSeverity.ofMemory(current: 1_024 << 20, recommended: .amount(357 << 20)) == .critical)
    }

    @Test("oracle K4: two percentiles of the samples of all pods together")
    func simpleLimit() {
        let samples = (1...10).map { 0.0103 * Double($0) }
        let pods = [samples.prefix(4), samples.suffix(6)].map {
            KRRPodUsage(cpuCores: Array($0), memoryPeakBytes: 0, memoryPoints: 5)
        }
        #expect(abs((LinearPercentile.value(of: samples.shuffled(), at: 0.66) ?? 0) - 0.071482) < 1e-9)
        #expect(abs((LinearPercentile.value(of: samples, at: 0.96) ?? 0) - 0.099292) < 1e-9)
        let advice = KRRStrategy(.simpleLimit, pointsRequired: 10).recommend(for: pods)
        #expect(advice.cpuRequest == .amount(72) && advice.cpuLimit == .amount(100))
        #expect(advice.memory == .amount(100 << 20))
    }

    @Test("oracle K5 and the bounds of the grades")
    func score() {
        let others: [KRRSeverity] = [.ok, .ok, .good, .good, .unknown]
        let scans = [.critical, .critical, .warning, .warning, .warning] + others
        #expect(KRRScore(scans)?.points == 59 && KRRScore(scans)?.grade == "C")
        #expect(KRRScore([]) == nil)
        let grades = [(90, "A"), (89, "B"), (70, "B"), (69, "C"), (55, "C"), (54, "D"), (30, "D"), (29, "F")]
        for (good, grade) in grades {
            let scans = (0..<100).map { $0 < good ? KRRSeverity.good : .critical }
            #expect(KRRScore(scans)?.points == good && KRRScore(scans)?.grade == Character(grade))
        }
    }

    @Test(
        "severity begins where the reference says",
        arguments: [
            (500, .critical), (499, .warning), (250, .warning), (249, .ok), (100, .ok), (99, .good), (0, .good),
        ] as [(Int64, KRRSeverity)])
    func bounds(difference: Int64, severity: KRRSeverity) {
        for current in [1_000 - difference, 1_000 + difference] {
            #expect(KRRSeverity.ofCPU(current: current, recommended: .amount(1_000)) == severity)
            #expect(KRRSeverity.ofMemory(current: current << 20, recommended: .amount(1_000 << 20)) == severity)
        }
    }

    @Test("a side that is missing warns, both are good, and what cannot be said is unknown")
    func missing() {
        #expect(KRRSeverity.ofCPU(current: nil, recommended: .amount(1)) == .warning)
        #expect(KRRSeverity.ofCPU(current: 1, recommended: .unset) == .warning)
        #expect(KRRSeverity.ofCPU(current: nil, recommended: .unset) == .good)
        #expect(KRRSeverity.ofCPU(current: 1, recommended: .undefined(.noData)) == .unknown)
        #expect(KRRSeverity.allCases.max() == .critical && KRRSeverity.warning > .ok && KRRSeverity.good > .unknown)
    }

    @Test("without data, with too little of it, and under an autoscaler nothing is said")
    func gaps() {
        let strategy = KRRStrategy(pointsRequired: 3)
        let nothing = strategy.recommend(for: [])
        #expect(nothing.cpuRequest == .undefined(.noData) && nothing.memory == .undefined(.noData))
        let few = KRRStrategy(pointsRequired: 4).recommend(for: pods)
        #expect(few.cpuRequest == .undefined(.tooFewPoints) && few.cpuLimit == .undefined(.tooFewPoints))
        #expect(few.memory == .amount(357 << 20))
        let scaled = strategy.recommend(for: pods, autoscaled: [.cpu])
        #expect(scaled.cpuRequest == .undefined(.autoscaled) && scaled.memory.amount == 357 << 20)
        let allowed = KRRStrategy(pointsRequired: 3, allowsAutoscaled: true).recommend(for: pods, autoscaled: [.cpu])
        #expect(allowed.cpuRequest == .amount(180))
        #expect(KRRStrategy().pointsRequired == 100 && LinearPercentile.value(of: [], at: 0.5) == nil)
    }

    @Test(
        "cores round up to a millicore, but a whole one stays, and 10 is the least",
        arguments: [(0.694, 694), (0.6941, 695), (0.0001, 10), (0, 10)] as [(Double, Int64)])
    func rounding(cores: Double, millicores: Int64) {
        let pod = KRRPodUsage(cpuCores: [cores], memoryPeakBytes: 1, memoryPoints: 1)
        #expect(KRRStrategy(pointsRequired: 1).recommend(for: [pod]).cpuRequest == .amount(millicores))
    }
}
