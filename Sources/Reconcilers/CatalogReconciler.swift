package import Base
internal import Catalog
package import CatalogSources
package import Store

/// Brings the stored catalog in line with its sources.
///
/// Level-triggered: an announcement says where to look; what is written is read from the source at that moment. A source
/// or location that cannot be read keeps what it gave, and is tried again.
package actor CatalogReconciler {
    /// What is to be looked at.
    enum Key: Hashable, Sendable {
        /// Which locations a source has.
        case listing(source: Int)
        /// What one location holds.
        case location(source: Int, String)
        /// Which locations Location entities lead to.
        case following
        /// What one of those holds.
        case target(String)
        /// What was read over a network.
        case arrivals

        var isTarget: Bool { if case .target = self { true } else { false } }
    }

    /// How work on a key ended.
    enum Outcome {
        case done
        /// The source cannot be read, or the database cannot hold what is there: tried again, later each time.
        case refused
        /// Something that the location needs, such as a URL, cannot be read: tried again, later each time, from seconds on.
        case lacking
        /// The database failed, for all keys alike; a wait that grew each time would only delay the recovery.
        case unwritten
    }

    private(set) var sources: [any CatalogSource]
    /// Those that are there from beginning to end come first.
    let fixedCount: Int
    /// Nil: there are no others.
    let changing: (any ChangingSources)?
    /// The others by their place, the places that are empty, and which of them there may be.
    var changingObjects: [Int: ObjectIdentifier] = [:]
    var ended: Set<Int> = []
    var expectedTargets: Set<String>?
    /// What is being removed at this moment.
    var retiring: SourceID?
    let processing: CatalogProcessing
    let reader: CatalogReader
    /// Nil: nobody is told.
    let events: (any EventSink)?
    let store: Store
    let logger: Logger
    private let metrics: ReconcilerMetrics
    let findings: CatalogMetrics
    let queue: WorkQueue<Key>
    /// Row ids of the sources, in their order.
    private(set) var ids: [Int] = []
    /// The row id of the source that stands for what Location entities lead to, and what that is.
    private(set) var followedID = 0
    var followed: [String: FollowedLocation] = [:]
    /// What is read over a network.
    var far = FarReads<Key, FarReading>()
    var farTasks: [Key: Task<Void, Never>] = [:]
    /// What sources bring up to date because somebody asked for it.
    var refreshes = FarReads<Key, Void>()
    var refreshTasks: [Key: Task<Void, Never>] = [:]
    /// What retiring waits for; nil before that is known.
    var awaited: Set<Key>?
    /// Before that was found out once, no such location is looked at: it would look as if nothing led there.
    var hasFollowed = false
    /// Sources whose first listing was attempted, and those whose listing succeeded once.
    var attempted: Set<Int> = []
    var listed: Set<Int> = []
    /// What sources gave that are configured no more has been removed.
    private var hasRetired = false
    /// Orphans of an earlier time have been removed, if they are to be.
    private var hasSwept = false
    /// What could not be written because the database failed, and will be tried again.
    private var unwritten: Set<Key> = []
    /// What is to be looked at again so long after the first round.
    var postponed: [Key: Duration] = [:]
    /// True once every source was asked and what they gave is written, but for what is read over a network.
    package private(set) var isCaughtUp = false
    var runs = SourceRuns()
    let now: @Sendable () -> Timestamp
    /// A write failed, and it is not known whether it was done all the same: what it made possible was not looked at.
    var isUncertain = false

    private static let maximumBatch = 500
    /// A batch is written in parts of so many documents, and as many bytes, so that a part takes a transaction of moderate
    /// length and memory.
    static let partDocuments = 1_000
    static let partBytes = 4 << 20
    /// So many locations are read at once; each may be as long as the longest catalog file.
    static let concurrency = 4
    /// What a location that is gone counts as in a part.
    static let documentsOfGone = 20
    private static let pace: Duration = .milliseconds(50)
    static let databaseRetry: Duration = .seconds(1)

    /// - Parameters:
    ///   - events: told of what the authors of catalog files in a cluster must know.
    ///   - sources: in the order of precedence when several define the same entity at the start.
    ///   - changing: further ones, that come and go.
    package init(
        sources: [any CatalogSource], changing: (any ChangingSources)? = nil, processing: CatalogProcessing,
        store: Store, events: (any EventSink)? = nil, metrics: MetricsRegistry, logger: Logger,
        now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.sources = sources
        self.changing = changing
        self.now = now
        fixedCount = sources.count
        self.processing = processing
        reader = CatalogReader(rules: processing.rules, targets: processing.targets)
        findings = CatalogMetrics(metrics)
        self.events = events
        self.store = store
        self.logger = logger.with(["controller": "catalog"])
        self.metrics = ReconcilerMetrics(metrics, controller: "catalog")
        queue = WorkQueue(metrics: WorkQueueMetrics(metrics, controller: "catalog", name: "catalog"))
    }

    /// Follows the sources until the task is cancelled.
    package func run() async {
        await prepare()
        for index in fixedSources { await start(index) }
        queue.add(.following, .low)
        let following = Task { await followChanging() }
        while !Task.isCancelled {
            if queue.counts.ready == 0, unwritten.allSatisfy(isOfEnded) { await allRead() }
            guard let keys = await queue.nextBatch(maximum: Self.maximumBatch) else { break }
            await process(keys)
            queue.done(keys)
            try? await Task.sleep(for: Self.pace)
        }
        following.cancel()
        await following.value
        await stopFar()
        for source in sources { await source.stop() }
    }

    func start(_ index: Int) async {
        await sources[index].start { [queue] change in
            switch change {
            case .listing: queue.add(.listing(source: index))
            case .locations(let locations):
                for location in locations { queue.add(.location(source: index, location)) }
            }
        }
    }

    /// Gives a source that came its place: that of the one of its id, or a new one.
    func place(of source: any CatalogSource) async throws -> Int {
        let id = try await register(source)
        if let index = sources.firstIndex(where: { $0.id == source.id }) {
            await sources[index].stop()
            (sources[index], ids[index]) = (source, id)
            return index
        }
        ids.append(id)
        sources.append(source)
        return sources.count - 1
    }

    private func register(_ source: any CatalogSource) async throws -> Int {
        try await store.catalog.register(type: source.id.type, target: source.id.target, yields: source.yields)
    }

    /// What is there no more is looked for again, soon.
    func retireAgain() {
        hasRetired = false
        awaited = nil
        queue.add(.following, .low)
    }

    /// Registers the sources. Tries until the database answers.
    private func prepare() async {
        while !Task.isCancelled {
            do {
                ids = []
                await reader.targets.keep(in: StoredEtags(store))
                followedID = try await store.catalog.register(type: CatalogStore.followedType, target: "*")
                for source in sources {
                    ids.append(try await register(source))
                }
                return
            } catch {
                logger.warning("cannot read the stored catalog yet", ["error": .string("\(error)")])
                try? await Task.sleep(for: Self.databaseRetry)
            }
        }
    }

    /// Nothing waits to be read or written now.
    private func allRead() async {
        if !hasRetired, listed.isSuperset(of: fixedSources), hasReadFar() { hasRetired = await retire() }
        if hasRetired, !hasSwept { hasSwept = await sweep() }
        await findings.update(from: store.catalog, logger)
        await noteRuns()
        if !isCaughtUp, attempted.isSuperset(of: fixedSources) {
            isCaughtUp = true
            beginRepeating()
            logger.info("caught up with the sources", ["sources": .int(Int64(sources.count))])
        }
    }

    private func process(_ keys: [Key]) async {
        let started = ContinuousClock.now
        metrics.started()
        var outcomes: [Key: Outcome] = [:]
        for case .listing(let source) in keys { outcomes[.listing(source: source)] = await list(source) }
        let locations = keys.filter { if case .location = $0 { true } else { $0.isTarget } }
        // Before anything is taken, so that what was asked for meanwhile is read again.
        let near = await handOver(locations)
        outcomes.merge(await readLocations(near, and: takeFar())) { $1 }
        if keys.contains(.following) { outcomes[.following] = await follow() }
        for (key, outcome) in outcomes { settle(key, outcome) }
        let isSuccess = outcomes.values.allSatisfy { $0 == .done }
        metrics.finished(isSuccess ? .success : .error, after: ContinuousClock.now - started)
    }

    private func settle(_ key: Key, _ outcome: Outcome) {
        switch outcome {
        case .done: queue.forget(key)
        case .refused: queue.retry(key, .low)
        case .lacking where isCaughtUp:
            queue.retry(key, after: processing.retry(after: queue.failureCount(key)), .low)
        case .lacking: postpone(key, processing.firstRetry)
        case .unwritten: queue.retry(key, after: Self.databaseRetry)
        }
        if outcome == .unwritten { unwritten.insert(key) } else { unwritten.remove(key) }
    }
}
