/// Gives equal values one storage while they are in use, and forgets those that have not been seen for long.
///
/// Two generations: a value is looked up in the recent one, then in the older one, from which it moves over. When the
/// recent one is full it becomes the older one, whose values are forgotten. So the memory is bounded, no reference is
/// counted, and what occurs often stays.
struct Interner<Value: Hashable> {
    private var recent: Set<Value> = []
    private var older: Set<Value> = []
    private let capacity: Int

    /// - Parameter capacity: how many values a generation holds.
    init(capacity: Int = 4096) { self.capacity = capacity }

    /// How many values are held.
    var count: Int { recent.count + older.count }

    /// The value that was seen first among those equal to `value`.
    mutating func callAsFunction(_ value: Value) -> Value {
        if let index = recent.firstIndex(of: value) { return recent[index] }
        let known = older.remove(value) ?? value
        if recent.count >= capacity { (older, recent) = (recent, []) }
        recent.insert(known)
        return known
    }
}
