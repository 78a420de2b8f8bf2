import TestSupport

@testable import KubeClient

/// An API server in memory, with what reflectors meet: a bounded history, replicas that lag behind, pages whose tokens
/// expire, restarts that forget the history, and restores of an older state.
struct ModelServer {
    struct Change {
        let revision: Int
        let object: Namespace
        let isGone: Bool
    }

    /// A watch as the server sees it.
    struct Watch {
        /// Everything up to here was sent.
        var position: Int
        let incarnation: Int
        /// What a streamed list still has to send.
        var initial: [Namespace] = []
        var isStreaming = false
    }

    enum Refusal: Error { case expired, versionTooLarge }

    private static let keptChanges = 40
    private static let keptStates = 20

    private(set) var revision = 100
    private(set) var objects: [String: Namespace] = [:]
    /// Rises with each restart; watches and tokens of an earlier one are void.
    private(set) var incarnation = 0
    private(set) var restores = 0
    private var changes: [Change] = []
    /// States that a replica may still be at, or that a page's token refers to; the newest last.
    private var states: [(revision: Int, objects: [String: Namespace])] = []
    /// A server whose new history has passed our version before we ask cannot be told from one that went on; etcd's
    /// manual has the revision raised for that. So the revision stays below this until a list was read.
    private var ceiling = Int.max
    private var nextUID = 0

    init() { states = [(revision, objects)] }

    /// The revisions up to here cannot be watched any more.
    private var compactedTo: Int { changes.first.map { $0.revision - 1 } ?? revision }

    mutating func write(using generator: inout SeededRandom) {
        guard revision + 1 < ceiling else { return }
        revision += 1
        let name = "object-\(Int.random(in: 0..<6, using: &generator))"
        let old = objects[name]
        let isGone = old != nil && Int.random(in: 0..<3, using: &generator) == 0
        nextUID += old == nil ? 1 : 0
        var object = old ?? Namespace(meta: ObjectMeta(name: name, uid: ObjectUID("uid-\(nextUID)")))
        object.meta.resourceVersion = ResourceVersion("\(revision)")
        objects[name] = isGone ? nil : object
        changes.append(Change(revision: revision, object: object, isGone: isGone))
        if changes.count > Self.keptChanges { changes.removeFirst() }
        keepState()
    }

    private mutating func keepState() {
        states.append((revision, objects))
        if states.count > Self.keptStates { states.removeFirst() }
    }

    /// Writes to other kinds move the revision on.
    mutating func writeElsewhere() {
        guard revision + 1 < ceiling else { return }
        revision += 1
        keepState()
    }

    mutating func compact(using generator: inout SeededRandom) {
        changes.removeFirst(Int.random(in: 0...changes.count, using: &generator))
        states.removeFirst(Int.random(in: 0..<states.count, using: &generator))
    }

    mutating func restart(keepingHistory: Bool) {
        incarnation += 1
        if !keepingHistory { changes = [] }
        states = [(revision, objects)]
    }

    /// - Parameter known: the version that the client has come to.
    mutating func restore(clientIsAt known: Int, using generator: inout SeededRandom) {
        guard let state = states.dropLast().randomElement(using: &generator) else { return }
        (revision, objects) = (state.revision, state.objects)
        ceiling = revision < known ? known : .max
        restores += 1
        restart(keepingHistory: false)
    }

    /// A page of a list: its objects, and the token of the next page with the version.
    mutating func list(
        _ request: ReflectorMachine.ListRequest, using generator: inout SeededRandom
    ) throws(Refusal) -> (items: [Namespace], metadata: ListMetadata) {
        var (state, start) = try (state(notOlderThan: request.resourceVersion, using: &generator), 0)
        if let token = request.continueToken {
            let parts = token.split(separator: " ").compactMap { Int($0) }
            guard parts[0] == incarnation, let kept = states.first(where: { $0.revision == parts[1] }) else {
                throw .expired
            }
            (state, start) = (kept, parts[2])
        }
        let items = state.objects.values.sorted { $0.key < $1.key }
        // Like a server, which ignores the limit when it answers from its memory. The machine asks for 500 a page.
        let isPaged = request.limit != nil && request.resourceVersion == nil
        let end = isPaged ? min(items.count, start + 2) : items.count
        let token = end < items.count ? "\(incarnation) \(state.revision) \(end)" : ""
        let version = ResourceVersion("\(state.revision)")
        return (Array(items[start..<end]), ListMetadata(resourceVersion: version, continueToken: token))
    }

    /// `0`: that of any replica; nil: the newest.
    private func state(
        notOlderThan version: ResourceVersion?, using generator: inout SeededRandom
    ) throws(Refusal) -> (revision: Int, objects: [String: Namespace]) {
        guard let version else { return (revision, objects) }
        let wanted = Int(version.text) ?? 0
        guard wanted <= revision else { throw .versionTooLarge }
        return states.filter { $0.revision >= wanted }.randomElement(using: &generator) ?? (revision, objects)
    }

    func watch(from version: ResourceVersion) throws(Refusal) -> Watch {
        let position = Int(version.text) ?? 0
        guard position >= compactedTo else { throw .expired }
        // One from the future is silent until the revision has passed it.
        return Watch(position: position, incarnation: incarnation)
    }

    mutating func stream(
        notOlderThan version: ResourceVersion?, using generator: inout SeededRandom
    ) throws(Refusal) -> Watch {
        let state = try state(notOlderThan: version, using: &generator)
        guard state.revision >= compactedTo else { throw .expired }
        let items = state.objects.values.sorted { $0.key < $1.key }
        return Watch(position: state.revision, incarnation: incarnation, initial: items, isStreaming: true)
    }

    /// A client has read a list: it knows where the server is.
    mutating func wasListed() { ceiling = .max }

    /// The next change that a watch has to send; nil when there is none. Nil also for a watch that was closed.
    func next(for watch: Watch) -> Change? {
        guard isOpen(watch) else { return nil }
        return changes.first { $0.revision > watch.position }
    }

    /// A watch that is too slow for the history is closed.
    func isOpen(_ watch: Watch) -> Bool {
        watch.incarnation == incarnation && (watch.position >= compactedTo || watch.position > revision)
    }
}
