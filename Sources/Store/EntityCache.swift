internal import Synchronization

/// Entities that were read lately, kept for the next reader while the feed of catalog changes tells of every change.
///
/// What is given is what PostgreSQL has, but for changes whose notice is still on its way: milliseconds after their COMMIT.
/// The feed says again and again that it still hears; when it has not for `patience`, the cache gives nothing, so that
/// also a connection that died without a word makes no read older than that.
final class EntityCache: Sendable {
    /// When a read began, as `keep` must know it.
    struct Moment { fileprivate let changes: Int }

    private struct State {
        /// In two halves: what was asked for since the halves were changed, and what was before. The older half is
        /// forgotten as a whole when the newer is full.
        var newer = Half()
        var older = Half()
        /// How often something changed.
        var changes = 0
        var trustedUntil: ContinuousClock.Instant?
    }

    private struct Half {
        var entities: [ExactText: StoredEntity] = [:]
        var bytes = 0

        mutating func remove(_ key: ExactText) -> StoredEntity? {
            guard let entity = entities.removeValue(forKey: key) else { return nil }
            bytes -= EntityCache.size(of: entity)
            return entity
        }
    }

    /// How long the feed may be silent about whether it hears.
    static let patience: Duration = .seconds(1)
    /// What an entity takes besides its document, roughly: ref, etag, and its place in a dictionary.
    private static let overhead = 300

    private let state = Mutex(State())
    private let maximumBytes: Int

    /// - Parameter maximumBytes: of both halves together.
    init(maximumBytes: Int = 32 << 20) { self.maximumBytes = maximumBytes }

    /// The entity; nil when it is not kept, or the feed may have missed something.
    func entity(_ ref: String, at now: ContinuousClock.Instant = .now) -> StoredEntity? {
        let key = ExactText(ref)
        return state.withLock { state -> StoredEntity? in
            guard let end = state.trustedUntil, now < end else { return nil }
            if let entity = state.newer.entities[key] { return entity }
            guard let entity = state.older.remove(key) else { return nil }
            insert(entity, key, &state)
            return entity
        }
    }

    /// To be asked for before an entity is read from the database.
    var moment: Moment { state.withLock { Moment(changes: $0.changes) } }

    /// Keeps an entity, unless anything changed since the moment: then it may have been read before that.
    func keep(_ entity: StoredEntity, readSince moment: Moment) {
        let key = ExactText(entity.ref)
        state.withLock { state in
            guard state.trustedUntil != nil, state.changes == moment.changes else { return }
            insert(entity, key, &state)
        }
    }

    /// The feed heard everything that was announced until then.
    func trust(asOf instant: ContinuousClock.Instant) {
        state.withLock { $0.trustedUntil = instant + Self.patience }
    }

    /// Forgets what may be another now.
    func forget(_ notice: CatalogNotice) {
        state.withLock { state in
            state.changes += 1
            guard case .entities(let refs) = notice else {
                (state.newer, state.older) = (Half(), Half())
                return
            }
            for key in refs.map({ ExactText($0) }) {
                _ = state.newer.remove(key)
                _ = state.older.remove(key)
            }
        }
    }

    /// The feed does not hear any more: nothing is kept until it does.
    func distrust() {
        forget(.anything)
        state.withLock { $0.trustedUntil = nil }
    }

    /// Of the documents and what belongs to them.
    var bytes: Int { state.withLock { $0.newer.bytes + $0.older.bytes } }

    private func insert(_ entity: StoredEntity, _ key: ExactText, _ state: inout State) {
        let size = Self.size(of: entity)
        guard size <= maximumBytes / 2 else { return }
        _ = state.newer.remove(key)
        _ = state.older.remove(key)
        if state.newer.bytes + size > maximumBytes / 2 { (state.older, state.newer) = (state.newer, Half()) }
        state.newer.entities[key] = entity
        state.newer.bytes += size
    }

    private static func size(of entity: StoredEntity) -> Int {
        entity.document.count + entity.ref.utf8.count * 2 + overhead
    }
}
