internal import Base
internal import Matching

// What is wrong with a workload, in the form of Backstage's error detection.
extension Output {
    static func problem(_ problem: WorkloadProblem) -> JSONValue {
        [
            "type": .string(problem.kind.rawValue), "severity": count(problem.kind.severity),
            "message": .string(problem.message), "occurrenceCount": count(problem.occurrenceCount),
            "sourceRef": [
                "apiGroup": .string(problem.source.apiGroup), "kind": .string(problem.source.kind),
                "name": .string(problem.source.name), "namespace": .string(problem.source.namespace),
            ],
            "proposedFix": fix(problem),
        ]
    }

    private static func fix(_ problem: WorkloadProblem) -> JSONValue {
        guard let fix = problem.proposedFix, let cause = problem.cause else { return .null }
        var object: JSONObject = [
            "type": .string(fix.type), "errorType": .string(cause.rawValue),
            "rootCauseExplanation": .string(cause.explanation), "actions": .array(cause.actions.map(JSONValue.string)),
        ]
        switch fix {
        case .logs(let container): object["container"] = .string(container)
        case .docs(let link): object["docsLink"] = .string(link)
        case .events(let pod): object["podName"] = .string(pod)
        }
        return .object(object)
    }

    static let problemSchema = Schema.complete([
        "type": Schema.choice(WorkloadProblem.Kind.allCases.map(\.rawValue), "The rule that found it."),
        "severity": Schema.integer(0...10, "From 0 (very low) to 10 (critical)."),
        "message": Schema.string("What is wrong."), "occurrenceCount": Schema.count("How often."),
        "sourceRef": Schema.complete(
            [
                "apiGroup": Schema.text("Empty for the core API."), "kind": Schema.string("Such as Pod."),
                "name": Schema.string("Its name."), "namespace": Schema.text("Its namespace; empty when it has none."),
            ], description: "The object in which it shows."),
        "proposedFix": Schema.orNull(
            Schema.object(
                [
                    "type": Schema.choice(["logs", "docs", "events"], "What to look at."),
                    "errorType": Schema.choice(ProblemCause.allCases.map(\.rawValue), "The cause."),
                    "rootCauseExplanation": Schema.string("What the cause means."),
                    "actions": Schema.list(["type": "string"], "What to do."),
                    "container": Schema.string("Whose logs; with type logs."),
                    "docsLink": Schema.string("Where to read on; with type docs."),
                    "podName": Schema.string("Whose events; with type events."),
                ], required: ["type", "errorType", "rootCauseExplanation", "actions"])),
    ])
}
