/// The contents of a cache, with its indexes always in step.
struct CacheState<Object: KubernetesObject> {
    private(set) var entries: [ObjectKey: CacheEntry<Object>] = [:]
    private(set) var indexes: [CacheIndexTable<Object>]
    /// Which list an entry was last seen in.
    private var generation: UInt32 = 0

    init(indexes: [CacheIndex<Object>]) { self.indexes = indexes.map { CacheIndexTable($0) } }

    func find(_ value: CacheIndex<Object>.Value, in name: String) -> [Object] {
        guard let index = indexes.first(where: { $0.definition.name == name }) else {
            preconditionFailure("the cache has no index \(name)")
        }
        return index.entries[value, default: []].map(\.object)
    }

    mutating func beginList() { generation &+= 1 }

    /// Puts an object and returns what it replaced: nil when it is new. Unless `replacesNewer`, a newer object stays.
    mutating func put(_ object: Object, replacesNewer: Bool = true) -> (old: Object?, isChanged: Bool) {
        guard let entry = entries[object.key] else {
            let entry = CacheEntry(object, generation: generation)
            entries[object.key] = entry
            for position in indexes.indices { indexes[position].add(entry) }
            return (nil, true)
        }
        entry.generation = generation
        let old = entry.object
        guard old != object, replacesNewer || !object.isOlder(than: old) else { return (old, false) }
        entry.object = object
        for position in indexes.indices { indexes[position].move(entry, from: old) }
        return (old, true)
    }

    /// Removes an object, unless it is newer than its deletion.
    mutating func remove(_ key: ObjectKey, at version: ResourceVersion) -> Object? {
        guard let entry = entries[key], !version.precedes(entry.object.meta.resourceVersion) else { return nil }
        return remove(key)
    }

    mutating func remove(_ key: ObjectKey) -> Object? {
        guard let entry = entries.removeValue(forKey: key) else { return nil }
        for position in indexes.indices { indexes[position].remove(entry) }
        return entry.object
    }

    /// Removes what was not put since `beginList()`.
    mutating func sweep() -> [Object] {
        entries.filter { $0.value.generation != generation }.keys.compactMap { remove($0) }
    }
}

extension KubernetesObject {
    fileprivate func isOlder(than other: Self) -> Bool {
        meta.resourceVersion.precedes(other.meta.resourceVersion)
    }
}

/// An object in its place. A class, so that an index holds eight bytes an object.
final class CacheEntry<Object: KubernetesObject>: Hashable {
    var object: Object
    var generation: UInt32

    init(_ object: Object, generation: UInt32) {
        self.object = object
        self.generation = generation
    }

    static func == (left: CacheEntry, right: CacheEntry) -> Bool { left === right }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// What one index finds.
struct CacheIndexTable<Object: KubernetesObject> {
    let definition: CacheIndex<Object>
    private(set) var entries: [CacheIndex<Object>.Value: Set<CacheEntry<Object>>] = [:]

    init(_ definition: CacheIndex<Object>) { self.definition = definition }

    mutating func add(_ entry: CacheEntry<Object>) {
        for value in definition.values(entry.object) { entries[value, default: []].insert(entry) }
    }

    mutating func remove(_ entry: CacheEntry<Object>) {
        for value in definition.values(entry.object) { remove(entry, at: value) }
    }

    /// The entry's object has changed.
    mutating func move(_ entry: CacheEntry<Object>, from old: Object) {
        let (oldValues, newValues) = (definition.values(old), definition.values(entry.object))
        guard oldValues != newValues else { return }
        for value in oldValues { remove(entry, at: value) }
        for value in newValues { entries[value, default: []].insert(entry) }
    }

    /// A set that has become empty goes too, or values that come and go would fill the memory (kubernetes#84959).
    private mutating func remove(_ entry: CacheEntry<Object>, at value: CacheIndex<Object>.Value) {
        guard var set = entries.removeValue(forKey: value) else { return }
        set.remove(entry)
        if !set.isEmpty { entries[value] = set }
    }
}
