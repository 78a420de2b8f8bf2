package import Costs

/// A workload as ScaleOps sees it: one row of `/api/v1/dashboard/byNamespace`. What it does not say is nil.
package struct ScaleOpsWorkload: Sendable, Hashable {
    /// In another letter case elsewhere, and sometimes missing.
    package let id: String?
    package let cluster: String
    package let namespace: String
    package let name: String
    /// `Deployment` and the like.
    package let kind: String
    package let policyName: String?
    package let isAutomated: Bool?
    /// In thousandths of a core.
    package let cpuRequest, recommendedCPU, cpuDifference: Double?
    /// In bytes.
    package let memoryRequest, recommendedMemory, memoryDifference: Double?
    package let isUnderProvisioned, isOverProvisioned: Bool?
    /// For about 30 days; negative where the workload should have more.
    package let savingsAvailable: Money?
    /// Already had.
    package let activeSavings: Money?
    package let overallSavingsAvailable: Money?
    package let isOverridden, isBinPacked, hasGPU, hasAutoscaler: Bool?
    package let rolloutPolicy, priorityClassName: String?
    package let replicas: Int64?
    package let oomKillsInLastDay: Int64?
    package let lastOOMKill: String?
    package let errors, autoscalerWarnings: String?
    /// Fields of its row that could not be used.
    package let problemCount: Int

    /// Nil when the row does not say which workload it is about.
    init?(_ row: inout ScaleOpsRow) {
        guard let cluster = row.text("clusterName"), let namespace = row.text("namespace"),
            let name = row.text("workloadName"), let kind = row.text("type")
        else { return nil }
        (self.cluster, self.namespace, self.name, self.kind) = (cluster, namespace, name, kind)
        id = row.text("id")
        policyName = row.text("policyName")
        isAutomated = row.flag("auto")
        (cpuRequest, recommendedCPU) = (row.number("cpuRequests"), row.number("cpuRecommended"))
        (memoryRequest, recommendedMemory) = (row.number("memRequests"), row.number("memRecommended"))
        (cpuDifference, memoryDifference) = (row.number("cpuDiff"), row.number("memoryDiff"))
        (isUnderProvisioned, isOverProvisioned) = (row.flag("isUnderProvisioned"), row.flag("isOverProvisioned"))
        (savingsAvailable, activeSavings) = (row.money("savingsAvailable"), row.money("activeSavings"))
        overallSavingsAvailable = row.money("overallAvailableSavings")
        (isOverridden, isBinPacked) = (row.flag("overridden"), row.flag("shouldBinPack"))
        (hasGPU, hasAutoscaler) = (row.flag("hasGPU"), row.flag("hasHpa"))
        var rollout = row.row("rollingStrategyDetails")
        rolloutPolicy = rollout?.text("rolloutPolicyValue")
        row.take(rollout)
        priorityClassName = row.text("priorityClassName")
        replicas = row.integer("replicas")
        (oomKillsInLastDay, lastOOMKill) = (row.integer("oomCountLast24h"), row.text("oomLastTimestamp"))
        (errors, autoscalerWarnings) = (row.text("workloadErrors"), row.text("hpaStatusWarnings"))
        problemCount = row.problems.count
    }

    /// Those that ScaleOps' cost report can be asked about together.
    package var group: ScaleOpsGroup { ScaleOpsGroup(cluster: cluster, namespace: namespace, kind: kind) }

    package var place: WorkloadPlace { WorkloadPlace(cluster: cluster, namespace: namespace, kind: kind, name: name) }
}

/// Workloads of a kind in a namespace of a cluster.
package struct ScaleOpsGroup: Sendable, Hashable {
    package let cluster: String
    package let namespace: String
    package let kind: String
}
