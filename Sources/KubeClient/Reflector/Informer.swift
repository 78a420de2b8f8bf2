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
    let streamSilenceLimit: Duration
    private let notOlderThan: ResourceVersion?
    let logger: Logger
    let elapsed: @Sendable () -> Duration
    let sleep: @Sendable (Duration) async throws -> Void
    private let onChange: @Sendable (CacheChange<Object>) -> Void
    private let current = Mutex(InformerStatus())
    private let synced = Gate()

    /// - Parameters:
    ///   - selection: which objects.
    ///   - indexes: by which the cache finds objects.
    ///   - notOlderThan: the `resourceVersion` of the status of an earlier process that wrote down what it saw. The
    ///     first list is not older, so that a server that lags behind cannot lead us back in time (kubernetes#59848).
    ///     Nil: it may be of any age. A cluster that was set back is followed all the same.
    ///   - silenceLimit: after so long without an event from a watch everything is listed anew. Servers send a bookmark
    ///     about every 60 s; default 90 s.
    ///   - streamSilenceLimit: a streamed list that gives nothing for so long before its end will not end: the server
    ///     does not know how to stream lists. Default 10 s.
    ///   - clock: for waits.
    ///   - onChange: called after each change of the cache, one after the other. It must not block.
    package init(
        _ resource: Resource<Object>, client: KubernetesClient, selection: Selection = .all,
        indexes: [CacheIndex<Object>] = [], notOlderThan: ResourceVersion? = nil,
        silenceLimit: Duration = .seconds(90), streamSilenceLimit: Duration = .seconds(10), logger: Logger,
        clock: some Clock<Duration> = ContinuousClock(),
        onChange: @escaping @Sendable (CacheChange<Object>) -> Void = { _ in }
    ) {
        self.resource = resource
        self.client = client
        self.selection = selection
        self.notOlderThan = notOlderThan
        self.silenceLimit = silenceLimit
        self.streamSilenceLimit = streamSilenceLimit
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
        // Started again, it goes on from where it was.
        let floor = status.resourceVersion ?? notOlderThan
        var machine = ReflectorMachine(canStream: true, notOlderThan: floor)
        machine.resumeCounts(of: status)
        var reflection = Reflection(annotations: resource.annotations, machine: machine, elapsed: elapsed)
        var action = reflection.next(after: .start)
        while !Task.isCancelled {
            publish(reflection.machine)
            action = await perform(action, &reflection)
        }
    }

    private func perform(
        _ action: ReflectorMachine.Action, _ reflection: inout Reflection
    ) async -> ReflectorMachine.Action {
        switch action {
        case .list(let request): return await list(request, &reflection)
        case .stream(let version, let seconds): return await stream(notOlderThan: version, for: seconds, &reflection)
        case .watch(let version, let seconds): return await watch(from: version, for: seconds, &reflection)
        case .probe: return await probe(&reflection)
        case .read: preconditionFailure("only a watch reads, and it returns what comes after")
        case .wait(let duration):
            try? await sleep(duration)
            return reflection.next(after: .waited)
        case .renewToken:
            // The client has marked the refused token; it reads a new one for the next request.
            return reflection.next(after: .tokenRenewed)
        }
    }
}

// MARK: What the steps do to the cache and the status

extension Informer {
    func update(_ change: (inout InformerStatus) -> Void) { current.withLock { change(&$0) } }

    private func publish(_ machine: ReflectorMachine) {
        update { status in
            status.resourceVersion = machine.lastSeen ?? status.resourceVersion
            (status.relists, status.watchRestarts) = (machine.relists, machine.watchRestarts)
            status.restores = machine.restores
        }
    }

    /// The cache is complete.
    func markSynced() {
        update { $0.isSynced = true }
        synced.open()
    }

    /// Applies an object and reports what changed.
    func put(_ object: Object, _ cause: CacheChange<Object>.Cause) { cache.put(object, cause, report: onChange) }

    /// Removes an object whose deletion has this version and reports it.
    func remove(_ key: ObjectKey, version: ResourceVersion, _ cause: CacheChange<Object>.Cause) {
        cache.remove(key, at: version, cause, report: onChange)
    }

    /// Removes and reports what the list that was just read does not have.
    func sweep() { cache.sweep(report: onChange) }
}
