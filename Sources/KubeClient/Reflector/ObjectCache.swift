internal import Synchronization

/// The objects that an informer knows, found by name or by index. Any thread may read; only the informer writes.
package final class ObjectCache<Object: KubernetesObject>: Sendable {
    private let state: Mutex<CacheState<Object>>

    package init(indexes: [CacheIndex<Object>] = []) { state = Mutex(CacheState(indexes: indexes)) }

    package var count: Int { state.withLock { $0.entries.count } }

    /// The object of that name; nil when there is none.
    package func get(_ key: ObjectKey) -> Object? { state.withLock { $0.entries[key]?.object } }

    /// All objects, in no order.
    package func list() -> [Object] { state.withLock { $0.entries.values.map(\.object) } }

    /// The objects that an index has under a value, in no order. Naming an index that the cache was not made with is a
    /// mistake in the program and ends it.
    package func find(_ value: CacheIndex<Object>.Value, in index: String) -> [Object] {
        state.withLock { $0.find(value, in: index) }
    }

    /// Begins to replace everything: what is not put until `sweep()` is gone.
    func beginList() { state.withLock { $0.beginList() } }

    /// Puts an object and returns what it replaced: nil when it is new. When nothing changed, `isChanged` is false.
    func put(_ object: Object) -> (old: Object?, isChanged: Bool) { state.withLock { $0.put(object) } }

    /// Removes and returns an object.
    func remove(_ key: ObjectKey) -> Object? { state.withLock { $0.remove(key) } }

    /// Removes and returns what was not put since `beginList()`.
    func sweep() -> [Object] { state.withLock { $0.sweep() } }
}
