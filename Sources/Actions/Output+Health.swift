internal import Base
internal import Matching

// How a workload fares, in the answers of all actions.
extension Output {
    static func health(_ facts: WorkloadFacts) -> JSONValue {
        [
            "rollingOut": .bool(facts.isRollingOut), "suspended": .bool(facts.isSuspended),
            "podPhases": [
                "pending": count(facts.pods.pending), "running": count(facts.pods.running),
                "succeeded": count(facts.pods.succeeded), "failed": count(facts.pods.failed),
                "unknown": count(facts.pods.unknown),
            ],
            "waitingReasons": reasons(facts.waitingReasons), "failureReasons": reasons(facts.failureReasons),
            "oomKills": count(facts.oomKills), "lastOOMKillAt": time(facts.lastOOMKillAt),
            "lastTermination": facts.lastTermination.map(termination) ?? .null,
            "containersWithoutRequests": count(facts.containersWithoutRequests),
            "containersWithoutMemoryLimit": count(facts.containersWithoutMemoryLimit),
            "images": .array(facts.images.map(JSONValue.string)), "problemCount": count(facts.problems.count),
        ]
    }

    static let healthSchema = Schema.complete(
        [
            "rollingOut": Schema.flag("A change of its spec has not reached all its pods yet."),
            "suspended": Schema.flag("It was told to start no pods for now."),
            "podPhases": Schema.complete(
                [
                    "pending": Schema.count("Waiting for a node, an image or a start."),
                    "running": Schema.count("Running."), "succeeded": Schema.count("Done."),
                    "failed": Schema.count("Ended badly."), "unknown": Schema.count("On a node that does not answer."),
                ], description: "All its pods by phase, the finished ones included."),
            "waitingReasons": Schema.anyObject(
                "Why containers wait or pods have no node, such as CrashLoopBackOff, with how many do."),
            "failureReasons": Schema.anyObject("Why pods failed, such as Evicted, with how many did."),
            "oomKills": Schema.count("Containers whose present or last end was for want of memory."),
            "lastOOMKillAt": Schema.orNull(Schema.string("RFC 3339; null when there was none.")),
            "lastTermination": Schema.orNull(
                Schema.complete(
                    [
                        "pod": Schema.string("Its pod."), "container": Schema.string("Its name."),
                        "reason": Schema.text("Such as OOMKilled, Error or Completed."),
                        "exitCode": ["type": "integer", "description": "Of its process."],
                        "at": Schema.orNull(Schema.string("RFC 3339.")),
                    ], description: "The latest end of a container that was restarted or failed.")),
            "containersWithoutRequests": Schema.count(
                "Containers that request no CPU or no memory, so that their cost is not seen."),
            "containersWithoutMemoryLimit": Schema.count("Containers without a memory limit."),
            "images": Schema.list(
                ["type": "string"], "Images of its pods, at most \(WorkloadFacts.maximumImages)."),
            "problemCount": Schema.count("Problems found; problems lists the worst of them."),
        ], description: "How it fares.")

    private static func reasons(_ reasons: ReasonCounts) -> JSONValue {
        .object(JSONObject(reasons.counts.sorted { $0.key < $1.key }.map { ($0.key, count($0.value)) }))
    }

    private static func termination(_ end: WorkloadTermination) -> JSONValue {
        [
            "pod": .string(end.pod), "container": .string(end.container), "reason": .string(end.reason),
            "exitCode": .int(Int64(end.exitCode)), "at": time(end.at),
        ]
    }
}
