// What takes several questions.
extension ScaleOpsClient {
    /// Costs of workloads, as far as they could be had.
    package struct Costs: Sendable {
        /// In the order of the workloads; nil: ScaleOps knows none.
        package fileprivate(set) var rows: [(workload: ScaleOpsWorkload, cost: ScaleOpsCost?)] = []
        /// The groups that could not be asked about, with the reason; their workloads are not in `rows`.
        package fileprivate(set) var failures: [(group: ScaleOpsGroup, error: ScaleOpsError)] = []
        /// How many rows and fields could not be used, by group.
        package fileprivate(set) var problemCounts: [ScaleOpsGroup: Int] = [:]
    }

    /// What workloads cost, wherever they run: each group is asked about once, and one that fails holds up no other.
    ///
    /// - Parameter requests: under way at once for this; never more than the client's own.
    package func costs(
        of workloads: [ScaleOpsWorkload], labels: [String], range: ScaleOpsRange, atOnce requests: Int = .max
    ) async -> Costs {
        let atOnce = max(1, min(requests, manner.concurrency))
        var seen: Set<ScaleOpsGroup> = []
        let groups = workloads.map(\.group).filter { seen.insert($0).inserted }
        let answers = await withTaskGroup(of: (ScaleOpsGroup, Answer).self) { tasks in
            var answers: [ScaleOpsGroup: Answer] = [:]
            for (index, group) in groups.enumerated() {
                if index >= atOnce, let (group, answer) = await tasks.next() { answers[group] = answer }
                tasks.addTask { (group, await self.answer(group, labels, range)) }
            }
            for await (group, answer) in tasks { answers[group] = answer }
            return answers
        }
        return Self.joined(workloads, groups, answers)
    }

    private typealias Answer = Result<ScaleOpsList<ScaleOpsCost>, ScaleOpsError>

    private func answer(_ group: ScaleOpsGroup, _ labels: [String], _ range: ScaleOpsRange) async -> Answer {
        do {
            return .success(try await costs(of: group, labels: labels, range: range))
        } catch {
            return .failure(error)
        }
    }

    private static func joined(
        _ workloads: [ScaleOpsWorkload], _ groups: [ScaleOpsGroup], _ answers: [ScaleOpsGroup: Answer]
    ) -> Costs {
        var costs = Costs()
        var indexes: [ScaleOpsGroup: ScaleOpsCostIndex] = [:]
        for group in groups {
            switch answers[group] {
            case .failure(let error)?: costs.failures.append((group, error))
            case .success(let list)?:
                costs.problemCounts[group] = list.problemCount
                indexes[group] = ScaleOpsCostIndex(list.items)
            case nil: break
            }
        }
        costs.rows.reserveCapacity(workloads.count)
        for workload in workloads {
            guard let index = indexes[workload.group] else { continue }
            costs.rows.append((workload, index.cost(of: workload)))
        }
        return costs
    }
}
