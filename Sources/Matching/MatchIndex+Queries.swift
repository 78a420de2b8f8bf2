extension MatchIndex {
    /// The workload's links by entity reference; none when it is unknown.
    package func links(of workload: WorkloadKey) -> [Link] {
        workloadIDs[workload].map { links(workloads[$0].links) } ?? []
    }

    /// The workloads that the entity matches, owned or not, by key; none when it claims nothing.
    package func workloads(of entityRef: String) -> [WorkloadKey] {
        guard let id = selectorIDs[entityRef] else { return [] }
        return selectors[id].workloads.map { workloads[$0].key }.sorted()
    }

    /// Who owns the workload and why; nil for an orphan.
    package func owner(of workload: WorkloadKey) -> OwnerChoice? {
        guard let id = workloadIDs[workload] else { return nil }
        return OwnerChoice.among(workloads[id].links.compactMap { selectors[$0.selector].definition })
    }

    /// What the entity claims; nil when it claims nothing.
    package func selector(of entityRef: String) -> EntitySelector? {
        selectorIDs[entityRef].flatMap { selectors[$0].definition }
    }

    /// The entities that claim something, in no order.
    package var entityRefs: some Sequence<String> { selectorIDs.keys }

    /// The entities whose selector matches no workload, sorted.
    package var ghosts: [String] {
        selectorIDs.lazy.filter { selectors[$0.value].workloads.isEmpty }.map(\.key).sorted()
    }

    /// The workloads that no entity claims, sorted.
    package var orphans: [WorkloadKey] {
        workloadIDs.lazy.filter { workloads[$0.value].links.isEmpty }.map(\.key).sorted()
    }

    func links(_ stored: [StoredLink]) -> [Link] {
        stored.compactMap { link in
            selectors[link.selector].definition.map {
                Link(entityRef: $0.entityRef, rule: $0.rule, matchedOn: link.matchedOn, isOwner: link.isOwner)
            }
        }.sorted { $0.entityRef < $1.entityRef }
    }
}
