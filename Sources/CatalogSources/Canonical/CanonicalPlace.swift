internal import Base
internal import KubeClient
internal import Synchronization

/// Where a canonical file is.
package enum CanonicalPlace: Sendable, Hashable {
    /// A mounted file; a relative path counts from the working directory.
    case file(String)
    /// A key of a ConfigMap of the home cluster.
    case configMap(namespace: String, name: String, key: String)
    /// What one of the configured integrations reads, after so long again.
    case url(String, frequency: Duration)
}

/// Reads one text that may change, and tells when it may have.
protocol WatchedText: Sendable {
    func start(onChange: @escaping @Sendable () -> Void) async
    func stop() async
    /// - Throws: `CatalogSourceError` when it is not there or cannot be read; it is never empty for want of it.
    func read() async throws -> [UInt8]
    /// Looks at once, when it looks on a schedule.
    func refresh() async
}

extension WatchedText {
    func refresh() async {}
}

/// A file, looked at as those of a catalog directory are.
struct WatchedFile: WatchedText {
    private let source: DirectorySource
    private let location: String

    init(path: String, executor: ThreadExecutor) {
        source = DirectorySource(path: path, executor: executor)
        location = source.id.description
    }

    func start(onChange: @escaping @Sendable () -> Void) async { await source.start { _ in onChange() } }
    func stop() async { await source.stop() }

    func read() async throws -> [UInt8] {
        guard let bytes = try await source.read(location) else {
            throw CatalogSourceError(.unreadable, source.id, "is not a regular file")
        }
        return bytes
    }
}

/// A key of a ConfigMap, followed by a watch on that one object.
final class WatchedConfigMap: WatchedText {
    private let informer: Informer<ConfigMap>
    private let object: ObjectKey
    private let key: String
    private let source: SourceID
    private let change: Relay
    private let interval: Duration
    private let tasks = Mutex<[Task<Void, Never>]>([])

    /// Calls whoever listens at the moment.
    private final class Relay: Sendable {
        private let listener = Mutex<(@Sendable () -> Void)?>(nil)
        func set(_ onChange: (@Sendable () -> Void)?) { listener.withLock { $0 = onChange } }
        func call() { listener.withLock { $0 }?() }
    }

    /// - Parameter interval: between two looks at whether the API server is in reach.
    init(
        namespace: String, name: String, key: String, client: KubernetesClient, source: SourceID, logger: Logger,
        interval: Duration = .seconds(1)
    ) {
        let change = Relay()
        (self.change, self.source, self.key, self.interval) = (change, source, key, interval)
        object = ObjectKey(namespace: namespace, name: name)
        informer = Informer(
            Resource<ConfigMap>.configMaps.keeping(annotations: .none), client: client,
            selection: Selection(namespace: namespace, fieldSelector: "metadata.name=\(name)"), logger: logger
        ) { seen in
            if seen.old?.data[key] != seen.new?.data[key] { change.call() }
        }
    }

    func start(onChange: @escaping @Sendable () -> Void) async {
        change.set(onChange)
        tasks.withLock { tasks in
            guard tasks.isEmpty else { return }
            tasks = [Task { await informer.run() }, Task { await watchHealth() }]
        }
    }

    func stop() async {
        change.set(nil)
        let ending = tasks.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
        for task in ending { task.cancel() }
        for task in ending { await task.value }
    }

    func read() async throws -> [UInt8] {
        // Asked before the cache, which may become complete in between.
        let problem = ConfigMapHealth(informer.status).error(of: source)
        if let text = informer.cache.get(object)?.data[key] { return Array(text.utf8) }
        throw problem
            ?? CatalogSourceError(
                .unreadable, source, "there is no key \(key) in a ConfigMap \(object.namespace)/\(object.name)")
    }

    /// Tells when the cluster comes into reach and goes out of it.
    private func watchHealth() async {
        var last = ConfigMapHealth.starting
        while !Task.isCancelled {
            let health = ConfigMapHealth(informer.status)
            if health != last { change.call() }
            last = health
            if informer.status.isSynced {
                try? await Task.sleep(for: interval)
            } else {
                _ = await informer.waitUntilSynced(deadline: .now + interval)
            }
        }
    }
}

/// What a URL names, read on a schedule. Nothing is told of when the etag or the content is the same.
actor WatchedURL: WatchedText {
    private let url: String
    private let urls: any URLReading
    private let source: SourceID
    private let frequency: Duration
    private let clock: any Clock<Duration>
    private var content: (bytes: [UInt8], etag: String?)?
    private var failure: CatalogSourceError?
    private var watch: Task<Void, Never>?
    /// The look under way, which all who ask meanwhile share.
    private var looking: Task<Bool, Never>?

    init(
        _ url: String, urls: any URLReading, source: SourceID, frequency: Duration,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        (self.url, self.urls, self.source, self.frequency, self.clock) = (url, urls, source, frequency, clock)
    }

    func start(onChange: @escaping @Sendable () -> Void) {
        guard watch == nil else { return }
        watch = Task {
            while !Task.isCancelled {
                if await lookOnce() { onChange() }
                try? await clock.sleep(for: frequency)
            }
        }
    }

    func stop() async {
        watch?.cancel()
        await watch?.value
        watch = nil
    }

    /// What the last look found: between two looks nobody asks the server.
    func read() async throws -> [UInt8] {
        if content == nil, failure == nil { _ = await lookOnce() }
        if let failure { throw failure }
        return content?.bytes ?? []
    }

    /// A look that is under way may have begun too early: all who come meanwhile share the one after it.
    func refresh() async {
        if let looking { _ = await looking.value }
        _ = await lookOnce()
    }

    private func lookOnce() async -> Bool {
        if let looking { return await looking.value }
        let task = Task {
            defer { looking = nil }
            return await look()
        }
        looking = task
        return await task.value
    }

    /// - Returns: whether something is another than at the last look.
    private func look() async -> Bool {
        let before = (content?.bytes, failure)
        do {
            switch try await urls.read(url, etag: content?.etag) {
            case .unchanged: break
            case .content(let bytes, let etag): content = (bytes, etag)
            case .missing: throw CatalogSourceError(.unreadable, source, "nothing is there")
            }
            failure = nil
        } catch {
            failure = error as? CatalogSourceError ?? CatalogSourceError(.unreadable, source, "\(error)")
        }
        return before.0 != content?.bytes || before.1 != failure || (before.0 == nil && failure != nil)
    }
}
