package import Base
package import Catalog
package import KubeClient

/// One canonical file as a source of the catalog, with the one location `canonical:<name>`. A file that is missing is one
/// that cannot be read: what it gave stays.
package struct CanonicalSource: CatalogSource {
    package let id: SourceID
    package let canonical: CanonicalSettings?
    private let location: String
    private let text: any WatchedText
    /// Of the URL that the file is read from; nil: it lies elsewhere.
    private let host: String?

    /// - Parameters:
    ///   - executor: a thread that may block; sources can share one.
    ///   - client: of the home cluster.
    ///   - urls: reads URLs.
    package init(
        _ settings: CanonicalSettings, at place: CanonicalPlace, executor: ThreadExecutor, client: KubernetesClient,
        urls: any URLReading, logger: Logger
    ) {
        let id = Self.id(of: settings)
        let text: any WatchedText =
            switch place {
            case .file(let path): WatchedFile(path: path, executor: executor)
            case .configMap(let namespace, let name, let key):
                WatchedConfigMap(
                    namespace: namespace, name: name, key: key, client: client, source: id, logger: logger)
            case .url(let url, let frequency): WatchedURL(url, urls: urls, source: id, frequency: frequency)
            }
        if case .url(let url, _) = place {
            self.init(settings, text, host: FarHost.of("url:\(url)"))
        } else {
            self.init(settings, text)
        }
    }

    init(_ settings: CanonicalSettings, _ text: any WatchedText, host: String? = nil) {
        id = Self.id(of: settings)
        canonical = settings
        location = settings.location
        self.text = text
        self.host = host
    }

    /// What the source of a canonical file is called.
    package static func id(of settings: CanonicalSettings) -> SourceID {
        SourceID(type: "canonical", target: settings.name)
    }

    package func start(onChange: @escaping @Sendable (CatalogSourceChange) -> Void) async {
        await text.start { [location] in onChange(.locations([location])) }
        onChange(.listing)
    }

    package func stop() async { await text.stop() }

    package func locations() async throws -> Set<String> { [location] }

    package func farHost(of location: String) async -> String? { host }

    package func read(_ location: String) async throws -> [UInt8]? {
        guard location == self.location else {
            throw CatalogSourceError(.foreignLocation, id, "\(location) is not \(self.location)")
        }
        return try await text.read()
    }

    package func refresh(_ location: String) async { await text.refresh() }
}
