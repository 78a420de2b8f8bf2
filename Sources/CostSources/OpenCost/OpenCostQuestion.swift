package import Base

/// What is asked of `/allocation/compute`.
package struct OpenCostQuestion: Sendable {
    package enum Grouping: Sendable, Equatable {
        /// By controller, with what is idle of each cluster.
        case controllers
        /// By pod, in these namespaces alone where the server knows filters; others answer more than was asked for.
        case pods(namespaces: [String])
    }

    package let from: Timestamp
    package let to: Timestamp
    /// Of each map of the answer.
    package let stepHours: Int
    package let grouping: Grouping

    package init(from: Timestamp, to: Timestamp, stepHours: Int, grouping: Grouping) {
        (self.from, self.to, self.stepHours, self.grouping) = (from, to, stepHours, grouping)
    }

    /// Moments at which a step begins.
    var steps: Set<Timestamp> {
        let length = stepHours * 3_600_000_000
        return Set(
            stride(from: from.microseconds, to: to.microseconds, by: length).map { Timestamp(microseconds: $0) })
    }

    /// A pair of moments and no word such as `1d`: a word's days begin at midnight, and today's end is in the future.
    var query: String {
        let common = [("window", "\(from.rfc3339),\(to.rfc3339)"), ("step", "\(stepHours)h"), ("accumulate", "false")]
        return (common + groupingParameters).map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&")
    }

    private var groupingParameters: [(String, String)] {
        let aggregate = "cluster,namespace,controllerKind,controller"
        switch grouping {
        case .controllers: return [("aggregate", aggregate), ("includeIdle", "true")]
        case .pods(let namespaces):
            let values = namespaces.map { "\"\($0)\"" }.joined(separator: ",")
            let filter = namespaces.count <= Self.longestFilter ? [("filter", "namespace:" + values)] : []
            return [("aggregate", aggregate + ",pod"), ("includeIdle", "false")] + filter
        }
    }

    /// Of more namespaces the URL would be too long for many a proxy.
    private static let longestFilter = 50
}
