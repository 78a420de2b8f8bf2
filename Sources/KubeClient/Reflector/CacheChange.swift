/// What changed in a cache. An object that was deleted and made anew under its name gives two changes: the old one
/// gone, then the new one there.
package struct CacheChange<Object: KubernetesObject>: Sendable {
    /// How the change was learned.
    package enum Cause: Sendable {
        /// By reading the whole list: at the start, and after the watch was lost.
        case list
        case watch
    }

    /// Nil when the object is new.
    package let old: Object?
    /// Nil when the object is gone.
    package let new: Object?
    package let cause: Cause
    package let key: ObjectKey

    /// Whether the object is the same but for its version: what changed is nothing that is read of it, such as the
    /// heartbeat of a condition. Most changes of pods and nodes are of this kind.
    package var isOfVersionAlone: Bool {
        guard var old, let new else { return false }
        old.meta.resourceVersion = new.meta.resourceVersion
        return old == new
    }
}
