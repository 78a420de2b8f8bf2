package import Base
package import CostSources
package import Costs
internal import Matching
package import Store

/// What ScaleOps says of workloads: their figures at every round, what they cost an hour when that is due. Costs are asked
/// for by cluster, namespace and kind, never one by one.
package actor ScaleOpsFeed: CostFeed {
    /// A group of workloads that one request asks about.
    private struct Group: Hashable {
        let endpoint: String
        let group: ScaleOpsGroup
    }

    /// What a group's workloads cost, as it was told last.
    private struct GroupCosts {
        let askedAt: Timestamp
        /// By name; nil: ScaleOps knows none.
        var costs: [String: Shared<ScaleOpsCost>?]
        let problemCount: Int
    }

    package let source = CostSource.scaleops
    /// What is gone has no rate.
    package let lookBackSeconds: Int64? = nil
    private let endpoints: ScaleOpsEndpoints
    private let names: ScaleOpsClusterNames
    private let prices: PriceList
    /// In seconds.
    private let costInterval: Double
    private let logger: Logger
    private var known: [Group: GroupCosts] = [:]
    private var strangers: Set<String> = []
    /// Endpoints with rows that could not be read in full.
    private var unreadable: Set<String> = []

    /// Requests at an endpoint at once, so that others who ask through Callboard have turns too.
    private static let requestsAtOnce = 4
    /// The range of the cost report: its average is the rate.
    static let range = ScaleOpsRange.week

    /// - Parameters:
    ///   - prices: in their ratio a cost is CPU and memory where Callboard does not know the workload's requests.
    ///   - costInterval: how long a rate is good.
    package init(
        _ endpoints: ScaleOpsEndpoints, names: ScaleOpsClusterNames, prices: PriceList, costInterval: Duration,
        logger: Logger
    ) {
        (self.endpoints, self.names, self.prices, self.logger) = (endpoints, names, prices, logger)
        self.costInterval = costInterval / .seconds(1)
    }

    package func poll(
        _ workloads: [ChargeableWorkload], through: [String: Timestamp], at now: Timestamp
    ) async -> CostPoll {
        var poll = CostPoll()
        let matches = await join(workloads, &poll)
        await refresh(matches, &poll, at: now)
        for match in matches { add(match, to: &poll, at: now) }
        let groups = Set(matches.map(Self.group))
        known = known.filter { groups.contains($0.key) || !poll.failures.isEmpty }
        return poll
    }

    /// Asks for the figures and joins them; what is needed for that alone is let go.
    private func join(_ workloads: [ChargeableWorkload], _ poll: inout CostPoll) async -> [ScaleOpsMatch] {
        var join = ScaleOpsJoin(workloads, names: names)
        for (endpoint, answer) in await figures() {
            switch answer {
            case .success(let list):
                tell(list, from: endpoint)
                join.add(list, from: endpoint)
            case .failure(let error): poll.failures.append(error.detail)
            }
        }
        tell(join.strangers)
        poll.clusters = join.clusters
        return join.matches
    }

    private typealias Figures = Result<ScaleOpsList<Shared<ScaleOpsWorkload>>, ScaleOpsError>

    /// All workloads of every endpoint, in the order in which those are configured.
    private func figures() async -> [(endpoint: String, answer: Figures)] {
        let clients = endpoints.clients
        let answers = await withTaskGroup(of: (Int, Figures).self) { tasks in
            for (index, client) in clients.enumerated() {
                tasks.addTask { (index, await Self.figures(of: client)) }
            }
            return await tasks.reduce(into: [Int: Figures]()) { $0[$1.0] = $1.1 }
        }
        return answers.sorted { $0.key < $1.key }.map { (clients[$0.key].endpoint.name, $0.value) }
    }

    private static func figures(of client: ScaleOpsClient) async -> Figures {
        do {
            return .success(try await client.workloads(labels: []))
        } catch {
            return .failure(error)
        }
    }

    /// Asks for the costs that are due.
    private func refresh(_ matches: [ScaleOpsMatch], _ poll: inout CostPoll, at now: Timestamp) async {
        for client in endpoints.clients {
            let name = client.endpoint.name
            let groups = Dictionary(grouping: matches.lazy.filter { $0.endpoint == name }, by: Self.group)
            let due = groups.filter { isDue($0.key, $0.value, at: now) }
            let costs = await client.costs(
                of: due.values.flatMap { $0.map(\.figures) }, labels: [], range: Self.range,
                atOnce: Self.requestsAtOnce)
            for (group, count) in costs.problemCounts {
                known[Group(endpoint: name, group: group)] = GroupCosts(askedAt: now, costs: [:], problemCount: count)
            }
            for (workload, cost) in costs.rows {
                known[Group(endpoint: name, group: workload.group)]?.costs[workload.name] = .some(cost)
            }
            for (cluster, failures) in Dictionary(grouping: costs.failures, by: { names.ours($0.group.cluster) }) {
                let all = groups.keys.count { names.ours($0.group.cluster) == cluster }
                let first = failures.map(\.error.detail).min() ?? ""
                poll.clusters[cluster]?.error = "no costs of \(failures.count) of \(all) groups; \(first)"
            }
        }
        for (group, costs) in known { poll.clusters[names.ours(group.group.cluster)]?.malformed += costs.problemCount }
    }

    private static func group(_ match: ScaleOpsMatch) -> Group {
        Group(endpoint: match.endpoint, group: match.figures.group)
    }

    private func isDue(_ group: Group, _ matches: [ScaleOpsMatch], at now: Timestamp) -> Bool {
        guard let found = known[group], isFresh(found, at: now) else { return true }
        return !matches.allSatisfy { found.costs.keys.contains($0.figures.name) }
    }

    private func isFresh(_ costs: GroupCosts, at now: Timestamp) -> Bool {
        (0..<costInterval).contains(now.secondsSince(costs.askedAt))
    }

    private func add(_ match: ScaleOpsMatch, to poll: inout CostPoll, at now: Timestamp) {
        let costs = known[Self.group(match)]
        let cost = costs?.costs[match.figures.name]
        poll.advice.append(ScaleOpsAdvice(match, cost: costs.flatMap { costs in cost.map { ($0, costs.askedAt) } }))
        guard let costs, isFresh(costs, at: now), let hourly = cost??.hourly else { return }
        guard hourly >= .zero else {
            poll.clusters[match.workload.key.cluster]?.malformed += 1
            return
        }
        poll.rates.append(WorkloadRate(workload: match.workload, hourly: hourly, split: match.split(prices)))
    }

    /// The log is told of what cannot be read when that begins.
    private func tell(_ list: ScaleOpsList<Shared<ScaleOpsWorkload>>, from endpoint: String) {
        guard let first = list.problems.first else {
            unreadable.remove(endpoint)
            return
        }
        guard unreadable.insert(endpoint).inserted else { return }
        logger.warning(
            "some of what ScaleOps tells cannot be read",
            ["endpoint": .string(endpoint), "count": .int(Int64(list.problemCount)), "first": .string("\(first)")])
    }

    /// The log is told of clusters that Callboard does not have, when there are others than before.
    private func tell(_ found: Set<String>) {
        if !found.subtracting(strangers).isEmpty {
            logger.warning(
                "ScaleOps tells of clusters without workloads here; when they have another name here, say so in "
                    + "scaleops.clusters", ["names": .array(found.sorted().map(JSONValue.string))])
        }
        strangers = found
    }
}
