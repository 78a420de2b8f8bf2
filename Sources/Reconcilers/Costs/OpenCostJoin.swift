internal import Base
internal import CostSources
internal import Costs
internal import Matching
internal import Store

/// Who a row of OpenCost is charged to.
enum OpenCostPayer: Hashable {
    case workload(Int)
    /// Money that no workload is charged for.
    case remainder(WorkloadKey)
}

/// What somebody is charged in a step; several rows may be of the same workload.
struct OpenCostCharge: Equatable {
    var cost = ResourceCost.zero
    var use = CapacityTime.zero
    /// Nil as soon as it is not known of some of it.
    var used: CapacityTime? = .zero
    /// The longest of them.
    var seconds: Int64 = 0
    /// Of all of them together.
    var podSeconds: Int64 = 0

    mutating func add(_ row: OpenCostRow) {
        cost += row.cost
        use += row.use
        used = used.flatMap { used in row.used.map { used + $0 } }
        seconds = max(seconds, row.seconds)
        podSeconds += row.seconds
    }
}

/// Charges the rows of OpenCost to the workloads, by cluster, namespace, kind and name. Pure.
struct OpenCostJoin {
    /// By the beginning of the step.
    private(set) var charges: [Timestamp: [OpenCostPayer: OpenCostCharge]] = [:]
    /// Those of which there are workloads and rows.
    private(set) var clusters: [String: CostPoll.Cluster] = [:]
    /// The steps that have rows, by cluster.
    private(set) var told: [String: Set<Timestamp>] = [:]
    /// Clusters of which there are no workloads, by the names that they should have here.
    private(set) var strangers: Set<String> = []
    private let workloads: OpenCostWorkloads
    private var strays: Set<Stray> = []
    /// Clusters that another endpoint tells of.
    private let taken: Set<String>

    init(_ workloads: OpenCostWorkloads, except taken: Set<String> = []) {
        (self.workloads, self.taken) = (workloads, taken)
    }

    /// Takes what an endpoint answered.
    mutating func add(_ rows: some Sequence<OpenCostRow>, malformed: [String: Int], from endpoint: OpenCostEndpoint) {
        for row in rows { add(row, in: endpoint.ours(row.cluster)) }
        // Rows that do not say whose they are may be of any cluster.
        for (name, count) in malformed {
            for cluster in name.isEmpty ? Array(clusters.keys) : [endpoint.ours(name)] {
                clusters[cluster]?.malformed += count
            }
        }
    }

    private mutating func add(_ row: OpenCostRow, in cluster: String) {
        guard workloads.clusters.contains(cluster) else {
            strangers.insert(cluster)
            return
        }
        guard !taken.contains(cluster) else { return }
        if clusters[cluster] == nil { clusters[cluster] = CostPoll.Cluster() }
        told[cluster, default: []].insert(row.step)
        charges[row.step, default: [:]][payer(of: row, in: cluster), default: OpenCostCharge()].add(row)
    }

    private mutating func payer(of row: OpenCostRow, in cluster: String) -> OpenCostPayer {
        func remainder(_ kind: String) -> OpenCostPayer {
            let name = row.node.isEmpty || kind != "__idle__" ? Self.all : row.node
            return .remainder(
                WorkloadKey(
                    cluster: cluster, kind: kind, namespace: kind == "__idle__" ? "" : row.namespace, name: name))
        }
        switch row.share {
        case .idle: return remainder("__idle__")
        case .unmounted: return remainder("__unmounted__")
        case .controller, .unallocated:
            if let id = workloads.id(of: row, in: cluster) { return .workload(id) }
            if strays.insert(Stray(cluster: cluster, namespace: row.namespace, share: row.share, pod: row.pod)).inserted
            {
                clusters[cluster]?.unmatched += 1
            }
            return remainder("__unallocated__")
        }
    }

    /// What was not found, whichever steps it is in.
    private struct Stray: Hashable {
        let cluster: String
        let namespace: String
        let share: OpenCostRow.Share
        let pod: String
    }

    /// The name of a remainder that is not of one thing.
    static let all = "*"
}

/// Finds workloads as OpenCost names them.
struct OpenCostWorkloads {
    let clusters: Set<String>
    private let ids: [WorkloadPlace: Int]

    init(_ workloads: [ChargeableWorkload]) {
        clusters = Set(workloads.map(\.key.cluster))
        ids = Dictionary(workloads.lazy.map { (WorkloadPlace($0.key), $0.id) }) { first, _ in first }
    }

    /// What the row is about; nil when there is no such workload.
    func id(of row: OpenCostRow, in cluster: String) -> Int? {
        func find(_ kind: String, _ name: String) -> Int? {
            ids[WorkloadPlace(cluster: cluster, namespace: row.namespace, kind: kind, name: name)]
        }
        guard case .controller(let kind, let name) = row.share else {
            return row.pod.isEmpty ? nil : find("Pod", row.pod)
        }
        if let id = find(kind, name) { return id }
        let owner = name.lastIndex(of: "-").map { String(name[..<$0]) } ?? ""
        switch kind.lowercased() {
        // Jobs of a CronJob are no workloads here. OpenCost leaves out the time that ends their names, or does not.
        case "job": return find("CronJob", name) ?? find("CronJob", owner)
        // So are ReplicaSets of those that OpenCost does not know to own any.
        case "replicaset": return find("Deployment", owner) ?? find("Rollout", owner)
        default: return nil
        }
    }
}
