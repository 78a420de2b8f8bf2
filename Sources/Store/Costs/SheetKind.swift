/// What a row of sums column by column (`WorkloadSheet`) goes through.
enum SheetKind: CaseIterable {
    /// A UTC day; the sums begin with its month.
    case days
    /// An hour; the sums begin at midnight, UTC.
    case hours

    /// Where they are.
    var table: String { self == .days ? "cost_workload_sheet" : "cost_hour_sheet" }
    /// The column that says through when.
    var column: String { self == .days ? "day" : "hour" }
}
