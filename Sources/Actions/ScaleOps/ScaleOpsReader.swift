internal import Base
internal import Catalog
package import CostSources
internal import Matching
internal import Store

/// ScaleOps as the actions need it.
package struct ScaleOpsActionSettings: Sendable {
    package let endpoints: ScaleOpsEndpoints
    package let clusterNames: ScaleOpsClusterNames

    package init(endpoints: ScaleOpsEndpoints, clusterNames: ScaleOpsClusterNames = ScaleOpsClusterNames()) {
        (self.endpoints, self.clusterNames) = (endpoints, clusterNames)
    }
}

/// A workload of an entity with what ScaleOps says of it.
struct ScaleOpsEntry: Sendable {
    let isOwner: Bool
    let endpoint: String
    let figures: ScaleOpsWorkload
    /// Of the stored report, in the range of it; nil: there is none.
    let cost: ScaleOpsCost?
}

/// What ScaleOps says of an entity's workloads.
struct ScaleOpsReading: Sendable {
    /// With the letter case of the catalog.
    let entity: JSONValue
    /// `key=value` of the entity's selector: what ScaleOps understands of it.
    let labels: [String]
    /// By cluster, namespace, kind and name.
    var entries: [ScaleOpsEntry] = []
    /// Workloads of the entity that ScaleOps does not know.
    var unknown = 0
    let isLive: Bool
    /// Nil: ScaleOps has not answered yet.
    var asOf: Timestamp?
    var clusters: [IngestState] = []
    /// Endpoints that did not answer now.
    var failures: [String] = []

    /// Leaves out workloads of other names.
    ///
    /// - Parameter name: nil: all are wanted.
    /// - Throws: `ActionError` when there is none of that name.
    mutating func keep(named name: String?, of ref: EntityRef) throws(ActionError) {
        guard let name else { return }
        entries.removeAll { $0.figures.name != name }
        guard entries.isEmpty else { return }
        throw ActionError(.input, "workloadName: ScaleOps knows no workload \(name) of \(ref.canonical)")
    }
}

/// Reads what ScaleOps says of the workloads that match an entity, as stored or, when asked for, from ScaleOps.
struct ScaleOpsReader: Sendable {
    let store: Store
    let settings: ScaleOpsActionSettings
    let now: @Sendable () -> Timestamp

    /// - Throws: `ActionError`: there is no such entity, it selects no workloads, or no ScaleOps answers; `StoreError`.
    func read(_ ref: EntityRef, live: Bool, for caller: Caller) async throws -> ScaleOpsReading {
        let entity = try await EntityLookup(store: store).entity(ref, for: caller)
        let selector = try await selector(of: entity.ref)
        let links = try await store.costs.details(from: .scaleops, linkedTo: entity.ref)
        var reading = ScaleOpsReading(
            entity: try Self.name(entity), labels: Self.labels(selector.selector), isLive: live)
        let clusters = Set(links.map(\.key.cluster))
        reading.clusters = try await store.costs.ingestStates(of: .scaleops).filter { clusters.contains($0.cluster) }
        if live {
            try await ask(links, &reading)
        } else {
            reading.entries = links.compactMap(Self.entry)
            // One cluster that was never told of says nothing of the others.
            reading.asOf = reading.clusters.compactMap(\.through).min()
        }
        reading.unknown = links.count - reading.entries.count
        return reading
    }

    private func selector(of ref: String) async throws -> EntitySelector {
        let stored = try await store.catalog.selectors(of: [ref]).first
        switch EntitySelector.make(
            ref: ref, labelSelector: stored?.labelSelector, kubernetesID: stored?.kubernetesID,
            namespaces: stored?.namespaces ?? [], clusters: stored?.clusters ?? [])
        {
        case .selector(let selector): return selector
        case .refused(let refusal): throw ActionError(.input, "entityRef: \(ref): \(refusal)")
        case .absent:
            throw ActionError(
                .input,
                "entityRef: \(ref) has no annotation \(EntitySelector.labelSelectorAnnotation) or "
                    + "\(EntitySelector.kubernetesIDAnnotation), so no workloads belong to it")
        }
    }

    /// As the entity is written.
    private static func name(_ entity: StoredEntity) throws -> JSONValue {
        let document = try JSONValue(parsing: entity.document)
        let metadata = document["metadata"]
        return [
            "name": metadata?["name"] ?? "", "namespace": metadata?["namespace"] ?? "default",
            "kind": document["kind"] ?? "",
        ]
    }

    /// The terms that ScaleOps understands; the others are for Callboard to judge.
    static func labels(_ selector: LabelSelector) -> [String] {
        selector.requirements.compactMap { requirement in
            switch requirement.condition {
            case .equals(let value), .doubleEquals(let value): "\(requirement.key)=\(value)"
            default: nil
            }
        }
    }

    private static func entry(_ link: LinkedDetails) -> ScaleOpsEntry? {
        guard let details = link.details, let document = details["workload"],
            let figures = ScaleOpsWorkload(document: document)
        else { return nil }
        let range = details["costRange"]?.stringValue.flatMap(ScaleOpsRange.init(rawValue:))
        let cost = range.flatMap { range in
            details["cost"].flatMap { $0.isNull ? nil : ScaleOpsCost(document: $0, range: range) }
        }
        return ScaleOpsEntry(
            isOwner: link.isOwner, endpoint: details["endpoint"]?.stringValue ?? "", figures: figures, cost: cost)
    }

    /// Asks every endpoint for what the labels leave, and keeps what Callboard matches to the entity.
    private func ask(_ links: [LinkedDetails], _ reading: inout ScaleOpsReading) async throws {
        let labels = reading.labels
        let answers = await concurrently(settings.endpoints.clients, atOnce: settings.endpoints.clients.count) {
            client async throws(ScaleOpsError) in
            try await client.workloads(labels: labels).items
        }
        var found: [WorkloadPlace: (endpoint: String, figures: Shared<ScaleOpsWorkload>)] = [:]
        for (client, answer) in zip(settings.endpoints.clients, answers) {
            switch answer {
            case .failure(let error): reading.failures.append(error.detail)
            case .success(let rows):
                for row in rows {
                    let place = settings.clusterNames.place(of: row.value)
                    if found[place] == nil { found[place] = (client.endpoint.name, row) }
                }
            }
        }
        guard reading.failures.count < answers.count else { throw unavailable(reading.failures) }
        reading.asOf = now()
        reading.entries = links.compactMap { link in
            let key = link.key
            let place = WorkloadPlace(cluster: key.cluster, namespace: key.namespace, kind: key.kind, name: key.name)
            return found[place].map {
                ScaleOpsEntry(isOwner: link.isOwner, endpoint: $0.endpoint, figures: $0.figures.value, cost: nil)
            }
        }
    }
}

/// ScaleOps did not answer; that is no fault of who asked.
func unavailable(_ failures: [String]) -> ActionError {
    ActionError(.unavailable, failures.joined(separator: "; "))
}

/// Asks about each item, a few at once.
///
/// - Returns: the answers in the order of the items.
func concurrently<Item: Sendable, Answer: Sendable>(
    _ items: [Item], atOnce: Int, _ ask: @escaping @Sendable (Item) async throws(ScaleOpsError) -> Answer
) async -> [Result<Answer, ScaleOpsError>] {
    await withTaskGroup(of: (Int, Result<Answer, ScaleOpsError>).self) { tasks in
        var answers: [Int: Result<Answer, ScaleOpsError>] = [:]
        for (index, item) in items.enumerated() {
            if index >= max(atOnce, 1), let (index, answer) = await tasks.next() { answers[index] = answer }
            tasks.addTask {
                do throws(ScaleOpsError) {
                    return (index, .success(try await ask(item)))
                } catch {
                    return (index, .failure(error))
                }
            }
        }
        for await (index, answer) in tasks { answers[index] = answer }
        return items.indices.compactMap { answers[$0] }
    }
}
