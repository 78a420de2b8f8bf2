package import Base
internal import Catalog
package import CatalogSources
internal import Matching
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
    }

    /// How work on a key ended.
    private enum Outcome {
        case done
        /// The source cannot be read, or the database cannot hold what is there: tried again, later each time.
        case refused
        /// The database failed, for all keys alike; a wait that grew each time would only delay the recovery.
        case unwritten
    }

    private let sources: [any CatalogSource]
    /// Nil: nobody is told.
    let events: (any EventSink)?
    private let store: Store
    private let logger: Logger
    private let metrics: ReconcilerMetrics
    let queue: WorkQueue<Key>
    /// Row ids of the sources, in their order.
    private(set) var ids: [Int] = []
    /// Sources whose first listing was attempted, and those whose listing succeeded once.
    private var attempted: Set<Int> = []
    private var listed: Set<Int> = []
    /// What sources gave that are configured no more has been removed.
    private var hasRetired = false
    /// What could not be written because the database failed, and will be tried again.
    private var unwritten: Set<Key> = []
    /// True once every source was asked and what they gave is written.
    package private(set) var isCaughtUp = false
    /// A write failed, and it is not known whether it was done all the same: what it made possible was not looked at.
    private var isUncertain = false

    private static let maximumBatch = 500
    /// A batch is written in parts of so many documents, and as many bytes, so that a part takes a transaction of moderate
    /// length and memory.
    private static let partDocuments = 1_000
    private static let partBytes = 4 << 20
    private static let pace: Duration = .milliseconds(50)
    private static let databaseRetry: Duration = .seconds(1)

    /// - Parameters:
    ///   - events: told of what the authors of catalog files in a cluster must know.
    ///   - sources: in the order of precedence when several define the same entity at the start.
    package init(
        sources: [any CatalogSource], store: Store, events: (any EventSink)? = nil, metrics: MetricsRegistry,
        logger: Logger
    ) {
        self.sources = sources
        self.events = events
        self.store = store
        self.logger = logger.with(["controller": "catalog"])
        self.metrics = ReconcilerMetrics(metrics, controller: "catalog")
        queue = WorkQueue(metrics: WorkQueueMetrics(metrics, controller: "catalog", name: "catalog"))
    }

    /// Follows the sources until the task is cancelled.
    package func run() async {
        await prepare()
        for (index, source) in sources.enumerated() {
            await source.start { [queue] change in
                switch change {
                case .listing: queue.add(.listing(source: index))
                case .locations(let locations):
                    for location in locations { queue.add(.location(source: index, location)) }
                }
            }
        }
        while !Task.isCancelled {
            if queue.counts.ready == 0, unwritten.isEmpty { await allRead() }
            guard let keys = await queue.nextBatch(maximum: Self.maximumBatch) else { break }
            await process(keys)
            queue.done(keys)
            try? await Task.sleep(for: Self.pace)
        }
        for source in sources { await source.stop() }
    }

    /// Registers the sources. Tries until the database answers.
    private func prepare() async {
        while !Task.isCancelled {
            do {
                ids = []
                for source in sources {
                    ids.append(try await store.catalog.register(type: source.id.type, target: source.id.target))
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
        if !hasRetired, listed.count == sources.count { hasRetired = await retire() }
        if !isCaughtUp, attempted.count == sources.count {
            isCaughtUp = true
            logger.info("caught up with the sources", ["sources": .int(Int64(sources.count))])
        }
    }

    /// Removes what sources gave that are configured no more. Only after every configured one could be read: a source that
    /// was merely renamed has taken its locations over by then, and its entities stay as they are.
    ///
    /// - Returns: false when the database failed; nothing is lost by trying again.
    private func retire() async -> Bool {
        do {
            for id in try await store.catalog.retired(configured: ids) {
                let locations = try await store.catalog.locations(of: id)
                try await apply(locations.map { LocationContent(location: $0, sourceID: id, outcome: .gone) })
                try await store.catalog.remove(source: id)
                logger.info(
                    "a source is configured no more; what only it gave was removed",
                    ["source": .int(Int64(id)), "locations": .int(Int64(locations.count))])
            }
            return true
        } catch {
            logger.warning("a retired source was not removed yet", ["error": .string("\(error)")])
            // Something must wake the loop, or nobody tries again.
            if !sources.isEmpty { queue.add(.listing(source: 0), after: Self.databaseRetry) }
            return false
        }
    }

    private func process(_ keys: [Key]) async {
        let started = ContinuousClock.now
        metrics.started()
        var outcomes: [Key: Outcome] = [:]
        for case .listing(let source) in keys { outcomes[.listing(source: source)] = await list(source) }
        outcomes.merge(await readLocations(keys)) { $1 }
        for (key, outcome) in outcomes {
            switch outcome {
            case .done: queue.forget(key)
            case .refused: queue.retry(key, .low)
            case .unwritten: queue.retry(key, after: Self.databaseRetry)
            }
            if outcome == .unwritten { unwritten.insert(key) } else { unwritten.remove(key) }
        }
        let isSuccess = outcomes.values.allSatisfy { $0 == .done }
        metrics.finished(isSuccess ? .success : .error, after: ContinuousClock.now - started)
    }

    /// Asks a source for its locations and has all of them looked at, those that it no longer has too.
    private func list(_ source: Int) async -> Outcome {
        var present: Set<String> = []
        var failure: String?
        do {
            present = try await sources[source].locations()
        } catch {
            failure = "\(error)"
            logger.warning(
                "a catalog source cannot be listed; what it gave stays",
                ["source": .string(sources[source].id.description), "error": .string("\(error)")])
        }
        do {
            if failure == nil {
                present.formUnion(try await store.catalog.locations(of: ids[source]))
                for location in present.sorted() { queue.add(.location(source: source, location), .low) }
            }
            try await store.catalog.note(source: ids[source], error: failure)
        } catch {
            logger.warning(
                "a source's listing was not noted and will be done again",
                ["source": .string(sources[source].id.description), "error": .string("\(error)")])
            return .unwritten
        }
        attempted.insert(source)
        if failure == nil { listed.insert(source) }
        return failure == nil ? .done : .refused
    }

    /// Reads the locations among the keys and writes what they hold.
    private func readLocations(_ keys: [Key]) async -> [Key: Outcome] {
        var outcomes: [Key: Outcome] = [:]
        var part: [LocationContent] = []
        var size = (documents: 0, bytes: 0)
        var unreadable: Set<Key> = []
        var written: [String: Outcome] = [:]
        for case .location(let source, let location) in keys {
            let (content, bytes) = await content(source: source, location)
            switch content.outcome {
            case .unreadable: unreadable.insert(.location(source: source, location))
            case .documents(let documents): size = (size.documents + documents.count, size.bytes + bytes)
            case .gone: break
            }
            part.append(content)
            if size.documents >= Self.partDocuments || size.bytes >= Self.partBytes {
                written.merge(await write(part)) { $1 }
                (part, size) = ([], (0, 0))
            }
        }
        if !part.isEmpty { written.merge(await write(part)) { $1 } }
        for case .location(let source, let location) in keys {
            let key = Key.location(source: source, location)
            let outcome = written[location] ?? .unwritten
            outcomes[key] = outcome == .done && unreadable.contains(key) ? .refused : outcome
        }
        return outcomes
    }

    /// What a location holds, and how many bytes that was.
    private func content(source: Int, _ location: String) async -> (LocationContent, bytes: Int) {
        func content(_ outcome: LocationContent.Outcome, bytes: Int = 0) -> (LocationContent, bytes: Int) {
            (LocationContent(location: location, sourceID: ids[source], outcome: outcome), bytes)
        }
        do {
            guard let bytes = try await sources[source].read(location) else { return content(.gone) }
            return content(.documents(CatalogFile.documents(bytes, name: location)), bytes: bytes.count)
        } catch {
            return content(.unreadable("\(error)"))
        }
    }

    /// Writes what locations hold, all at once. When the database refuses that, each is written for itself, so that one
    /// that it cannot hold does not hold up the others.
    ///
    /// - Returns: how it ended, by location.
    private func write(_ contents: [LocationContent]) async -> [String: Outcome] {
        do {
            try await apply(contents)
            return outcomes(of: contents, .done)
        } catch let error as StoreError where error.code == .statement || error.code == .timeout {
            if contents.count == 1 { return [contents[0].location: await refuse(contents[0], error)] }
            var outcomes: [String: Outcome] = [:]
            for content in contents { outcomes.merge(await write([content])) { $1 } }
            return outcomes
        } catch {
            isUncertain = true
            logger.warning(
                "catalog locations were not written and will be tried again",
                ["locations": .int(Int64(contents.count)), "error": .string("\(error)")])
            return outcomes(of: contents, .unwritten)
        }
    }

    /// Two sources may give the same location, such as a directory and one below it.
    private func outcomes(of contents: [LocationContent], _ outcome: Outcome) -> [String: Outcome] {
        Dictionary(contents.map { ($0.location, outcome) }) { $1 }
    }

    /// Notes that the database does not take what a location holds. When it does not take that either, the fault is not
    /// the location's.
    private func refuse(_ content: LocationContent, _ error: StoreError) async -> Outcome {
        logger.warning(
            "a catalog location cannot be stored; what it gave stays",
            ["location": .string(content.location), "error": .string(error.description)])
        let refused = LocationContent(
            location: content.location, sourceID: content.sourceID,
            outcome: .unreadable("it cannot be stored: \(error)"))
        do {
            try await apply([refused])
            return .refused
        } catch {
            isUncertain = true
            return .unwritten
        }
    }

    private func apply(_ contents: [LocationContent]) async throws {
        let changes = try await store.catalog.apply(contents, status: Self.status)
        resolveUncertainty()
        // A definition that lost against one that is gone may win now.
        for (location, id) in changes.contestants {
            if let source = ids.firstIndex(of: id) { queue.add(.location(source: source, location)) }
        }
        log(contents, changes)
    }

    /// After a write whose end is not known, every source is listed again for definitions that may have won meanwhile.
    private func resolveUncertainty() {
        guard isUncertain else { return }
        isUncertain = false
        for source in sources.indices { queue.add(.listing(source: source), .low) }
    }

    private func log(_ contents: [LocationContent], _ changes: CatalogChanges) {
        if !changes.changed.isEmpty {
            logger.info("the catalog changed", ["entities": .int(Int64(changes.changed.count))])
        }
        for content in contents {
            guard case .documents(let documents) = content.outcome else { continue }
            if let source = ids.firstIndex(of: content.sourceID),
                let object = sources[source].object(of: content.location)
            {
                report(content, of: object)
            }
            for problem in documents.flatMap(\.problems) {
                logger.warning("a catalog document is not used", ["problem": .string(problem.description)])
            }
        }
    }

    private static let selectorStatus = "callboard.dev/workload-selector"

    /// What is wrong with an entity's claim on workloads, or hardly meant.
    static func status(_ entity: Entity) -> [StatusItem] {
        switch claim(of: entity) {
        case .absent: []
        case .refused(let refusal):
            [
                StatusItem(
                    type: selectorStatus, level: .error, message: refusal.description, errorName: "InputError")
            ]
        case .selector(let selector):
            selector.selector.requirements.allSatisfy(\.matchesAbsentKey)
                ? [
                    StatusItem(
                        type: selectorStatus, level: .warning,
                        message:
                            "The selector \(selector.selector) has only negative terms, so it matches every workload "
                            + "that lacks them; name a label that yours have")
                ] : []
        }
    }

    private static func claim(of entity: Entity) -> EntityClaim {
        let annotations = WorkloadSelectorAnnotations(entity)
        return EntitySelector.make(
            ref: entity.ref.canonical, labelSelector: annotations.labelSelector, kubernetesID: annotations.kubernetesID,
            namespaces: annotations.namespaces, clusters: annotations.clusters)
    }
}
