internal import Base
internal import Costs
internal import Store

// What sources recommend, in the answers of all actions.
extension Output {
    static func advice(_ advice: ContainerAdvice, isComplete: Bool) -> JSONObject {
        var object = identity(advice.workload)
        object["container"] = .string(advice.container)
        object["entityRef"] = text(advice.entityRef)
        object["ownerRef"] = text(advice.ownerRef)
        object["sources"] = .array(advice.recommendations.map { recommendation($0, isComplete: isComplete) })
        object["disagreements"] = .array(disagreements(advice.recommendations))
        return object
    }

    /// - Parameter isComplete: with everything that the source's word rests on.
    static func adviceSchema(isComplete: Bool) -> JSONObject {
        identitySchema.merging([
            "container": Schema.text("Its name; empty: the workload as a whole."),
            "entityRef": Schema.orNull(Schema.string("Who owns the workload; null: nobody.")),
            "ownerRef": Schema.orNull(Schema.string("Who owns that entity.")),
            "sources": Schema.list(
                Schema.complete(sourceSchema.merging(isComplete ? groundsSchema : [:])), "The word of each source."),
            "disagreements": Schema.list(
                Schema.complete([
                    "source": Schema.string("Another source."), "comparedWith": Schema.string("The first source."),
                    "cpu": Schema.orNull(
                        Schema.number(
                            "How far it recommends more CPU, as a share; negative: less; null: no comparison.")),
                    "memory": Schema.orNull(Schema.number("The same of memory.")),
                ]), "Sources that recommend more than a tenth more or less than the first."),
        ])
    }

    private static func recommendation(_ one: Recommendation, isComplete: Bool) -> JSONValue {
        var object: JSONObject = [
            "source": .string(one.source.rawValue), "container": .string(one.container),
            "class": .string(one.sizingClass.rawValue),
            "request": amounts(one.requests),
            "recommended": amounts(one.recommended), "monthlySaving": amount(one.monthlySaving),
            "confidenceDays": .double(one.confidence), "reason": .string(one.reason),
            "computedAt": time(one.computedAt),
        ]
        if isComplete {
            object["limit"] = amounts(one.limits)
            object["recommendedLimit"] = amounts(one.recommendedLimits)
            object["samples"] = .int(one.samples)
            object["historyDays"] = .double(Double(one.historySeconds) / 86_400)
            object["details"] = .object(one.details)
        }
        return .object(object)
    }

    private static let sourceSchema: JSONObject = [
        "source": Schema.string("Whose word: vpa and krr are computed by Callboard as those would."),
        "container": Schema.text("Of which container; empty: of the pod as a whole."),
        "class": Schema.string(
            "What is to be done: " + SizingClass.allCases.map(\.rawValue).joined(separator: ", ") + "."),
        "request": amountsSchema("Requested now by one pod."), "recommended": amountsSchema("To request instead."),
        "monthlySaving": Schema.number("For all replicas and 730 hours; negative when following it costs more."),
        "confidenceDays": Schema.number("Days of samples that it rests on, at most."),
        "reason": Schema.text("In words."), "computedAt": Schema.string("RFC 3339."),
    ]

    private static let groundsSchema: JSONObject = [
        "limit": amountsSchema("Limit now."), "recommendedLimit": amountsSchema("Limit to set instead."),
        "samples": Schema.count("Samples it rests on."), "historyDays": Schema.number("The time that they cover."),
        "details": Schema.anyObject("What else the source says."),
    ]

    private static func amounts(_ amounts: Recommendation.Resources) -> JSONValue {
        [
            "cpuCores": amounts.cpu.map { .double(Double($0) / 1_000) } ?? .null,
            "memoryMiB": amounts.memory.map { .double(Double($0) / Double(1 << 20)) } ?? .null,
        ]
    }

    private static func amountsSchema(_ description: String) -> JSONValue {
        Schema.complete(
            [
                "cpuCores": Schema.orNull(Schema.number("In cores; null: none, or not known.")),
                "memoryMiB": Schema.orNull(Schema.number("In MiB; null: none, or not known.")),
            ], description: description)
    }

    private static func disagreements(_ all: [Recommendation]) -> [JSONValue] {
        guard let first = all.first else { return [] }
        return all.dropFirst().compactMap { other in
            // What is said of a pod as a whole can be compared with what is said of its only container.
            guard other.container == first.container || first.details["containersInPod"] == 1 else { return nil }
            let comparison = RecommendationComparison(
                ours: first.recommended.capacity(beside: other.recommended),
                theirs: other.recommended.capacity(beside: first.recommended))
            guard !comparison.disagreements.isEmpty else { return nil }
            func difference(_ resource: NodeResource) -> JSONValue {
                comparison.disagreements.contains(resource)
                    ? comparison.difference(in: resource).map { .double($0) } ?? .null : .double(0)
            }
            return [
                "source": .string(other.source.rawValue), "comparedWith": .string(first.source.rawValue),
                "cpu": difference(.cpu),
                "memory": difference(.memory),
            ]
        }
    }
}

extension Recommendation.Resources {
    /// To compare: what one of the two does not speak of counts as nothing in both.
    fileprivate func capacity(beside other: Self) -> RequestedCapacity {
        RequestedCapacity(
            cpuMillicores: other.cpu == nil ? 0 : cpu ?? 0,
            memoryBytes: other.memory == nil ? 0 : memory ?? 0)
    }
}
