package import Costs

extension WorkloadStore {
    /// What the workloads of a scope that run now cost an hour, at their present requests.
    ///
    /// - Throws: `StoreError`.
    package func hourlyRate(of scope: CostScope) async throws -> (cost: ResourceCost, workloads: Int) {
        try await pool.read { session in
            try session.run(
                """
                SELECT \(boundedSum("w.cpu_hourly_cost")), \(boundedSum("w.memory_hourly_cost")), count(*)
                FROM workload w \(scope.needsOwner ? presentOwner : "")
                WHERE w.deleted_at IS NULL AND \(scope.isOfWorkload)
                """, [scope.parameter]
            ).first { row in
                (
                    ResourceCost(
                        cpu: Money(nanoDollars: row.int(0) ?? 0), memory: Money(nanoDollars: row.int(1) ?? 0)),
                    Int(row.int(2) ?? 0)
                )
            } ?? (.zero, 0)
        }
    }
}
