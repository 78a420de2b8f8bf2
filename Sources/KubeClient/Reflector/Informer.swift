package import Base
internal import Synchronization

/// Keeps a cache of one resource in step with the cluster, and reports each change.
///
/// `run()` lists and watches until its task is cancelled. Objects are decoded from the bytes as they come, applied to
/// the cache and reported one by one; while a handler works nothing more is read, so a slow one slows the server down
/// instead of filling the memory.
package final class Informer<Object: KubernetesObject>: Sendable {
    package let resource: Resource<Object>
    package let cache: ObjectCache<Object>
    let client: KubernetesClient
    let selection: Selection
    let silenceLimit: Duration
    let logger: Logger
    let elapsed: @Sendable () -> Duration
    let sleep: @Sendable (Duration) async throws -> Void
    private let onChange: @Sendable (CacheChange<Object>) -> Void
    private let current = Mutex(InformerStatus())
    private let synced = Gate()

    /// - Parameters:
    ///   - selection: which objects.
    ///   - indexes: by which the cache finds objects.
    ///   - silenceLimit: after so long without a byte from a watch everything is listed anew. Servers send a bookmark
    ///     about every 60 s; default 90 s.
    ///   - clock: for waits.
    ///   - onChange: called after each change of the cache, one after the other. It must not block.
    package init(
        _ resource: Resource<Object>, client: KubernetesClient, selection: Selection = .all,
        indexes: [CacheIndex<Object>] = [], silenceLimit: Duration = .seconds(90), logger: Logger,
        clock: some Clock<Duration> = ContinuousClock(),
        onChange: @escaping @Sendable (CacheChange<Object>) -> Void = { _ in }
    ) {
        self.resource = resource
        self.client = client
        self.selection = selection
        self.silenceLimit = silenceLimit
        self.onChange = onChange
        self.logger = logger.with(["resource": .string(resource.plural)])
        cache = ObjectCache(indexes: indexes)
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(for: $0) }
    }

    package var status: InformerStatus { current.withLock { $0 } }

    /// Waits until the cache was complete once and every object of it was reported.
    ///
    /// - Returns: false when the deadline passed, or the task was cancelled, before that.
    package func waitUntilSynced(deadline: ContinuousClock.Instant) async -> Bool {
        await synced.wait(until: deadline)
    }

    /// Follows the resource until the task is cancelled.
    package func run() async {
        var reflection = Reflection(annotations: resource.annotations, elapsed: elapsed)
        var action = reflection.next(after: .start)
        while !Task.isCancelled {
            switch action {
            case .list(let request): action = await list(request, &reflection)
            case .watch(let version, let seconds): action = await watch(from: version, for: seconds, &reflection)
            case .read: return  // only `watch` reads, and it returns what comes after
            case .wait(let duration):
                try? await sleep(duration)
                action = reflection.next(after: .waited)
            case .renewToken:
                // The client has marked the refused token; it reads a new one for the next request.
                action = reflection.next(after: .tokenRenewed)
            }
        }
    }
}

// MARK: What the steps do to the cache and the status

extension Informer {
    func update(_ change: (inout InformerStatus) -> Void) { current.withLock { change(&$0) } }

    /// The cache is complete.
    func markSynced() {
        update { $0.isSynced = true }
        synced.open()
    }

    /// Applies an object and reports what changed.
    func put(_ object: Object, _ cause: CacheChange<Object>.Cause) {
        let (old, isChanged) = cache.put(object)
        guard isChanged else { return }
        if let old, old.meta.uid != object.meta.uid {
            report(old: old, new: nil, cause)
            report(old: nil, new: object, cause)
        } else {
            report(old: old, new: object, cause)
        }
    }

    func remove(_ key: ObjectKey) {
        if let old = cache.remove(key) { report(old: old, new: nil, .watch) }
    }

    /// Removes and reports what the list that was just read does not have.
    func sweep() {
        for old in cache.sweep() { report(old: old, new: nil, .list) }
    }

    private func report(old: Object?, new: Object?, _ cause: CacheChange<Object>.Cause) {
        guard let object = new ?? old else { return }
        onChange(CacheChange(old: old, new: new, cause: cause, key: object.key))
    }
}

/// What one run of an informer carries from step to step.
struct Reflection {
    var context: DecodingContext
    private var machine = ReflectorMachine()
    private var generator = SystemRandomNumberGenerator()
    private let elapsed: @Sendable () -> Duration

    init(annotations: AnnotationFilter, elapsed: @escaping @Sendable () -> Duration) {
        context = DecodingContext(annotations: annotations)
        self.elapsed = elapsed
    }

    mutating func next(after event: ReflectorMachine.Event) -> ReflectorMachine.Action {
        machine.handle(event, at: elapsed(), using: &generator)
    }
}
