internal import Base

/// How an action's answer becomes a table: a row for each element of a list.
struct CSVTable: Sendable {
    /// The list.
    let list: String
    /// Where each column is found in an element, with dots between keys; that is also its heading.
    let columns: [String]
    /// Columns of the whole answer, which every row repeats.
    var common = CSVTable.frame

    private static let frame = ["currency", "source", "window.from", "window.to"]
    /// Of an answer without further pages: how many rows it leaves out.
    private static let cut = frame + ["omitted"]

    var heading: String { CSVText.line((columns + common).map { .text($0) }) }

    /// The rows of an answer.
    func rows(_ answer: JSONValue) -> String {
        let shared = common.map { Self.cell(answer, $0) }
        return (answer[list]?.arrayValue ?? []).map { element in
            CSVText.line(columns.map { Self.cell(element, $0) } + shared)
        }.joined()
    }

    private static func cell(_ value: JSONValue, _ path: String) -> CSVText.Cell {
        let found = path.split(separator: ".").reduce(Optional(value)) { $0?[String($1)] } ?? .null
        switch found {
        case .null: return .text(nil)
        case .string(let text): return .text(text)
        case .int, .uint, .double, .bool: return .number(found.text())
        case .array, .object: return .text(found.text())
        }
    }

    private static let resources = ["total", "cpu", "memory", "gpu", "storage", "network", "loadBalancer", "shared"]
    private static let workload = ["cluster", "namespace", "kind", "name"]

    private static func cost(_ path: String) -> [String] { resources.map { "\(path).\($0)" } }

    static let groups = CSVTable(
        list: "groups",
        columns: ["key"] + cost("actual.cost") + [
            "actual.cpuCoreHours", "actual.memoryGiBHours", "actual.cpuUsedCoreHours", "actual.memoryUsedGiBHours",
            "actual.workloads", "share", "previousCost", "difference", "ratio",
        ])
    static let trend = CSVTable(list: "points", columns: ["at"] + cost("cost"))
    static let coverage = CSVTable(
        list: "clusters",
        columns: ["cluster", "coverage", "owned", "orphan", "idle", "unmounted", "unallocated"])
    static let budgets = CSVTable(
        list: "budgets",
        columns: [
            "scope.kind", "scope.name", "amount", "spent", "share", "remaining", "levelsReached", "forecast",
            "levelsExpected", "exhaustedAt", "runRate.monthly",
        ])
    static let recommendations = CSVTable(
        list: "recommendations", columns: workload + ["container", "entityRef", "ownerRef", "sources"],
        common: ["currency"])
    static let ghosts = CSVTable(
        list: "entities", columns: ["entityRef", "ownerRef", "type", "lifecycle", "unmatchedSince", "selector"],
        common: ["asOf"])
    static let change = CSVTable(
        list: "workloads",
        columns: workload + ["actual", "previousCost", "difference", "ratio"]
            + ["new", "gone", "podHours", "requests", "price", "otherResources", "unassigned"].map { "parts.\($0)" },
        common: cut)
    static let dependencies = CSVTable(
        list: "entities", columns: ["entityRef", "depth"] + cost("cost"), common: cut)
}
