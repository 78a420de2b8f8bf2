internal import Base
internal import CostSources

/// Reads a stretch of time from an OpenCost in bounded answers.
struct OpenCostReading {
    /// What came of it.
    struct Found {
        var join: OpenCostJoin
        /// Up to where there are answers.
        var end: Timestamp
        /// Why there are none of the rest.
        var error: UsageError?
        /// What is missing although there is an answer.
        var gap: UsageError?
    }

    let client: OpenCostClient
    /// Of one question; where that answer is too long, each hour is asked for by itself.
    static let hoursAtOnce: Int64 = 3

    /// Whole hours, the first ones first.
    func hours(from: Timestamp, to: Timestamp, into join: OpenCostJoin) async -> Found {
        var found = Found(join: join, end: from)
        var length = Self.hoursAtOnce
        while found.end < to, found.error == nil {
            let end = min(found.end.adding(seconds: length * 3_600), to)
            if await read(found.end, end, stepHours: 1, &found) {
                found.end = end
            } else if found.error?.code == .tooLarge, length > 1 {
                (found.error, length) = (nil, 1)
            }
        }
        return found
    }

    /// A day as a whole.
    func day(_ day: Timestamp, into join: OpenCostJoin) async -> Found {
        let end = day.adding(seconds: 86_400)
        var found = Found(join: join, end: day)
        if await read(day, end, stepHours: 24, &found) { found.end = end }
        return found
    }

    /// - Returns: false when there is no answer; then `error` says why.
    private func read(_ from: Timestamp, _ to: Timestamp, stepHours: Int, _ found: inout Found) async -> Bool {
        let question = OpenCostQuestion(from: from, to: to, stepHours: stepHours, grouping: .controllers)
        switch await Self.ask(client, question) {
        case .failure(let error):
            found.error = error
            return false
        case .success(let answer):
            let rows = await named(answer.rows, question, &found)
            found.join.add(rows, malformed: answer.malformed, from: client.endpoint)
            return true
        }
    }

    /// The rows, with those without a controller by pod where OpenCost says so.
    private func named(_ rows: [OpenCostRow], _ question: OpenCostQuestion, _ found: inout Found) async -> [OpenCostRow]
    {
        let namespaces = Set(rows.filter { $0.share == .unallocated }.map(\.namespace)).subtracting([""])
        guard !namespaces.isEmpty else { return rows }
        let pods = OpenCostQuestion(
            from: question.from, to: question.to, stepHours: question.stepHours,
            grouping: .pods(namespaces: namespaces.sorted()))
        switch await Self.ask(client, pods) {
        case .failure(let error):
            found.gap = error
            return rows
        case .success(let answer):
            let named = answer.rows.filter { $0.share == .unallocated && !$0.pod.isEmpty }
            let places = Set(named.map(Place.init))
            return rows.filter { $0.share != .unallocated || !places.contains(Place($0)) } + named
        }
    }

    private struct Place: Hashable {
        let step: Timestamp
        let cluster: String
        let namespace: String

        init(_ row: OpenCostRow) { (step, cluster, namespace) = (row.step, row.cluster, row.namespace) }
    }

    private static func ask(
        _ client: OpenCostClient, _ question: OpenCostQuestion
    ) async -> Result<OpenCostAnswer, UsageError> {
        do {
            return .success(try await client.allocations(question))
        } catch {
            return .failure(error)
        }
    }
}
