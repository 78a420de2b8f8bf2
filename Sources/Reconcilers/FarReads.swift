/// Decides which locations on other hosts are read now: some of each host at a time, so that one that takes its time holds up
/// nobody but itself. Pure: the caller reads.
struct FarReads<Key: Hashable & Sendable, Value: Sendable> {
    /// At a time, of one host and of all; what was read and waits to be taken counts too.
    static var maximumOfHost: Int { 4 }
    static var maximum: Int { 16 }

    private var waiting: [(host: String, keys: [Key])] = []
    private var known: Set<Key> = []
    private var running: [Key: String] = [:]
    /// To be read once more when the present reading has ended: it may have begun too early.
    private var again: Set<Key> = []
    private var values: [Key: Value] = [:]

    /// Nothing waits, is read, or waits to be taken.
    var isIdle: Bool { waiting.isEmpty && running.isEmpty }

    /// A location is to be read.
    mutating func add(_ key: Key, host: String) {
        if running[key] != nil {
            again.insert(key)
        } else if known.insert(key).inserted {
            if let index = waiting.firstIndex(where: { $0.host == host }) {
                waiting[index].keys.append(key)
            } else {
                waiting.append((host, [key]))
            }
        }
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
    /// - Returns: whether its value is to be taken; else it was asked for once more meanwhile, and waits again.
    mutating func ended(_ key: Key, _ value: Value) -> Bool {
        guard let host = running[key] else { return false }
        guard again.remove(key) == nil else {
            running[key] = nil
            add(key, host: host)
            return false
        }
        values[key] = value
        return true
    }

    /// What was read, if it was.
    mutating func take(_ key: Key) -> Value? {
        guard let value = values.removeValue(forKey: key) else { return nil }
        running[key] = nil
        return value
    }
}
