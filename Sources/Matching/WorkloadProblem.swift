/// Something that is wrong with a workload, by the rules of Backstage's error detection.
package struct WorkloadProblem: Sendable, Hashable {
    /// The rules.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case containerWaiting = "container-waiting"
        case containersRestarting = "containers-restarting"
        case readinessProbeTakingTooLong = "readiness-probe-taking-too-long"
        case conditionMessagePresent = "condition-message-present"
        case hpaMaxCurrentReplicas = "hpa-max-current-replicas"

        /// From 0 (very low) to 10 (critical), as Backstage weighs them.
        package var severity: Int {
            switch self {
            case .containerWaiting, .containersRestarting, .readinessProbeTakingTooLong: 4
            case .conditionMessagePresent: 6
            case .hpaMaxCurrentReplicas: 8
            }
        }
    }

    /// The object in which the problem shows.
    package struct Source: Sendable, Hashable {
        /// Empty for the core API.
        package let apiGroup: String
        package let kind: String
        package let name: String
        package let namespace: String

        package init(apiGroup: String, kind: String, name: String, namespace: String) {
            self.apiGroup = apiGroup
            self.kind = kind
            self.name = name
            self.namespace = namespace
        }
    }

    package let kind: Kind
    /// For people, bounded.
    package let message: String
    package let occurrenceCount: Int
    package let source: Source
    /// The container that it is about; nil when it is about the whole object.
    package let container: String?
    /// What is behind it, where that is known.
    package let cause: ProblemCause?

    package init(
        _ kind: Kind, message: String, occurrenceCount: Int = 1, source: Source, container: String? = nil,
        cause: ProblemCause? = nil
    ) {
        self.kind = kind
        self.message = message
        self.occurrenceCount = occurrenceCount
        self.source = source
        self.container = container
        self.cause = cause
    }
}

extension WorkloadProblem: Comparable {
    /// The worse one first: severity, then how often, then names, so that the order is the same each time.
    package static func < (left: WorkloadProblem, right: WorkloadProblem) -> Bool {
        (-left.kind.severity, -left.occurrenceCount, left.kind.rawValue, left.source.name, left.container ?? "")
            < (
                -right.kind.severity, -right.occurrenceCount, right.kind.rawValue, right.source.name,
                right.container ?? ""
            )
    }
}

/// The worst problems of a workload and how many there are in all.
package struct ProblemList: Sendable, Hashable {
    /// More than this nobody reads, and a workload of a thousand pods must not make a thousand rows.
    package static let maximum = 20

    /// The worst ones, the worst first.
    package let worst: [WorkloadProblem]
    /// All, those that are not kept included.
    package let count: Int

    /// Takes problems in any order.
    package init(_ problems: [WorkloadProblem] = []) {
        worst = Array(problems.sorted().prefix(Self.maximum))
        count = problems.count
    }

    /// Takes the worst problems of a list that was made before.
    package init(worst: [WorkloadProblem], count: Int) {
        (self.worst, self.count) = (worst, count)
    }
}
