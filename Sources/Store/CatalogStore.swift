package import Base
package import Catalog

/// What one location (a file, a key of a ConfigMap) holds now.
package struct LocationContent: Sendable {
    package enum Outcome: Sendable {
        /// Its documents, good and bad.
        case documents([ParsedDocument])
        /// It is there and cannot be read; its entities stay.
        case unreadable(String)
        /// It is gone, and its entities go with it.
        case gone
        /// It can be read, and nothing of it is used; none of the documents is an entity. What it gave stays as it is.
        case refused([ParsedDocument])
    }

    /// Such as `file:catalog/shop.yaml`.
    package let location: String
    package let sourceID: Int
    package private(set) var outcome: Outcome
    /// What the annotations of its entities say about where they come from.
    let managedBy: String
    let origin: String
    let isFollowed: Bool
    /// Of a canonical file.
    package let canonical: CanonicalContent?

    /// - Parameter provenance: nil: the location is one of the source itself.
    package init(
        location: String, sourceID: Int, outcome: Outcome, provenance: Provenance? = nil,
        canonical: CanonicalContent? = nil
    ) {
        self.location = location
        self.sourceID = sourceID
        self.outcome = outcome
        self.canonical = canonical
        managedBy = provenance?.location ?? location
        origin = provenance?.origin ?? location
        isFollowed = provenance?.isFollowed ?? false
    }

    /// The same location with other documents.
    package func holding(_ documents: [ParsedDocument]) -> LocationContent {
        var copy = self
        copy.outcome = .documents(documents)
        return copy
    }

    var isUnreadable: Bool { if case .unreadable = outcome { true } else { false } }
    var isGone: Bool { if case .gone = outcome { true } else { false } }
}

/// What a batch of locations changed.
package struct CatalogChanges: Sendable, Equatable {
    /// Entities whose claim on workloads is another now, by ref; nil when the entity is gone.
    package var entities: [String: Entity?] = [:]
    /// Entities whose definition or status changed, appeared or went.
    package var changed: Set<String> = []
    /// Locations that hold another definition of an entity that went, with their sources; they should be read again.
    package var contestants: [String: Int] = [:]
    /// What Location entities point to may be other locations now.
    package var areTargetsChanged = false
    /// What became of the canonical files of the batch.
    package var canonicalRuns: [CanonicalRun] = []
    /// By the id of the source, what its locations of the batch came to.
    package var tallies: [Int: SourceTally] = [:]
}

/// What becomes of entities that no location gives any more.
package enum OrphanStrategy: String, Sendable, CaseIterable {
    /// They stay, marked, until somebody deletes them or a location gives them again.
    case keep
    /// They go.
    case delete
}

/// A stored problem of a location, as users look at it.
package struct ProblemView: Sendable {
    package let location: String
    package let code: String
    package let line: Int64?
    package let column: Int64?
    package let entityRef: String?
    package let message: String
}

/// A source with how it stands.
package struct SourceView: Sendable {
    package let id: Int
    package let type: String
    package let target: String
    /// Why it could not be listed at the last attempt; nil when it could.
    package let error: String?
    package let lastAttemptAt: Timestamp?
    package let lastSuccessAt: Timestamp?
    package let locations: Int64
    package let entities: Int64
    /// The first of them.
    package let problems: [ProblemView]
    /// Of all that is wrong.
    package let problemCount: Int
    /// The latest one; nil when there was none yet.
    package let lastRun: SourceRun?

    /// How a source stands, the worst first.
    package enum State: String, Sendable, CaseIterable {
        /// It could not be listed.
        case failing
        /// Something in it is not used.
        case problems
        /// It was not listed yet.
        case pending
        case ok
    }

    package var state: State {
        if lastAttemptAt == nil { return .pending }
        return error != nil ? .failing : problemCount == 0 ? .ok : .problems
    }

    /// `<type>:<target>`.
    package var name: String { "\(type):\(target)" }
}

/// The tables of the catalog.
package struct CatalogStore: Sendable {
    let pool: PostgresPool
    let leader: LeaderTransactions
    let loader: EntityLoader
    /// Gives nothing unless a feed keeps it current.
    let cache = EntityCache()

    init(pool: PostgresPool, leader: LeaderTransactions) {
        self.pool = pool
        self.leader = leader
        loader = EntityLoader(pool: pool)
    }
}
