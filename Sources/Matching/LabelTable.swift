/// Gives every label key and every key=value pair in use a small number, and knows which workloads carry a pair.
/// An entry lives as long as a workload carries it or a selector refers to it.
struct LabelTable: Sendable {
    typealias KeyID = Int32
    typealias PairID = Int32
    typealias WorkloadID = Int32

    struct Key: Sendable {
        var name = ""
        /// The pairs with this key.
        var pairs: [PairID] = []
        /// How many workloads carry one of these pairs; counted twice where own and template value differ.
        var load = 0
        /// How many terms of selectors refer to it.
        var references = 0
    }

    struct Pair: Sendable {
        var label = Label("", "")
        var key: KeyID = 0
        /// Where it stands in its key's `pairs`.
        var place: Int32 = 0
        /// The workloads that carry it.
        var workloads: [WorkloadID] = []
        /// How many terms of selectors refer to it.
        var references = 0
    }

    private(set) var keys = Slots<Key>(vacant: Key())
    private(set) var pairs = Slots<Pair>(vacant: Pair())
    private var keyIDs: [String: KeyID] = [:]
    private var pairIDs: [Label: PairID] = [:]

    /// The number of a pair, new or known. Not kept until a workload is attached or a selector refers to it.
    mutating func intern(_ label: Label) -> PairID {
        if let known = pairIDs[label] { return known }
        let key = intern(key: label.key)
        let pair = pairs.insert(Pair(label: label, key: key, place: Int32(keys[key].pairs.count)))
        keys[key].pairs.append(pair)
        pairIDs[label] = pair
        return pair
    }

    /// The number of a key, new or known.
    mutating func intern(key name: String) -> KeyID {
        if let known = keyIDs[name] { return known }
        let key = keys.insert(Key(name: name))
        keyIDs[name] = key
        return key
    }

    /// Notes that the workload carries the pair; returns its place there, to be given to `detach`.
    mutating func attach(_ workload: WorkloadID, to pair: PairID) -> Int32 {
        keys[pairs[pair].key].load += 1
        pairs[pair].workloads.append(workload)
        return Int32(pairs[pair].workloads.count - 1)
    }

    /// Undoes `attach`. Returns the workload that moved to the place that became free, if any.
    mutating func detach(at place: Int32, from pair: PairID) -> WorkloadID? {
        keys[pairs[pair].key].load -= 1
        let last = pairs[pair].workloads.removeLast()
        guard Int(place) < pairs[pair].workloads.count else { return nil }
        pairs[pair].workloads[Int(place)] = last
        return last
    }

    mutating func retain(pair: PairID) { pairs[pair].references += 1 }
    mutating func retain(key: KeyID) { keys[key].references += 1 }

    mutating func release(pair: PairID) {
        pairs[pair].references -= 1
        forgetIfUnused(pair)
    }

    mutating func release(key: KeyID) {
        keys[key].references -= 1
        forgetIfUnused(key: key)
    }

    /// Drops a pair, and its key, that neither a workload nor a selector uses any more.
    mutating func forgetIfUnused(_ pair: PairID) {
        guard pairs[pair].workloads.isEmpty, pairs[pair].references == 0 else { return }
        pairIDs[pairs[pair].label] = nil
        let (key, place) = (pairs[pair].key, pairs[pair].place)
        let last = keys[key].pairs.removeLast()
        if last != pair {
            keys[key].pairs[Int(place)] = last
            pairs[last].place = place
        }
        pairs.remove(pair)
        forgetIfUnused(key: key)
    }

    private mutating func forgetIfUnused(key: KeyID) {
        guard keys[key].pairs.isEmpty, keys[key].references == 0 else { return }
        keyIDs[keys[key].name] = nil
        keys.remove(key)
    }

    /// Keys and pairs in use, for tests and metrics.
    var count: Int { keyIDs.count + pairIDs.count }
}
