internal import Base
internal import Catalog
package import CatalogSources
package import Store
internal import Synchronization

/// The locations that were registered over the API: a Location entity for each. What they point to is another matter.
package final class RegisteredLocations: CatalogSource {
    package let id = SourceID(type: "registered", target: "locations")
    private let catalog: CatalogStore
    private let requests: CatalogFeed
    private let watch = Mutex<Task<Void, Never>?>(nil)

    /// - Parameter requests: tells when somebody registered; to be run by the caller.
    package init(catalog: CatalogStore, requests: CatalogFeed) {
        self.catalog = catalog
        self.requests = requests
    }

    package func start(onChange: @escaping @Sendable (CatalogSourceChange) -> Void) async {
        let subscription = requests.subscribe()
        let task = Task {
            defer { subscription.cancel() }
            while let notice = await subscription.next() {
                guard !Task.isCancelled else { return }
                if let change = Self.change(notice) { onChange(change) }
            }
        }
        watch.withLock { $0 = task }
    }

    /// What a notice says about registrations; nil: nothing.
    private static func change(_ notice: CatalogNotice) -> CatalogSourceChange? {
        switch notice {
        case .anything: return .listing
        case .entities(let names):
            let keys = names.filter { LocationRef(registrationKey: $0) != nil }
            return keys.isEmpty ? nil : .locations(keys)
        }
    }

    package func stop() async {
        let task = watch.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    package func locations() async throws -> Set<String> {
        Set(try await catalog.registeredLocations().map(\.ref.registrationKey))
    }

    package func origin(of location: String) -> String { LocationRef.shown(location) }

    package func read(_ location: String) async throws -> [UInt8]? {
        guard let ref = LocationRef(registrationKey: location), try await catalog.registeredLocation(ref) != nil else {
            return nil
        }
        return JSONValue.object(ref.entity).serialized()
    }
}
