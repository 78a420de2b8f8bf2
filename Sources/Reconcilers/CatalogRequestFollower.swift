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
        // A take whose COMMIT was not answered may have been done: what it asked for is known to nobody then.
        var isUncertain = false
        while await subscription.next() != nil {
            while !Task.isCancelled {
                do {
                    let locations = try await catalog.takeRequests()
                    if isUncertain { await reconciler.readEverything() }
                    isUncertain = false
                    guard let locations else { break }
                    await reconciler.readAgain(locations)
                } catch {
                    isUncertain = true
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
        // An entity that was removed may have led somewhere.
        queue.add(.following, .low)
        for place in locations {
            if place.sourceID == followedID {
                queue.add(.target(place.location))
            } else if let source = ids.firstIndex(of: place.sourceID) {
                refresh(.location(source: source, place.location))
            }
        }
    }

    /// Has all sources listed, and all that they have read.
    func readEverything() {
        for source in sources.indices { queue.add(.listing(source: source), .low) }
        queue.add(.following, .low)
    }
}
