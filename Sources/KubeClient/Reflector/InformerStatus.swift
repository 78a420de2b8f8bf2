package import Base

/// How an informer fares, at one moment. Its counts go on when it is started again.
package struct InformerStatus: Sendable {
    /// Whether the cache has once been complete. It stays true: a cache that is out of touch is stale, not empty.
    package var isSynced = false
    /// False when the server does not have the resource; the cache is then empty and counts as complete.
    package var isServed = true
    /// Why the last list or watch failed; nil while all is well.
    package var lastError: KubernetesError?
    /// When an object, a bookmark or a complete list last came; nil before the first.
    package var lastEventAt: Timestamp?
    /// Complete lists.
    package var lists = 0
    /// Watches that were opened.
    package var watches = 0
    /// Events of watches, without bookmarks.
    package var events = 0
    /// Failed lists and watches.
    package var failures = 0
    /// The version that the cache is at; nil before the first complete list. Who keeps what it learned from the cache
    /// stores it beside that, and gives it to the informer of the next process.
    package var resourceVersion: ResourceVersion?
    /// Lists after the first one that were begun, by their reason.
    package var relists: [RelistReason: Int] = [:]
    /// Watches that were opened again without a list, by the reason.
    package var watchRestarts: [WatchRestartReason: Int] = [:]
    /// How often the server turned out to be at a lower version than before: it was set back, and objects with it.
    package var restores = 0
}
