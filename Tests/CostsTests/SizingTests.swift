import Costs
import Testing

struct SizingTests {
    private let prices = PriceList.openCostDefault
    private let mebibyte: Int64 = 1 << 20

    /// A container that is as it should be.
    private var good: SizingFacts {
        SizingFacts(
            cpuRequest: 200, memoryRequest: 400 * mebibyte,
            recommended: RequestedCapacity(cpuMillicores: 180, memoryBytes: 357 * mebibyte),
            averageUsage: RequestedCapacity(cpuMillicores: 120, memoryBytes: 300 * mebibyte), replicas: 3,
            confidence: 7)
    }

    private func assess(_ change: (inout SizingFacts) -> Void) -> SizingAssessment {
        var facts = good
        change(&facts)
        return SizingAssessment(facts, prices: prices)
    }

    @Test("oracle C17: three replicas from 1.0 to 0.18 core and 1,024 to 357 MiB save 62.81 a month")
    func saving() throws {
        let found = assess { ($0.cpuRequest, $0.memoryRequest) = (1_000, 1_024 * mebibyte) }
        let saving = try #require(found.monthlySaving)
        #expect(saving.cpu == dollars("56.7670338"))
        #expect(abs(saving.memory.dollars - 6.04405567) < 1e-8 && abs(saving.total.dollars - 62.81108947) < 1e-8)
        #expect(found.sizingClass == .over)
        #expect(found.reason == "cpu: 180m are recommended, less than the 1000m requested")
    }

    @Test("what is close to the recommendation is in order")
    func ok() {
        let found = assess { _ in }
        #expect(found.sizingClass == .ok && found.confidence.level == .high)
    }

    @Test("the classes stand in order: what holds first is taken away until nothing holds")
    func order() {
        var facts = good
        (facts.outOfMemoryKills, facts.throttledShare, facts.autoscaled) = (2, 0.6, [.memory])
        (facts.cpuRequest, facts.memoryRequest) = (100, nil)
        facts.averageUsage = RequestedCapacity(cpuMillicores: 1, memoryBytes: mebibyte)
        func expect(_ sizingClass: SizingClass, _ reason: String, _ line: Int = #line) {
            let found = SizingAssessment(facts, prices: prices)
            #expect(found.sizingClass == sizingClass && found.reason == reason, "line \(line)")
        }
        expect(.outOfMemory, "killed for lack of memory 2 × in the last 24 hours")
        facts.outOfMemoryKills = 0
        expect(.throttled, "the CPU limit slows it down in 60 % of the periods")
        facts.throttledShare = 0.59
        expect(.under, "cpu: 180m are recommended, more than the 100m requested")
        facts.cpuRequest = 4_000
        expect(.noRequest, "no request of memory")
        facts.memoryRequest = 0
        expect(.noRequest, "no request of memory")
        facts.memoryRequest = 400 * mebibyte
        expect(.over, "cpu: 180m are recommended, less than the 4000m requested")
        facts.replicas = 0
        expect(.idle, "it uses 0 % of its CPU and 0.3 % of its memory request")
        facts.averageUsage = nil
        expect(.autoscaled, "a HorizontalPodAutoscaler scales by memory, so nothing is recommended for it")
        facts.autoscaled = []
        facts.confidence = 0.1
        expect(.insufficientData, "2.4 hours of samples are known, and 3 are needed")
        facts.confidence = 0.125
        expect(.ok, "requests are close to what is recommended, or a change would save too little")
        facts.recommended = nil
        expect(.insufficientData, "nothing is recommended, since no usage is known")
    }

    @Test(
        "the thresholds: more than a tenth above the request is under, less than 0.7 of it over",
        arguments: [
            (1_100, .ok), (1_101, .under), (700, .ok), (699, .over),
        ] as [(Int64, SizingClass)])
    func thresholds(recommended: Int64, sizingClass: SizingClass) {
        let found = assess {
            $0.cpuRequest = 1_000
            $0.recommended?.cpuMillicores = recommended
        }
        #expect(found.sizingClass == sizingClass)
    }

    @Test("a change that saves less than a dollar a month is not worth it, one that saves one is")
    func minimumSaving() {
        // A core costs 23.07603 a month: 43.3351 millicores are one unit of the currency.
        func found(_ saved: Int64) -> SizingAssessment {
            SizingAssessment(
                SizingFacts(
                    cpuRequest: 100, memoryRequest: mebibyte,
                    recommended: RequestedCapacity(cpuMillicores: 100 - saved, memoryBytes: mebibyte), confidence: 7),
                prices: prices)
        }
        #expect(found(43).sizingClass == .ok && found(44).sizingClass == .over)
        #expect((found(43).monthlySaving?.total ?? .zero) < dollars("1"))
    }

    @Test("a container that needs more saves less than nothing")
    func negativeSaving() throws {
        let found = assess { $0.cpuRequest = 80 }
        #expect(found.sizingClass == .under)
        #expect(try #require(found.monthlySaving?.cpu) == dollars("-6.922809"))  // 3 × 0.1 × 0.031611 × 730
    }

    @Test("what an autoscaler scales by has no recommendation, but the other resource has")
    func autoscaled() throws {
        let found = assess {
            ($0.cpuRequest, $0.memoryRequest, $0.autoscaled) = (10, 4_096 * mebibyte, [.cpu])
        }
        #expect(found.sizingClass == .over && found.monthlySaving?.cpu == .zero)
        #expect(try #require(found.monthlySaving?.memory) > dollars("30"))
    }

    @Test("with too little data neither a saving nor a direction is said, but a kill is")
    func insufficient() {
        let found = assess { ($0.cpuRequest, $0.confidence) = (4_000, 0.1) }
        #expect(found.sizingClass == .insufficientData && found.monthlySaving == nil)
        #expect(assess { ($0.outOfMemoryKills, $0.confidence) = (1, 0) }.sizingClass == .outOfMemory)
    }

    @Test("confidence has three words", arguments: [(0.99, "low"), (1, "medium"), (6.9, "medium"), (7, "high")])
    func confidence(days: Double, level: String) {
        #expect(SizingConfidence(days: days).level.rawValue == level)
    }

    @Test("two sources disagree when they are more than a tenth apart, by resource, and it has a price")
    func disagreement() {
        let ours = RequestedCapacity(cpuMillicores: 500, memoryBytes: 1 << 30)
        let theirs = RequestedCapacity(cpuMillicores: 1_500, memoryBytes: 1_100 << 20)
        let both = RecommendationComparison(ours: ours, theirs: theirs)
        #expect(both.difference(in: .cpu) == 2 && both.disagreements == [.cpu])
        #expect(both.monthlyDifference(replicas: 2, prices: prices).cpu == dollars("46.15206"))
        let same = RecommendationComparison(ours: ours, theirs: ours)
        #expect(same.disagreements == [] && same.monthlyDifference(replicas: 9, prices: prices) == .zero)
        let none = RecommendationComparison(ours: .zero, theirs: theirs)
        #expect(none.difference(in: .cpu) == nil && none.disagreements == [.cpu, .memory])
        let foreign = RequestedCapacity(cpuMillicores: .min, memoryBytes: .max)
        let wrong = RecommendationComparison(ours: ours, theirs: foreign)
        #expect(wrong.monthlyDifference(replicas: .max, prices: prices).cpu.nanoDollars == .min)
    }
}
