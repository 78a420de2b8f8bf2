internal import Base
internal import Matching

/// A column of `workload` that holds a fact.
struct FactColumn: Sendable {
    let name: String
    let type: String
    /// What it says of a workload that is gone; nil: what it said last.
    var whenGone: String?
}

extension WorkloadFacts {
    /// The columns of migration 3.
    static let columns = [
        FactColumn(name: "replicas_available", type: "int"),
        FactColumn(name: "replicas_updated", type: "int"),
        FactColumn(name: "is_rolling_out", type: "boolean", whenGone: "false"),
        FactColumn(name: "is_suspended", type: "boolean"),
        FactColumn(name: "pods_pending", type: "int", whenGone: "0"),
        FactColumn(name: "pods_running", type: "int", whenGone: "0"),
        FactColumn(name: "pods_succeeded", type: "int", whenGone: "0"),
        FactColumn(name: "pods_failed", type: "int", whenGone: "0"),
        FactColumn(name: "pods_unknown", type: "int", whenGone: "0"),
        FactColumn(name: "cpu_limit_millicores", type: "bigint", whenGone: "0"),
        FactColumn(name: "memory_limit_bytes", type: "bigint", whenGone: "0"),
        FactColumn(name: "containers_without_requests", type: "int", whenGone: "0"),
        FactColumn(name: "containers_without_memory_limit", type: "int", whenGone: "0"),
        FactColumn(name: "oom_kills", type: "int"),
        FactColumn(name: "oom_killed_at", type: "timestamptz"),
        FactColumn(name: "last_termination", type: "jsonb"),
        FactColumn(name: "waiting_reasons", type: "jsonb", whenGone: "'{}'"),
        FactColumn(name: "failure_reasons", type: "jsonb", whenGone: "'{}'"),
        FactColumn(name: "images", type: "jsonb"),
        FactColumn(name: "problems", type: "jsonb", whenGone: "'[]'"),
        FactColumn(name: "problem_count", type: "int", whenGone: "0"),
    ]

    /// The assignments with which a workload ends.
    static let reset = columns.compactMap { column in
        column.whenGone.map { "\(column.name) = \($0)" }
    }.joined(separator: ", ")

    /// The values of the columns, in their order, with their names.
    var row: [(String, JSONValue)] {
        func count(_ number: Int?) -> JSONValue { number.map { .int(Int64($0)) } ?? .null }
        let values: [JSONValue] = [
            count(availableReplicas), count(updatedReplicas), .bool(isRollingOut), .bool(isSuspended),
            count(pods.pending), count(pods.running), count(pods.succeeded), count(pods.failed), count(pods.unknown),
            .int(limitCPUMillicores), .int(limitMemoryBytes), count(containersWithoutRequests),
            count(containersWithoutMemoryLimit), count(oomKills), lastOOMKillAt.map { .string($0.rfc3339) } ?? .null,
            lastTermination?.json ?? .null, waitingReasons.json, failureReasons.json,
            .array(images.map(storable)), .array(problems.worst.map(\.json)), count(problems.count),
        ]
        return zip(Self.columns, values).map { ($0.name, $1) }
    }

    /// Reads the columns, the first of which is at `column`.
    init(_ row: SQLRow, from column: Int32) {
        func count(_ offset: Int32) -> Int? { row.int(column + offset).map { Int($0) } }
        self.init()
        (availableReplicas, updatedReplicas) = (count(0), count(1))
        (isRollingOut, isSuspended) = (row.bool(column + 2), row.bool(column + 3))
        pods = PodCounts(
            pending: count(4) ?? 0, running: count(5) ?? 0, succeeded: count(6) ?? 0, failed: count(7) ?? 0,
            unknown: count(8) ?? 0)
        (limitCPUMillicores, limitMemoryBytes) = (row.int(column + 9) ?? 0, row.int(column + 10) ?? 0)
        (containersWithoutRequests, containersWithoutMemoryLimit) = (count(11) ?? 0, count(12) ?? 0)
        (oomKills, lastOOMKillAt) = (count(13) ?? 0, row.time(column + 14))
        lastTermination = row.json(column + 15).flatMap(WorkloadTermination.init(json:))
        waitingReasons = ReasonCounts(json: row.json(column + 16))
        failureReasons = ReasonCounts(json: row.json(column + 17))
        add(images: row.json(column + 18)?.arrayValue?.compactMap(\.stringValue) ?? [])
        let stored = row.json(column + 19)?.arrayValue?.compactMap(WorkloadProblem.init(json:)) ?? []
        problems = ProblemList(worst: stored, count: count(20) ?? stored.count)
    }

    /// The columns for a SELECT, as `init(_:from:)` reads them.
    static let selection = columns.map { column in
        column.type == "timestamptz" ? microseconds("w.\(column.name)") : "w.\(column.name)"
    }.joined(separator: ", ")
}

extension WorkloadTermination {
    fileprivate var json: JSONValue {
        [
            "pod": storable(pod), "container": storable(container), "reason": storable(reason),
            "exitCode": .int(Int64(exitCode)), "at": at.map { .string($0.rfc3339) } ?? .null,
        ]
    }

    fileprivate init?(json: JSONValue) {
        guard let pod = json["pod"]?.stringValue, let container = json["container"]?.stringValue else { return nil }
        self.init(
            pod: pod, container: container, reason: json["reason"]?.stringValue ?? "",
            exitCode: json["exitCode"]?.intValue.map { Int($0) } ?? 0,
            at: json["at"]?.stringValue.flatMap { Timestamp(rfc3339: $0) })
    }
}

extension ReasonCounts {
    fileprivate var json: JSONValue {
        let members = counts.sorted { $0.key < $1.key }.map { (withoutNUL($0.key), JSONValue.int(Int64($0.value))) }
        return .object(JSONObject(members))
    }

    fileprivate init(json: JSONValue?) {
        let pairs = json?.objectValue?.compactMap { key, value in value.intValue.map { (key, Int($0)) } } ?? []
        self.init(counts: Dictionary(pairs) { $1 })
    }
}

extension WorkloadProblem {
    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "type": .string(kind.rawValue), "message": storable(message), "count": .int(Int64(occurrenceCount)),
            "source": [
                "apiGroup": storable(source.apiGroup), "kind": storable(source.kind), "name": storable(source.name),
                "namespace": storable(source.namespace),
            ],
        ]
        if let container { object["container"] = storable(container) }
        if let cause { object["cause"] = .string(cause.rawValue) }
        return .object(object)
    }

    fileprivate init?(json: JSONValue) {
        func text(_ value: JSONValue?, _ key: String) -> String { value?[key]?.stringValue ?? "" }
        guard let kind = json["type"]?.stringValue.flatMap(Kind.init(rawValue:)) else { return nil }
        let source = json["source"]
        self.init(
            kind, message: text(json, "message"), occurrenceCount: json["count"]?.intValue.map { Int($0) } ?? 1,
            source: Source(
                apiGroup: text(source, "apiGroup"), kind: text(source, "kind"), name: text(source, "name"),
                namespace: text(source, "namespace")),
            container: json["container"]?.stringValue,
            cause: json["cause"]?.stringValue.flatMap(ProblemCause.init(rawValue:)))
    }
}

/// A text as jsonb can hold it. Servers take U+0000 in images and messages, PostgreSQL does not.
private func storable(_ text: String) -> JSONValue { .string(withoutNUL(text)) }

private func withoutNUL(_ text: String) -> String {
    guard text.utf8.contains(0) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
}
