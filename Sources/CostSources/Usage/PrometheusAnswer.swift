internal import Base

/// What Prometheus answered to a query: series by namespace, pod and container.
struct PrometheusAnswer: Sendable {
    struct Labels: Sendable, Hashable {
        var namespace = ""
        var pod = ""
        var container = ""
    }

    struct Series: Sendable {
        let labels: Labels
        /// What was asked for beside these.
        let others: [String: String]
        /// Without those that are no finite numbers: NaN marks what is stale or was divided by zero.
        let points: [(at: Timestamp, value: Double)]
    }

    var series: [Series] = []
    /// Series or points that could not be read.
    var malformed = 0
    /// What Prometheus said about its answer, such as that a store of Thanos is missing.
    var warnings: [String] = []

    /// Reads the body of a good answer.
    ///
    /// - Parameter others: labels that are wanted beside namespace, pod and container.
    /// - Throws: `Problem`; `JSONError`.
    init(_ body: [UInt8], others: [String] = []) throws {
        self = try body.withUnsafeBytes { bytes in
            try JSONParser().read(bytes) { try PrometheusAnswer($0, others) }
        }
    }

    /// What an answer says that is none.
    struct Problem: Error {
        /// Such as `execution` or `timeout`; empty when it names none.
        let type: String
        let detail: String

        /// Whether a smaller question would be answered, as far as the words tell: no field says it.
        var isTooLarge: Bool { Self.limits.contains { detail.lowercased().contains($0) } }

        /// What Prometheus ("query processing would load too many samples into memory"), Thanos ("limit 10 violated", "exceeded
        /// series limit"), Mimir ("the query exceeded the maximum number of …", err-mimir-max-…) and VictoriaMetrics ("cannot
        /// select more than -search.max…", "the number of matching timeseries exceeds") say of questions that are too large.
        private static let limits = [
            "too many samples", "limit exceeded", "series limit", "samples limit", "bytes limit", "chunks limit",
            "exceeded maximum", "exceeds maximum", "exceeded the maximum", "exceeds the maximum", "exceeded the limit",
            "exceeds the limit", "err-mimir-max", "-search.max", "timeseries exceeds", "would exceed", "violated",
        ]
    }

    private static let maximumWarnings = 5
    private static let maximumText = 300

    private init(_ root: JSONView, _ others: [String]) throws {
        guard root["status"]?.stringValue == "success" else { throw Self.problem(root) }
        root["warnings"]?.forEachElement { warning in
            guard warnings.count < Self.maximumWarnings, let text = warning.stringValue else { return }
            warnings.append(Self.short(text))
        }
        let data = root["data"]
        guard let result = data?["result"], result.isArray, let type = data?["resultType"]?.stringValue,
            type == "vector" || type == "matrix"
        else { throw Problem(type: "", detail: "no vector or matrix in data.result") }
        result.forEachElement { read($0, others) }
    }

    private mutating func read(_ series: JSONView, _ others: [String]) {
        var points: [(at: Timestamp, value: Double)] = []
        func add(_ pair: JSONView) {
            guard let pair = pair.value().arrayValue, pair.count == 2, let seconds = pair[0].doubleValue,
                seconds.isFinite, abs(seconds) < 1e11, let value = pair[1].stringValue.flatMap({ Double($0) })
            else {
                malformed += 1
                return
            }
            guard value.isFinite else { return }
            points.append((Timestamp(microseconds: Int64(seconds * 1_000_000)), value))
        }
        if let pair = series["value"] { add(pair) }
        series["values"]?.forEachElement { add($0) }
        guard let metric = series["metric"], metric.isObject else { return malformed += 1 }
        var found: [String: String] = [:]
        for label in others { found[label] = metric[label]?.stringValue }
        self.series.append(Series(labels: Labels(metric), others: found, points: points))
    }

    private static func problem(_ root: JSONView) -> Problem {
        Problem(
            type: root["errorType"]?.stringValue ?? "",
            detail: short(root["error"]?.stringValue ?? "the answer has no status \"success\""))
    }

    /// Of an answer with an error status: its own words when it is Prometheus', else the beginning of the text.
    static func problem(_ body: [UInt8]) -> Problem {
        let found = try? body.withUnsafeBytes { bytes in
            try JSONParser().read(bytes) { $0["error"] == nil ? nil : problem($0) }
        }
        if let found { return found }
        return Problem(type: "", detail: short(String(decoding: body.prefix(maximumText), as: UTF8.self)))
    }

    private static func short(_ text: String) -> String {
        String(text.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(maximumText))
    }
}

extension PrometheusAnswer.Labels {
    fileprivate init(_ metric: JSONView) {
        namespace = metric["namespace"]?.stringValue ?? ""
        pod = metric["pod"]?.stringValue ?? ""
        container = metric["container"]?.stringValue ?? ""
    }
}
