internal import Base
internal import Costs
internal import KubeClient
internal import Store

/// What is to be said of one container; pure.
struct SizingAdvice {
    let recommender: HistogramRecommender
    let prices: SizingPrices
    let now: Timestamp

    /// Of whom it is said.
    struct Subject {
        let id: StoredContainer
        let container: SizedContainer
        let autoscaled: Set<NodeResource>
        /// Whether its pods come and go by a schedule or once, so that a month is not 730 hours of them.
        let isJob: Bool
        let history: ContainerHistory
        let throttledShare: Double?
        /// How many of the workload's pods are on which node.
        var podsByNode: [String: Int] = [:]
    }

    /// As VPA computes.
    func vpa(_ subject: Subject) -> Recommendation {
        let (history, container) = (subject.history, subject.container)
        let confidence = history.span.confidence
        let found = recommender.recommend(
            cpu: history.cpu, memory: history.memory, confidence: confidence,
            containersInPod: container.containersInPod)
        let facts = facts(subject, recommended: found?.target, confidence: confidence)
        var one = recommendation(subject, facts, source: .vpa, samples: history.span.count)
        if facts.confidence >= SizingThresholds().minimumConfidence {
            one.recommended = Self.resources(found?.target, without: subject.autoscaled)
        }
        one.recommendedLimits = Self.limits(one, container)
        if let found {
            one.details["lower"] = Self.json(found.lower)
            // Before a day has passed it is a large number that says nothing.
            if confidence >= 1 { one.details["upper"] = Self.json(found.upper) }
            one.details["percentile"] = 0.9
            one.details["marginPercent"] = .int(Int64((recommender.margin * 100).rounded()))
        }
        return one
    }

    /// As KRR's `simple` strategy computes from the usage of the pods that there are.
    func krr(_ subject: Subject, pods: [KRRPodUsage]) -> Recommendation {
        let requests = subject.container.requests
        let wasKilled = subject.history.outOfMemoryKills(before: now) > 0
        let advice = KRRStrategy().recommend(
            for: pods, outOfMemoryLimit: wasKilled ? subject.container.limits.memoryBytes : nil,
            autoscaled: subject.autoscaled)
        let points = pods.map(\.memoryPoints)
        let days = Double((points.max() ?? 0)) * Self.krrStep / 86_400
        let (cpu, memory) = (advice.cpuRequest.amount, advice.memory.amount)
        let isKnown =
            (cpu != nil || subject.autoscaled.contains(.cpu)) && (memory != nil || subject.autoscaled.contains(.memory))
        let target = isKnown ? RequestedCapacity(cpuMillicores: cpu ?? 0, memoryBytes: memory ?? 0) : nil
        let facts = facts(subject, recommended: target, confidence: days)
        var one = recommendation(
            subject, facts, source: .krr, samples: Int64(points.reduce(0) { $0 + min($1, 1 << 40) }),
            history: Int64(days * 86_400))
        if facts.confidence >= SizingThresholds().minimumConfidence {
            one.recommended = .init(cpu: cpu, memory: memory)
            one.recommendedLimits = .init(memory: memory)
        }
        one.details["strategy"] = "simple"
        one.details["severity"] = [
            "cpu": .string(KRRSeverity.ofCPU(current: requests.cpuMillicores, recommended: advice.cpuRequest).rawValue),
            "memory": .string(
                KRRSeverity.ofMemory(current: requests.memoryBytes, recommended: advice.memory).rawValue),
        ]
        return one
    }

    /// Of KRR, in seconds.
    private static let krrStep = 75.0

    private func facts(
        _ subject: Subject, recommended: RequestedCapacity?, confidence: Double
    ) -> SizingFacts {
        SizingFacts(
            cpuRequest: subject.container.requests.cpuMillicores,
            memoryRequest: subject.container.requests.memoryBytes, recommended: recommended,
            averageUsage: subject.history.averageUsage,
            replicas: subject.isJob ? 1 : Int64(subject.container.pods),
            outOfMemoryKills: subject.history.outOfMemoryKills(before: now), throttledShare: subject.throttledShare,
            autoscaled: subject.autoscaled, confidence: confidence)
    }

    private func recommendation(
        _ subject: Subject, _ facts: SizingFacts, source: Recommendation.Source, samples: Int64,
        history seconds: Int64? = nil
    ) -> Recommendation {
        let span = subject.history.span
        let assessment = SizingAssessment(facts, prices: prices(subject))
        var one = Recommendation(
            workloadID: subject.id.workloadID, container: subject.id.container, source: source,
            sizingClass: assessment.sizingClass, computedAt: now)
        one.requests = .init(cpu: facts.cpuRequest, memory: facts.memoryRequest)
        one.limits = .init(
            cpu: subject.container.limits.cpuMillicores, memory: subject.container.limits.memoryBytes)
        one.monthlySaving = assessment.monthlySaving?.total ?? .zero
        one.confidence = facts.confidence
        one.reason = assessment.reason
        one.samples = samples
        one.historySeconds = seconds ?? span.seconds
        one.details = details(subject, facts, assessment)
        return one
    }

    private func details(
        _ subject: Subject, _ facts: SizingFacts, _ assessment: SizingAssessment
    ) -> JSONObject {
        var details: JSONObject = [
            "pods": .int(Int64(subject.container.pods)),
            "containersInPod": .int(Int64(subject.container.containersInPod)),
            "confidence": .string(assessment.confidence.level.rawValue),
        ]
        if subject.isJob { details["averagePods"] = .double(subject.history.averagePods) }
        if let usage = facts.averageUsage { details["averageUsage"] = Self.json(usage) }
        if facts.outOfMemoryKills > 0 { details["outOfMemoryKills"] = .int(Int64(facts.outOfMemoryKills)) }
        if let share = facts.throttledShare { details["throttledShare"] = .double(share) }
        if !facts.autoscaled.isEmpty {
            details["autoscaledBy"] = .array(facts.autoscaled.map(\.rawValue).sorted().map(JSONValue.string))
        }
        return details
    }

    /// Those of a month: what runs for an hour of the day saves no more than a 24th.
    private func prices(_ subject: Subject) -> PriceList {
        let prices = prices.list(subject.podsByNode)
        guard subject.isJob else { return prices }
        let permille = Int64((min(subject.history.averagePods, 1_000_000) * 1_000).rounded())
        func scaled(_ price: Money) -> Money { price.scaled(by: permille, over: 1_000) ?? .zero }
        return PriceList(
            currency: prices.currency, perCoreHour: scaled(prices.perCoreHour), perGiBHour: scaled(prices.perGiBHour))
    }

    private static func resources(
        _ capacity: RequestedCapacity?, without autoscaled: Set<NodeResource>
    ) -> Recommendation.Resources {
        .init(
            cpu: autoscaled.contains(.cpu) ? nil : capacity?.cpuMillicores,
            memory: autoscaled.contains(.memory) ? nil : capacity?.memoryBytes)
    }

    /// Limits that are set keep their proportion to the request, as VPA's updater has it.
    private static func limits(_ one: Recommendation, _ container: SizedContainer) -> Recommendation.Resources {
        func limit(_ limit: Int64?, _ request: Int64?, _ recommended: Int64?) -> Int64? {
            guard let limit, let request, request > 0, let recommended else { return nil }
            return Int64(clamping: Int128(limit) * Int128(recommended) / Int128(request))
        }
        return .init(
            cpu: limit(container.limits.cpuMillicores, one.requests.cpu, one.recommended.cpu),
            memory: limit(container.limits.memoryBytes, one.requests.memory, one.recommended.memory))
    }

    private static func json(_ capacity: RequestedCapacity) -> JSONValue {
        ["cpuMillicores": .int(capacity.cpuMillicores), "memoryBytes": .int(capacity.memoryBytes)]
    }
}

extension SampleSpan {
    /// From the first sample to the last.
    fileprivate var seconds: Int64 {
        guard let first, let last else { return 0 }
        return Int64(last.secondsSince(first))
    }
}
