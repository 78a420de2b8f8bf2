extension MatchIndex {
    /// Takes a workload as it is now. Where its labels are what they were, nothing but their comparison is done.
    package mutating func upsert(_ workload: Workload) -> MatchChanges {
        upsert(workload.key, labels: workload.labels, templateLabels: workload.templateLabels)
    }

    /// Takes a workload's labels as they are now; `templateLabels` is nil when it has no pod template.
    package mutating func upsert(_ key: WorkloadKey, labels: Labels, templateLabels: Labels?) -> MatchChanges {
        guard let id = workloadIDs[key] else {
            let id = workloads.insert(WorkloadEntry(key: key, labels: labels, templateLabels: templateLabels))
            workloadIDs[key] = id
            return relabel(id)
        }
        if workloads[id].labels == labels, workloads[id].templateLabels == templateLabels { return MatchChanges() }
        workloads[id].labels = labels
        workloads[id].templateLabels = templateLabels
        return relabel(id)
    }

    /// Forgets a workload that is gone; its links end.
    package mutating func remove(_ key: WorkloadKey) -> MatchChanges {
        guard let id = workloadIDs.removeValue(forKey: key) else { return MatchChanges() }
        let changes = replaceLinks(of: id, with: [])
        for label in workloads[id].carried { detach(label) }
        workloads.remove(id)
        return changes
    }

    private mutating func relabel(_ id: WorkloadID) -> MatchChanges {
        let crowded = attach(id)
        let changes = replaceLinks(of: id, with: matches(id))
        for anchor in crowded { reanchor(anchor) }
        return changes
    }

    // MARK: Labels

    /// Registers the workload under the labels that are new to it and takes it from those that it lost; returns the
    /// anchors that became too crowded by it.
    private mutating func attach(_ id: WorkloadID) -> [Anchor] {
        let before = workloads[id].carried
        var crowded: [Anchor] = []
        // Both lists are in the order of keys, and most labels stay: those need not be looked up by their text.
        var next = before.startIndex
        let carried = Self.union(workloads[id].labels, workloads[id].templateLabels).map { label, sides in
            func isSame(_ known: CarriedLabel) -> Bool { table.pairs[known.pair].label == label }
            if let known = before[next...].firstIndex(where: isSame) ?? before[..<next].firstIndex(where: isSame) {
                next = known + 1
                let label = before[known]
                return CarriedLabel(key: label.key, pair: label.pair, place: label.place, sides: sides)
            }
            let pair = table.intern(label)
            let key = table.pairs[pair].key
            let place = table.attach(id, to: pair)
            if table.pairs[pair].workloads.count > limit(ofPair: pair) { crowded.append(.pairs([pair])) }
            if table.keys[key].load > limit(ofKey: key) { crowded.append(.key(key)) }
            return CarriedLabel(key: key, pair: pair, place: place, sides: sides)
        }
        workloads[id].carried = carried
        for label in before where !carried.contains(where: { $0.pair == label.pair }) { detach(label) }
        return crowded
    }

    private mutating func detach(_ label: CarriedLabel) {
        if let moved = table.detach(at: label.place, from: label.pair) {
            let place = workloads[moved].carried.firstIndex { $0.pair == label.pair }
            if let place { workloads[moved].carried[place].place = label.place }
        }
        table.forgetIfUnused(label.pair)
    }

    /// Both label sets in one list sorted by key; a label that both have comes once.
    private static func union(_ own: Labels, _ template: Labels?) -> [(Label, MatchedOn)] {
        guard let template else { return own.map { ($0, .workload) } }
        if own == template { return own.map { ($0, .both) } }
        var union: [(Label, MatchedOn)] = []
        var rest = template[...]
        for label in own {
            while let first = rest.first, first.key < label.key { union.append((rest.removeFirst(), .template)) }
            if rest.first == label {
                union.append((rest.removeFirst(), .both))
            } else {
                union.append((label, .workload))
            }
        }
        return union + rest.map { ($0, .template) }
    }

    // MARK: Links

    /// Every link of the workload, by selector, owner not yet chosen.
    func matches(_ id: WorkloadID) -> [StoredLink] {
        let (carried, sides, pairs) = (workloads[id].carried, workloads[id].sides, table.pairs.elements)
        var found: [StoredLink] = []
        func ask(_ candidates: [SelectorID]) {
            for candidate in candidates {
                guard let glance = glances[Int(candidate)] else { continue }
                var matched = glance.candidates(carried, sides, pairs)
                if !matched.isEmpty, !glance.isComplete {
                    matched = compiled[Int(candidate)].matches(carried, sides, pairs)
                }
                if !matched.isEmpty { found.append(StoredLink(selector: candidate, matchedOn: matched)) }
            }
        }
        func ask(_ posting: AnchorPosting) {
            ask(posting.open)
            for scope in posting.scopes(holding: workloads[id].key) { ask(scope) }
        }
        var previous: LabelTable.KeyID?
        var hasTwoValues = false
        for label in carried {
            if pairPostings.waiting(at: label.pair) > 0 { ask(pairPostings[Int(label.pair)]) }
            if label.key == previous {
                hasTwoValues = true
            } else if keyPostings.waiting(at: label.key) > 0 {
                ask(keyPostings[Int(label.key)])
            }
            previous = label.key
        }
        if !residual.isEmpty { ask(residual) }
        if found.count > 1 { found.sort { $0.selector < $1.selector } }
        return hasTwoValues ? Self.withoutRepetition(found) : found
    }

    /// A selector anchored at `a in (x,y)` is reached twice when own and template labels have different values of `a`.
    private static func withoutRepetition(_ links: [StoredLink]) -> [StoredLink] {
        var unique: [StoredLink] = []
        for link in links where unique.last?.selector != link.selector { unique.append(link) }
        return unique
    }

    /// Chooses the owner among the new links, stores them on both sides, and reports the difference.
    mutating func replaceLinks(of id: WorkloadID, with unowned: [StoredLink]) -> MatchChanges {
        let (old, new) = (workloads[id].links, withOwner(unowned))
        var changes = MatchChanges()
        if old == new { return changes }
        changes.record(workloads[id].key, from: links(old), to: links(new))
        let (before, after) = (old.map(\.selector), new.map(\.selector))
        for selector in before where !after.containsSorted(selector) { selectors[selector].workloads.remove(id) }
        for selector in after where !before.containsSorted(selector) { selectors[selector].workloads.insert(id) }
        workloads[id].links = new
        return changes
    }

    func withOwner(_ links: [StoredLink]) -> [StoredLink] {
        guard var owner = links.indices.first else { return links }
        for place in links.indices.dropFirst() where precedes(links[place].selector, links[owner].selector) {
            owner = place
        }
        var owned = links
        for place in owned.indices { owned[place].isOwner = place == owner }
        return owned
    }

    private func precedes(_ left: SelectorID, _ right: SelectorID) -> Bool {
        guard let left = selectors[left].definition, let right = selectors[right].definition else { return false }
        return OwnerChoice.precedes(left, right)
    }
}

extension [Int32] {
    /// Whether a sorted array has the element.
    fileprivate func containsSorted(_ element: Int32) -> Bool {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] == element { return true }
            if self[middle] < element { low = middle + 1 } else { high = middle }
        }
        return false
    }
}
