extension MatchIndex {
    /// Takes what an entity claims now, in place of what it claimed before.
    package mutating func upsert(_ selector: EntitySelector) -> MatchChanges {
        guard let id = selectorIDs[selector.entityRef] else {
            let id = selectors.insert(SelectorEntry())
            selectorIDs[selector.entityRef] = id
            if compiled.count <= Int(id) {
                compiled.append(CompiledSelector())
                glances.append(nil)
            }
            return replace(id, with: selector)
        }
        return selectors[id].definition == selector ? MatchChanges() : replace(id, with: selector)
    }

    /// Forgets an entity that is gone or claims nothing any more; its links end.
    package mutating func remove(entityRef: String) -> MatchChanges {
        guard let id = selectorIDs.removeValue(forKey: entityRef) else { return MatchChanges() }
        let changes = replace(id, with: nil)
        selectors.remove(id)
        return changes
    }

    private mutating func replace(_ id: SelectorID, with selector: EntitySelector?) -> MatchChanges {
        let terms = selector.map { CompiledSelector($0.selector, in: &table) }
        let anchor = terms.map(bestAnchor) ?? .residual
        let matches =
            if let selector, let terms { workloadsMatching(selector, terms, anchor) } else { [WorkloadID: MatchedOn]() }

        let affected = selectors[id].workloads.union(matches.keys)
            .sorted { workloads[$0].key < workloads[$1].key }
        let before = affected.map { links(workloads[$0].links) }
        unregister(id)
        compiled[Int(id)].release(in: &table)
        compiled[Int(id)] = terms ?? CompiledSelector()
        glances[Int(id)] = terms?.glance
        selectors[id] = SelectorEntry(definition: selector, workloads: Set(matches.keys))
        if let selector { register(id, selector, anchor) }

        var changes = MatchChanges()
        for (workload, before) in zip(affected, before) {
            let links = withOwner(Self.replacing(id, in: workloads[workload].links, matches[workload]))
            workloads[workload].links = links
            changes.record(workloads[workload].key, from: before, to: self.links(links))
        }
        return changes
    }

    /// The links with the selector's own one put in, replaced or taken out; order by selector is kept.
    private static func replacing(
        _ id: SelectorID, in links: [StoredLink], _ matchedOn: MatchedOn?
    ) -> [StoredLink] {
        var links = links
        let place = links.firstIndex { $0.selector >= id } ?? links.endIndex
        if place < links.endIndex, links[place].selector == id { links.remove(at: place) }
        if let matchedOn { links.insert(StoredLink(selector: id, matchedOn: matchedOn), at: place) }
        return links
    }

    /// The workloads in scope that the selector matches, found among those that carry its anchor.
    private func workloadsMatching(
        _ selector: EntitySelector, _ terms: CompiledSelector, _ anchor: Anchor
    ) -> [WorkloadID: MatchedOn] {
        var matches: [WorkloadID: MatchedOn] = [:]
        func ask(_ ids: some Sequence<WorkloadID>) {
            for id in ids where selector.isInScope(workloads[id].key) {
                let matched = terms.matches(workloads[id].carried, workloads[id].sides, table.pairs.elements)
                if !matched.isEmpty { matches[id] = matched }
            }
        }
        switch anchor {
        case .pairs(let pairs): for pair in pairs { ask(table.pairs[pair].workloads) }
        case .key(let key): for pair in table.keys[key].pairs { ask(table.pairs[pair].workloads) }
        case .residual: ask(workloadIDs.values)
        }
        return matches
    }
}
