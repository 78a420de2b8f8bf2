/// The columns that the tables of costs share.
enum CostColumns {
    static let cost = [
        "cpu_cost", "memory_cost", "gpu_cost", "storage_cost", "network_cost", "load_balancer_cost", "shared_cost",
    ]
    private static let used = ["cpu_used_millicore_seconds", "memory_used_byte_seconds"]
    /// The costs, then what was requested, then what was used.
    static let summed = cost + ["cpu_millicore_seconds", "memory_byte_seconds", "gpu_seconds"] + used

    /// Whether a column is NULL, not 0, where nothing is known.
    static func isOfUse(_ column: String) -> Bool { used.contains(column) }

    /// The bounded sum of a column; 0 of NULLs, but NULL where nothing is known of the use.
    static func sum(_ prefix: String, _ column: String) -> String {
        isOfUse(column) ? boundedSumOrNull(prefix + column) : boundedSum(prefix + column)
    }

    static func sums(_ row: String, _ columns: [String] = summed) -> String {
        columns.map { "sum(\(row).\($0)) AS \($0)" }.joined(separator: ", ")
    }

    static func list(_ row: String, _ columns: [String] = summed) -> String {
        columns.map { "\(row).\($0)" }.joined(separator: ", ")
    }

    /// The sum of all resources of a row, which may have NULLs.
    static func total(_ row: String) -> String {
        cost.map { "coalesce(\(row).\($0), 0)::numeric" }.joined(separator: " + ")
    }
}
