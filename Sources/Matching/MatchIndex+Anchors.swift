/// Where selectors wait. The best place is the one that the fewest workloads come past.
extension MatchIndex {
    /// How many times more workloads than expected may come past before selectors move.
    private static let growth = 8
    /// Below this many workloads a move is not worth it.
    private static let smallestLimit = 64

    func limit(ofPair pair: LabelTable.PairID) -> Int {
        pairPostings.waiting(at: pair) > 0 ? pairPostings[Int(pair)].limit : .max
    }

    func limit(ofKey key: LabelTable.KeyID) -> Int {
        keyPostings.waiting(at: key) > 0 ? keyPostings[Int(key)].limit : .max
    }

    /// The positive term that the fewest workloads satisfy; among equals one value before several before any value,
    /// then the place where the fewest selectors wait.
    func bestAnchor(_ selector: CompiledSelector) -> Anchor {
        var best = (anchor: Anchor.residual, cost: (Int.max, Int.max, Int.max))
        for requirement in selector.requirements {
            guard let anchor = Anchor(requirement) else { continue }
            let cost = cost(of: anchor)
            if cost < best.cost { best = (anchor, cost) }
        }
        return best.anchor
    }

    private func cost(of anchor: Anchor) -> (Int, Int, Int) {
        switch anchor {
        case .pairs(let pairs):
            let load = pairs.reduce(0) { $0 + table.pairs[$1].workloads.count }
            return (load, min(pairs.count, 2), pairs.reduce(0) { $0 + pairPostings.waiting(at: $1) })
        case .key(let key):
            return (table.keys[key].load, 3, keyPostings.waiting(at: key))
        case .residual:
            return (.max, .max, .max)
        }
    }

    mutating func register(_ id: SelectorID, _ selector: EntitySelector, _ anchor: Anchor) {
        selectors[id].anchor = anchor
        countResidual(anchor, 1)
        let scopes = AnchorScope.all(of: selector)
        switch anchor {
        case .pairs(let pairs):
            for pair in pairs {
                pairPostings.grow(toHold: pair)
                pairPostings[Int(pair)].insert(id, scopes, load: table.pairs[pair].workloads.count)
            }
        case .key(let key):
            keyPostings.grow(toHold: key)
            keyPostings[Int(key)].insert(id, scopes, load: table.keys[key].load)
        case .residual:
            residual.insert(id, scopes)
        }
    }

    mutating func unregister(_ id: SelectorID) {
        guard let selector = selectors[id].definition else { return }
        let scopes = AnchorScope.all(of: selector)
        countResidual(selectors[id].anchor, -1)
        switch selectors[id].anchor {
        case .pairs(let pairs): for pair in pairs { pairPostings[Int(pair)].remove(id, scopes) }
        case .key(let key): keyPostings[Int(key)].remove(id, scopes)
        case .residual: residual.remove(id, scopes)
        }
    }

    /// Lets the selectors of a place that more workloads come past than expected look for a better one. Limits grow
    /// eightfold each time, so that the moves are paid by the growth.
    mutating func reanchor(_ crowded: Anchor) {
        for id in Set(selectors(at: crowded)) {
            guard let selector = selectors[id].definition else { continue }
            let better = bestAnchor(compiled[Int(id)])
            guard better != selectors[id].anchor else { continue }
            unregister(id)
            register(id, selector, better)
        }
        raiseLimit(of: crowded)
    }

    private func selectors(at anchor: Anchor) -> [SelectorID] {
        switch anchor {
        case .pairs(let pairs): pairs.flatMap { pairPostings[Int($0)].selectors }
        case .key(let key): keyPostings[Int(key)].selectors
        case .residual: residual.selectors
        }
    }

    private mutating func raiseLimit(of anchor: Anchor) {
        switch anchor {
        case .pairs(let pairs):
            for pair in pairs { pairPostings[Int(pair)].raiseLimit(load: table.pairs[pair].workloads.count) }
        case .key(let key):
            keyPostings[Int(key)].raiseLimit(load: table.keys[key].load)
        case .residual: break
        }
    }

    fileprivate static func limit(load: Int) -> Int { max(load * growth, smallestLimit) }
}

extension Anchor {
    /// Nil when the requirement is negative: a workload that satisfies it need not carry anything.
    fileprivate init?(_ requirement: ArraySlice<CompiledSelector.Term>) {
        guard let first = requirement.first, !first.isNegative else { return nil }
        let pairs = requirement.compactMap(\.pair)
        self = pairs.isEmpty ? .key(first.key) : .pairs(pairs)
    }
}

extension AnchorPosting {
    fileprivate mutating func insert(_ selector: SelectorID, _ scopes: [AnchorScope], load: Int) {
        let isFirst = isEmpty
        insert(selector, scopes)
        if isFirst { raiseLimit(load: load) }
    }

    fileprivate mutating func raiseLimit(load: Int) {
        limit = isEmpty ? .max : MatchIndex.limit(load: load)
    }
}

extension [AnchorPosting] {
    /// How many selectors wait at a place; it need not have been made yet.
    @inline(__always)
    func waiting(at id: Int32) -> Int { Int(id) < count ? self[Int(id)].count : 0 }

    fileprivate mutating func grow(toHold id: Int32) {
        while count <= Int(id) { append(AnchorPosting()) }
    }
}
