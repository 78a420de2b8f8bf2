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
}
