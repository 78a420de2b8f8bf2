internal import Base
internal import Store

/// Does what the API asks of the leader of the catalog, soon after it was asked, on whichever replica that was.
struct CatalogRequestFollower: Sendable {
    let catalog: CatalogStore
    /// To be run by the caller.
    let requests: CatalogFeed
    let logger: Logger
    private static let databaseRetry: Duration = .seconds(1)

    /// Until the task is cancelled.
    func run(_ reconciler: CatalogReconciler) async {
        let subscription = requests.subscribe()
        defer { subscription.cancel() }
        while await subscription.next() != nil {
            while !Task.isCancelled {
                do {
                    guard let locations = try await catalog.takeRequests() else { break }
                    await reconciler.readAgain(locations)
                } catch {
                    logger.warning("cannot read what is asked of the catalog yet", ["error": .string("\(error)")])
                    try? await Task.sleep(for: Self.databaseRetry)
                }
            }
        }
    }
}

extension CatalogReconciler {
    /// Has locations read now. Those of sources that are not followed here are passed over.
    func readAgain(_ locations: [LocationToRead]) {
        for place in locations {
            if place.sourceID == followedID {
                queue.add(.target(place.location))
            } else if let source = ids.firstIndex(of: place.sourceID) {
                queue.add(.location(source: source, place.location))
            }
        }
    }
}
