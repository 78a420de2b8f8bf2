internal import KubeClient
internal import Matching

/// Tells at a workload that several entities select it, once for each set of them.
struct Overlaps {
    private let events: any EventSink
    private var told: [WorkloadKey: Set<String>] = [:]

    init(_ events: any EventSink) { self.events = events }

    /// Takes the links that a workload has now.
    ///
    /// - Parameter object: the workload's own; nil when it is not known.
    mutating func observe(_ workload: Workload, _ object: ObjectReference?, _ links: [Link]) {
        let refs = Set(links.map(\.entityRef))
        guard refs.count > 1 else {
            told[workload.key] = nil
            return
        }
        guard let object, told.updateValue(refs, forKey: workload.key) != refs else { return }
        let owner = links.first(where: \.isOwner).map { "; its cost goes to \($0.entityRef)" } ?? ""
        events.record(
            EventReport(
                regarding: object, severity: .normal, reason: "SelectorOverlap", action: "MatchEntities",
                note: "Selected by \(refs.count) entities: \(refs.sorted().joined(separator: ", "))\(owner)"))
    }

    mutating func remove(_ key: WorkloadKey) { told[key] = nil }
}
