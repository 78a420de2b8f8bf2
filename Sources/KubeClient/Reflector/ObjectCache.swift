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
    ///
    /// - Parameter replacesNewer: whether a newer object gives way, as to a list, which is of one moment. An event that
    ///   is older than what is there was sent twice.
    func put(_ object: Object, replacesNewer: Bool) -> (old: Object?, isChanged: Bool) {
        state.withLock { $0.put(object, replacesNewer: replacesNewer) }
    }

    /// Removes and returns an object, unless it is newer than its deletion: then it was made anew.
    func remove(_ key: ObjectKey, at version: ResourceVersion) -> Object? {
        state.withLock { $0.remove(key, at: version) }
    }

    /// Removes and returns what was not put since `beginList()`.
    func sweep() -> [Object] { state.withLock { $0.sweep() } }
}

// What informers do to the cache, with the changes that it makes.
extension ObjectCache {
    /// Puts an object of a list, or of a watch's event.
    func put(_ object: Object, _ cause: CacheChange<Object>.Cause, report: (CacheChange<Object>) -> Void) {
        let (old, isChanged) = put(object, replacesNewer: cause == .list)
        guard isChanged else { return }
        if let old, old.meta.uid != object.meta.uid {
            report(CacheChange(old: old, new: nil, cause: cause, key: object.key))
            report(CacheChange(old: nil, new: object, cause: cause, key: object.key))
        } else {
            report(CacheChange(old: old, new: object, cause: cause, key: object.key))
        }
    }

    /// Removes an object whose deletion has this version.
    func remove(
        _ key: ObjectKey, at version: ResourceVersion, _ cause: CacheChange<Object>.Cause,
        report: (CacheChange<Object>) -> Void
    ) {
        guard let old = remove(key, at: version) else { return }
        report(CacheChange(old: old, new: nil, cause: cause, key: key))
    }

    /// Removes what the list that was just read does not have.
    func sweep(report: (CacheChange<Object>) -> Void) {
        for old in sweep() { report(CacheChange(old: old, new: nil, cause: .list, key: old.key)) }
    }
}
