/// What has to change in the index when entities get other terms, and by how much its counts. Pure.
struct IndexDifference {
    /// How the counts of a key change.
    struct KeyChange: Equatable {
        var present = 0
        var valued = 0
        var postings = 0
    }

    struct Posting: Hashable {
        let term: Int64
        let ref: String
        var isFirst = false
    }

    private(set) var removed: [Posting] = []
    /// New ones, and those whose `isFirst` is another now.
    private(set) var written: [Posting] = []
    private(set) var terms: [Int64: Int] = [:]
    private(set) var keys: [Int64: KeyChange] = [:]

    /// - Parameters:
    ///   - old: the entity's items as they are stored, in their order; empty when it is new.
    ///   - new: those that it shall have; empty when it goes.
    mutating func add(_ ref: String, old: [IndexItem], new: [IndexItem]) {
        let before = Self.postings(old)
        let after = Self.postings(new)
        for (term, isFirst) in before where after[term] == nil {
            removed.append(Posting(term: term, ref: ref, isFirst: isFirst))
            terms[term, default: 0] -= 1
        }
        for (term, isFirst) in after where before[term] != isFirst {
            written.append(Posting(term: term, ref: ref, isFirst: isFirst))
            if before[term] == nil { terms[term, default: 0] += 1 }
        }
        count(old, by: -1)
        count(new, by: 1)
    }

    /// Whether each term of an entity is its first one of its key.
    private static func postings(_ items: [IndexItem]) -> [Int64: Bool] {
        var seen: Set<Int64> = []
        var postings: [Int64: Bool] = [:]
        for item in items where item.term != IndexItem.noTerm {
            postings[item.term] = seen.insert(item.key).inserted
        }
        return postings
    }

    private mutating func count(_ items: [IndexItem], by step: Int) {
        var seen: Set<Int64> = []
        for item in items {
            let isFirst = seen.insert(item.key).inserted
            let isValue = item.term != IndexItem.noTerm
            keys[item.key, default: KeyChange()].present += isFirst ? step : 0
            keys[item.key, default: KeyChange()].valued += isFirst && isValue ? step : 0
            keys[item.key, default: KeyChange()].postings += isValue ? step : 0
        }
    }
}
