internal import Actions
internal import Base
internal import HTTPServer
internal import Store

/// Where entities come from, and what reading there came to.
struct SourceRoutes {
    let store: Store

    var routes: [Route] {
        [
            Route("/api/callboard/sources") { request in
                try request.caller.check(.readSources)
                let sources = try await store.catalog.sources()
                let canonical = try await store.catalog.canonicalStates()
                return .json(
                    200, ["sources": .array(sources.map { Self.source($0, canonical["\($0.type):\($0.target)"]) })])
            },
            Route("/api/callboard/sources/:id/runs") { try await runs($0) },
        ]
    }

    private func runs(_ request: RouteRequest) async throws -> HTTPServerResponse {
        try request.caller.check(.readSources)
        guard let id = Int(request["id"]) else {
            throw ActionError(.input, "id: expected the id of a source, a whole number, but found \"\(request["id"])\"")
        }
        guard let (source, runs) = try await store.catalog.runs(of: id) else {
            throw ActionError(.notFound, "No catalog source has the id \(id)")
        }
        return .json(200, ["source": .string(source), "runs": .array(runs.map(Self.run))])
    }

    private static func time(_ time: Timestamp?) -> JSONValue { time.map { .string($0.rfc3339) } ?? .null }

    private static func source(_ source: SourceView, _ canonical: CanonicalState?) -> JSONValue {
        var shown: JSONObject = [
            "id": .int(Int64(source.id)), "type": .string(source.type), "target": .string(source.target),
            "state": .string(source.state.rawValue), "error": source.error.map(JSONValue.string) ?? .null,
            "lastAttemptAt": time(source.lastAttemptAt), "lastSuccessAt": time(source.lastSuccessAt),
            "locations": .int(source.locations), "entities": .int(source.entities),
            "lastRun": source.lastRun.map(run) ?? .null, "problemCount": .int(Int64(source.problemCount)),
            "problems": .array(source.problems.map(problem)),
        ]
        shown["canonical"] = canonical.map(Self.canonical)
        return .object(shown)
    }

    private static func canonical(_ state: CanonicalState) -> JSONValue {
        [
            "state": .string(state.state), "reason": state.reason.map(JSONValue.string) ?? .null,
            "since": time(state.since), "contentHash": state.contentHash.map(JSONValue.string) ?? .null,
            "appliedAt": time(state.appliedAt), "warnings": state.warnings, "lastRun": state.lastRun,
        ]
    }

    private static func run(_ run: SourceRun) -> JSONValue {
        func count(_ number: Int) -> JSONValue { .int(Int64(number)) }
        let duration = Double(run.endedAt.microseconds - run.beganAt.microseconds) / 1_000_000
        return [
            "beganAt": time(run.beganAt), "seconds": .double(max(duration, 0)),
            "locations": count(run.tally.locations), "added": count(run.tally.added),
            "changed": count(run.tally.changed), "removed": count(run.tally.removed),
            "conflicts": count(run.tally.conflicts), "problems": count(run.tally.problems),
            "error": run.error.map(JSONValue.string) ?? .null, "repeats": count(run.repeats),
            "repeatedAt": time(run.repeatedAt),
        ]
    }

    private static func problem(_ problem: ProblemView) -> JSONValue {
        [
            "location": .string(problem.location), "code": .string(problem.code),
            "line": problem.line.map(JSONValue.int) ?? .null, "column": problem.column.map(JSONValue.int) ?? .null,
            "entityRef": problem.entityRef.map(JSONValue.string) ?? .null, "message": .string(problem.message),
        ]
    }
}
