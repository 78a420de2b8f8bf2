/// Values that are kept for a short time, and never more of them than so many bytes. Pure: the caller says what time it
/// is.
package struct ShortMemory<Key: Hashable, Value> {
    private struct Kept {
        let value: Value
        let cost: Int
        let until: Duration
        let order: Int
    }

    private let lifetime: Duration
    private let limit: Int
    private var kept: [Key: Kept] = [:]
    /// Keys in the order in which they were kept, which is the order in which they end. A key whose entry has another
    /// number has been kept again since.
    private var line: ArraySlice<(key: Key, order: Int)> = []
    private var lastOrder = 0
    /// What the kept values cost together.
    package private(set) var cost = 0

    /// - Parameters:
    ///   - lifetime: of every value; zero: nothing is kept.
    ///   - limit: of the costs of all values together.
    package init(lifetime: Duration, limit: Int) {
        self.lifetime = lifetime
        self.limit = limit
    }

    package var isEmpty: Bool { kept.isEmpty }

    /// The value of a key, unless its time is over.
    package func value(_ key: Key, at now: Duration) -> Value? {
        guard let found = kept[key], found.until > now else { return nil }
        return found.value
    }

    /// Keeps a value in place of what the key had. The oldest go first when there is no room; a value that is larger
    /// than the whole room is not kept.
    package mutating func keep(_ value: Value, for key: Key, cost: Int, at now: Duration) {
        forget(key)
        prune(at: now)
        guard lifetime > .zero, cost <= limit else { return }
        while self.cost + cost > limit, let oldest = line.first { drop(oldest) }
        lastOrder += 1
        kept[key] = Kept(value: value, cost: cost, until: now + lifetime, order: lastOrder)
        line.append((key, lastOrder))
        self.cost += cost
    }

    package mutating func forget(_ key: Key) {
        if let old = kept.removeValue(forKey: key) { cost -= old.cost }
    }

    /// Lets go what has ended.
    package mutating func prune(at now: Duration) {
        while let oldest = line.first {
            if let entry = kept[oldest.key], entry.order == oldest.order, entry.until > now { break }
            drop(oldest)
        }
        // A slice keeps its beginning in memory until it is copied.
        if line.startIndex > line.count + 64 { line = ArraySlice(Array(line)) }
    }

    private mutating func drop(_ place: (key: Key, order: Int)) {
        line.removeFirst()
        if kept[place.key]?.order == place.order { forget(place.key) }
    }
}
