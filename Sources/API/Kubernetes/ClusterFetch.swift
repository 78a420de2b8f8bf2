internal import Base
internal import KubeClient

/// What is fetched from each cluster.
enum WantedObjects: Sendable, Hashable {
    case type(ObjectType)
    case custom(CustomResourceName)

    /// What answers call it.
    var type: String {
        switch self {
        case .type(let type): type.name
        case .custom: "customresources"
        }
    }

    /// For people.
    var name: String {
        switch self {
        case .type(let type): type.name
        case .custom(let resource): resource.plural
        }
    }
}

/// Asks one cluster for an entity's objects, all lists at once, and takes what has come when its time is over.
struct ClusterFetch {
    let entry: ClusterDirectory.Entry
    let query: ObjectQuery
    let wanted: [WantedObjects]
    let requests: ClusterRequests
    let budget: AnswerBudget
    let deadline: Duration
    let time: PassingTime

    typealias Outcome = Result<ObjectList?, FetchFailure>
    typealias Place = ClusterAnswer.Place

    /// Nil in success: the server does not have the kind.
    private enum Event {
        case list(Place, Outcome)
        /// Of the pods at a place.
        case metrics(Place, Outcome)
        /// The request that all this is for was cancelled.
        case cancelled
        case late
    }

    /// What has not come yet.
    private struct Open {
        var lists: Set<Place> = []
        var metrics: Set<Place> = []
        var isEmpty: Bool { lists.isEmpty && metrics.isEmpty }
    }

    func run() async -> ClusterAnswer {
        let scopes = query.namespaces.isEmpty ? [scope(nil)] : query.namespaces.map(scope)
        var answer = ClusterAnswer(definition: entry.definition, wanted: wanted)
        await withTaskGroup(of: Event.self) { group in
            var open = begin(in: scopes, &group)
            while !open.isEmpty, let event = await group.next() {
                switch event {
                case .list(let place, let outcome):
                    open.lists.remove(place)
                    answer.add(outcome, at: place, within: budget)
                    guard isToBeMeasured(place, outcome) else { continue }
                    open.metrics.insert(place)
                    group.addTask { await metrics(place, in: scopes[place.scope]) }
                case .metrics(let place, let outcome):
                    open.metrics.remove(place)
                    answer.add(metrics: outcome, at: place, within: budget)
                case .late:
                    answer.addDelay(of: open.lists, withMetrics: !open.metrics.isEmpty, deadline: deadline)
                    open = Open()
                case .cancelled: open = Open()
                }
            }
            group.cancelAll()
        }
        return answer
    }

    /// Asks for all lists and has the time watched.
    private func begin(in scopes: [ListScope], _ group: inout TaskGroup<Event>) -> Open {
        var open = Open()
        for kind in wanted.indices {
            for (index, scope) in scopes.enumerated() {
                let place = Place(kind: kind, scope: index)
                open.lists.insert(place)
                group.addTask { await list(place, in: scope) }
            }
        }
        group.addTask {
            do { try await time.sleep(deadline) } catch { return .cancelled }
            return .late
        }
        return open
    }

    private func scope(_ namespace: String?) -> ListScope {
        ListScope(client: entry.client, namespace: namespace, labelSelector: query.labelSelector)
    }

    private func isToBeMeasured(_ place: Place, _ outcome: Outcome) -> Bool {
        guard case .type(let type) = wanted[place.kind], type.name == ObjectType.pods.name,
            case .success(let pods?) = outcome
        else { return false }
        return !entry.definition.skipsMetrics && !pods.items.isEmpty
    }

    private func list(_ place: Place, in scope: ListScope) async -> Event {
        do {
            return .list(place, try await outcome { try await self.list(wanted[place.kind], in: scope) })
        } catch {
            return .cancelled
        }
    }

    private func metrics(_ place: Place, in scope: ListScope) async -> Event {
        do {
            return .metrics(place, try await outcome { try await requests.list(.podMetrics, in: scope) })
        } catch {
            return .cancelled
        }
    }

    private func list(_ kind: WantedObjects, in scope: ListScope) async throws -> ObjectList? {
        switch kind {
        case .type(let type): try await requests.list(type, in: scope)
        case .custom(let resource):
            try await requests.list(
                Endpoint(GroupVersion(group: resource.group, version: resource.version), resource.plural), in: scope)
        }
    }

    private func outcome(_ body: () async throws -> ObjectList?) async throws -> Outcome {
        do {
            return .success(try await body())
        } catch let failure as FetchFailure {
            return .failure(failure)
        }
    }
}
