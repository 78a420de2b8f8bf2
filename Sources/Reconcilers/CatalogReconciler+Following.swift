internal import Base
internal import Catalog
internal import Store

extension CatalogReconciler {
    /// Finds out which locations the stored Location entities lead to, and has those looked at that came, went, or are come by
    /// in another way now.
    func follow() async -> Outcome {
        do {
            let (holders, held) = try await store.catalog.locationHolders(followed: followedID)
            let plan = LocationGraph.followed(
                from: holders, held: held, operators: Set(processing.rules.sources.keys))
            let stored = try await store.catalog.locations(of: followedID)
            let due = plan.keys.filter { followed[$0] != plan[$0] } + stored.filter { plan[$0] == nil }
            (followed, hasFollowed) = (plan, true)
            try await store.catalog.note(source: followedID, error: nil)
            for location in due.sorted() { queue.add(.target(location), .low) }
            return .done
        } catch {
            logger.warning(
                "what Location entities lead to was not found out yet", ["error": .string("\(error)")])
            return .unwritten
        }
    }
}
