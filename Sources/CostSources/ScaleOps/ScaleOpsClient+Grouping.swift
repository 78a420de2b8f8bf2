package import Base

// What takes several questions.
extension ScaleOpsClient {
    /// Costs of workloads, as far as they could be had; groups are in no order.
    package struct Costs: Sendable {
        /// Nil: ScaleOps knows none.
        package fileprivate(set) var rows: [(workload: Shared<ScaleOpsWorkload>, cost: Shared<ScaleOpsCost>?)] = []
        /// The groups that could not be asked about, with the reason; their workloads are not in `rows`.
        package fileprivate(set) var failures: [(group: ScaleOpsGroup, error: ScaleOpsError)] = []
        /// How many rows and fields could not be used, by group.
        package fileprivate(set) var problemCounts: [ScaleOpsGroup: Int] = [:]

        fileprivate mutating func add(_ other: Costs) {
            rows += other.rows
            failures += other.failures
            problemCounts.merge(other.problemCounts) { $1 }
        }
    }

    /// What workloads cost, wherever they run: each group is asked about once, and one that fails holds up no other. Of an
    /// answer only what belongs to these workloads is kept.
    ///
    /// - Parameter requests: under way at once for this; never more than the client's own.
    package func costs(
        of workloads: [Shared<ScaleOpsWorkload>], labels: [String], range: ScaleOpsRange, atOnce requests: Int = .max
    ) async -> Costs {
        let groups = Dictionary(grouping: workloads, by: \.value.group)
        return await withTaskGroup(of: Costs.self) { tasks in
            var costs = Costs()
            for (index, (group, workloads)) in groups.enumerated() {
                if index >= max(1, min(requests, manner.concurrency)), let next = await tasks.next() { costs.add(next) }
                tasks.addTask { await self.costs(of: workloads, in: group, labels, range) }
            }
            for await next in tasks { costs.add(next) }
            return costs
        }
    }

    private func costs(
        of workloads: [Shared<ScaleOpsWorkload>], in group: ScaleOpsGroup, _ labels: [String], _ range: ScaleOpsRange
    ) async -> Costs {
        var found = Costs()
        do {
            let list = try await costs(of: group, labels: labels, range: range)
            let index = ScaleOpsCostIndex(list.items)
            found.rows = workloads.map { ($0, index.cost(of: $0.value)) }
            found.problemCounts[group] = list.problemCount
        } catch {
            found.failures.append((group, error))
        }
        return found
    }
}
