package import Base
internal import Costs

// Rows as they are kept: with ScaleOps' own names, so that what reads its answers reads them too.

extension ScaleOpsWorkload {
    /// The row with the fields that are known. Reading it gives the same workload, without the problems of the first reading.
    package var document: JSONValue {
        var row: JSONObject = [
            "clusterName": .string(cluster), "namespace": .string(namespace), "workloadName": .string(name),
            "type": .string(kind),
        ]
        for (key, text) in texts { row[key] = text.map(JSONValue.string) }
        for (key, number) in numbers { row[key] = number.map(JSONValue.double) }
        for (key, flag) in flags { row[key] = flag.map(JSONValue.bool) }
        for (key, money) in amounts { row[key] = money.map { .double($0.dollars) } }
        row["replicas"] = replicas.map(JSONValue.int)
        row["oomCountLast24h"] = oomKillsInLastDay.map(JSONValue.int)
        row["rollingStrategyDetails"] = rolloutPolicy.map { ["rolloutPolicyValue": .string($0)] }
        return .object(row)
    }

    /// Nil when it is no such row.
    package init?(document: JSONValue) {
        var row = ScaleOpsRow(document, path: "workload")
        self.init(&row)
    }

    private var texts: [(String, String?)] {
        [
            ("id", id), ("policyName", policyName), ("priorityClassName", priorityClassName),
            ("oomLastTimestamp", lastOOMKill), ("workloadErrors", errors), ("hpaStatusWarnings", autoscalerWarnings),
        ]
    }

    private var numbers: [(String, Double?)] {
        [
            ("cpuRequests", cpuRequest), ("cpuRecommended", recommendedCPU), ("cpuDiff", cpuDifference),
            ("memRequests", memoryRequest), ("memRecommended", recommendedMemory), ("memoryDiff", memoryDifference),
        ]
    }

    private var flags: [(String, Bool?)] {
        [
            ("auto", isAutomated), ("isUnderProvisioned", isUnderProvisioned),
            ("isOverProvisioned", isOverProvisioned), ("overridden", isOverridden), ("shouldBinPack", isBinPacked),
            ("hasGPU", hasGPU), ("hasHpa", hasAutoscaler),
        ]
    }

    private var amounts: [(String, Money?)] {
        [
            ("savingsAvailable", savingsAvailable), ("activeSavings", activeSavings),
            ("overallAvailableSavings", overallSavingsAvailable),
        ]
    }
}

extension ScaleOpsCost {
    /// The row with the fields that are known, and an hourly rate also where ScaleOps gives none.
    package var document: JSONValue {
        var row = JSONObject()
        for (key, text) in [("id", id), ("workloadName", name)] { row[key] = text.map(JSONValue.string) }
        for (key, money) in [("totalCost", total), ("hourlyCost", hourly), ("savingsAvailable", savingsAvailable)] {
            row[key] = money.map { .double($0.dollars) }
        }
        for (key, number) in [
            ("spotPercent", spotPercent), ("onDemandPercent", onDemandPercent), ("spotHours", spotHours),
            ("onDemandHours", onDemandHours),
        ] { row[key] = number.map(JSONValue.double) }
        return .object(row)
    }

    /// Nil when it is no such row.
    package init?(document: JSONValue, range: ScaleOpsRange) {
        var row = ScaleOpsRow(document, path: "cost")
        self.init(&row, range: range)
    }
}
