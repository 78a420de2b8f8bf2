internal import Base
internal import CostSources
internal import Costs
internal import Matching
internal import Store

/// A workload that ScaleOps and Callboard know.
struct ScaleOpsMatch: Sendable {
    let endpoint: String
    let figures: Shared<ScaleOpsWorkload>
    let workload: ChargeableWorkload
}

/// Joins the rows of ScaleOps to the workloads that run, by cluster, namespace, kind and name. Pure.
struct ScaleOpsJoin {
    private(set) var matches: [ScaleOpsMatch] = []
    /// Those of which there are workloads and rows.
    private(set) var clusters: [String: CostPoll.Cluster] = [:]
    /// Clusters of ScaleOps of which there are no workloads, by the names that they should have here.
    private(set) var strangers: Set<String> = []
    private let names: ScaleOpsClusterNames
    private let known: Set<String>
    private var waiting: [WorkloadPlace: ChargeableWorkload]

    init(_ workloads: [ChargeableWorkload], names: ScaleOpsClusterNames) {
        self.names = names
        known = Set(workloads.map(\.key.cluster))
        waiting = Dictionary(workloads.lazy.map { (WorkloadPlace($0.key), $0) }) { first, _ in first }
    }

    /// Takes what an endpoint said. A cluster that another one told of before is left to that one.
    mutating func add(_ list: ScaleOpsList<Shared<ScaleOpsWorkload>>, from endpoint: String) {
        var found: [String: CostPoll.Cluster] = [:]
        for figures in list.items {
            let cluster = names.ours(figures.cluster)
            guard known.contains(cluster) else {
                strangers.insert(cluster)
                continue
            }
            guard clusters[cluster] == nil else { continue }
            found[cluster, default: CostPoll.Cluster()].malformed += figures.problemCount
            // A second row of the same workload finds nobody.
            if let workload = waiting.removeValue(forKey: names.place(of: figures.value)) {
                matches.append(ScaleOpsMatch(endpoint: endpoint, figures: figures, workload: workload))
            } else {
                found[cluster, default: CostPoll.Cluster()].unmatched += 1
            }
        }
        // Rows that do not say whose they are may be of any cluster.
        let nameless = list.problemCount - list.items.reduce(0) { $0 + $1.problemCount }
        for (name, cluster) in found {
            clusters[name] = cluster
            clusters[name]?.malformed += nameless
        }
    }
}

extension ScaleOpsMatch {
    /// In which ratio its cost is CPU and memory: that of what its requests cost by Callboard's prices, or, while none of its
    /// pods has a node, of what ScaleOps says that it requests.
    func split(_ prices: PriceList) -> ResourceCost {
        guard workload.hourlyCost.total == .zero else { return workload.hourlyCost }
        return prices.hourlyRate(
            of: RequestedCapacity(
                cpuMillicores: Self.amount(figures.cpuRequest) ?? 0,
                memoryBytes: Self.amount(figures.memoryRequest) ?? 0))
    }

    static func amount(_ number: Double?) -> Int64? {
        number.flatMap { Int64(exactly: $0.rounded()) }
    }
}
