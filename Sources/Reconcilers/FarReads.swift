/// Decides which locations on other hosts are read now: some of each host at a time, so that one that takes its time holds up
/// nobody but itself. Pure: the caller reads.
struct FarReads<Key: Hashable & Sendable, Value: Sendable> {
    /// At a time, of one host and of all; what was read and waits to be taken counts too.
    static var maximumOfHost: Int { 4 }
    static var maximum: Int { 16 }

    private var waiting: [(host: String, keys: [Key])] = []
    private var known: Set<Key> = []
    private var running: [Key: String] = [:]
    /// To be read once more when what the present reading gives was taken: it may have begun too early.
    private var again: Set<Key> = []
    private var values: [Key: Value] = [:]

    /// All that wait, are read, or wait to be taken.
    var keys: Set<Key> { known.union(running.keys) }

    /// A location is to be read.
    ///
    /// - Parameter host: where, unless it is asked for already.
    mutating func add(_ key: Key, host: String) {
        guard !addAgain(key) else { return }
        known.insert(key)
        if let index = waiting.firstIndex(where: { $0.host == host }) {
            waiting[index].keys.append(key)
        } else {
            waiting.append((host, [key]))
        }
    }

    /// A location is to be read, if it was asked for and not taken yet.
    ///
    /// - Returns: whether it was.
    mutating func addAgain(_ key: Key) -> Bool {
        if known.contains(key) { return true }
        guard running[key] != nil else { return false }
        again.insert(key)
        return true
    }

    /// Those whose reading begins now, the hosts in turn.
    mutating func next() -> [Key] {
        var begun: [Key] = []
        var counts = Dictionary(running.values.map { ($0, 1) }, uniquingKeysWith: +)
        var index = 0
        while index < waiting.count, running.count < Self.maximum {
            let host = waiting[index].host
            guard counts[host, default: 0] < Self.maximumOfHost else {
                index += 1
                continue
            }
            let key = waiting[index].keys.removeFirst()
            known.remove(key)
            running[key] = host
            counts[host, default: 0] += 1
            begun.append(key)
            // To the end, so that the others have their turn.
            let rest = waiting.remove(at: index)
            if !rest.keys.isEmpty { waiting.append(rest) }
        }
        return begun
    }

    /// A reading has ended.
    ///
    /// - Parameter value: what came of it; nil: nothing, and the place is free.
    /// - Returns: whether there is something to be taken.
    mutating func ended(_ key: Key, _ value: Value?) -> Bool {
        guard running[key] != nil else { return false }
        values[key] = value
        if value == nil { release(key) }
        return value != nil
    }

    /// All that was read. What was asked for since its reading began waits once more: what is taken may be older, but who
    /// asks again and again must not keep everything away.
    mutating func take() -> [Key: Value] {
        defer { values = [:] }
        for key in values.keys { release(key) }
        return values
    }

    private mutating func release(_ key: Key) {
        guard let host = running.removeValue(forKey: key), again.remove(key) != nil else { return }
        add(key, host: host)
    }
}
