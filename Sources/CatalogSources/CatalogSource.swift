package import Base
package import Catalog
package import KubeClient

/// A place that entities come from, whose content is a set of locations: files, keys of ConfigMaps. A location holds the
/// bytes of one catalog file.
///
/// Level-triggered: an announcement says where to look and never what is there, so announcements may come late, twice or
/// together without harm. A source that cannot be read throws; it never answers as if it were empty.
package protocol CatalogSource: Sendable {
    /// Which source this is, unchanged over restarts.
    var id: SourceID { get }

    /// Begins to watch. The first announcement is `.listing`, once there is something to list or a reason why not.
    ///
    /// - Parameter onChange: called from any thread; must return soon.
    func start(onChange: @escaping @Sendable (CatalogSourceChange) -> Void) async

    /// Ends watching. No announcement comes after it returns.
    func stop() async

    /// All locations there are now. What the catalog holds from this source beyond them is gone.
    ///
    /// - Throws: when the source cannot be read in full; everything that it gave before is to be kept.
    func locations() async throws -> Set<String>

    /// The bytes at a location; nil when the location is gone, and its entities with it.
    ///
    /// - Throws: when the location, or the whole source, cannot be read; what it gave before is to be kept.
    func read(_ location: String) async throws -> [UInt8]?

    /// Brings what the source keeps of a location up to date, when it reads on a schedule. How that went is what reading the
    /// location gives next.
    func refresh(_ location: String) async

    /// The object of a cluster that a location lies in, for events about it; nil when there is none, as for files.
    func object(of location: String) -> ObjectReference?

    /// What the entities at a location say that they are managed by, `<type>:<target>`: the location, unless it is only the
    /// source's own name for something else, such as a row that registers a URL. Each must be a location's alone.
    func origin(of location: String) -> String

    /// How its one location is read, when that is a canonical file; nil: its locations are catalog files.
    var canonical: CanonicalSettings? { get }

    /// Whether its entities give way to those of the same name from any source that does not yield, whichever was first.
    var yields: Bool { get }

    /// What is wrong with what the source makes of a location that was just read, beside what its documents show.
    func problems(at location: String) async -> [SourceProblem]

    /// When the look began whose result `locations()` gives; nil: it looks when it is asked.
    func lookedAt() async -> Timestamp?

    /// The host that `read` would ask over a network for a location, which may take its time; nil: it asks none.
    func farHost(of location: String) async -> String?
}

extension CatalogSource {
    package func refresh(_ location: String) async {}
    package func object(of location: String) -> ObjectReference? { nil }
    package func origin(of location: String) -> String { location }
    package var canonical: CanonicalSettings? { nil }
    package var yields: Bool { false }
    package func problems(at location: String) async -> [SourceProblem] { [] }
    package func lookedAt() async -> Timestamp? { nil }
    package func farHost(of location: String) async -> String? { nil }
}

/// Something that a source could not make of what it found.
package struct SourceProblem: Sendable, Hashable {
    /// The entity that could not be made; it stays as it was, if it was there. Nil: only a part of another one is missing.
    package let ref: EntityRef?
    package let message: String
    /// Whether it may be other soon although nothing is announced, so that it must be tried again.
    package var isPassing = false

    package init(ref: EntityRef? = nil, message: String, isPassing: Bool = false) {
        self.ref = ref
        self.message = message
        self.isPassing = isPassing
    }
}

/// What may have changed in a source.
package enum CatalogSourceChange: Sendable, Hashable {
    /// These locations came, changed or went.
    case locations(Set<String>)
    /// The source became readable or unreadable, or changed in a way that it cannot name: list it again.
    case listing
}

/// The name of a source.
package struct SourceID: Sendable, Hashable, CustomStringConvertible {
    /// Such as `file` or `configmap`.
    package let type: String
    /// What is read: a path, a cluster.
    package let target: String

    package init(type: String, target: String) {
        self.type = type
        self.target = target
    }

    /// `<type>:<target>`.
    package var description: String { "\(type):\(target)" }

    /// How errors name a URL.
    static func url(_ url: String) -> SourceID { SourceID(type: "url", target: redactedURL(url)) }
}

/// A source, or one of its locations, cannot be read. What it gave before stays in the catalog.
package struct CatalogSourceError: Error, Hashable, CustomStringConvertible {
    /// Why.
    package enum Code: String, Sendable {
        /// It has not been read for the first time yet.
        case notSynced = "not_synced"
        case unreadable
        case tooLarge = "too_large"
        /// The location does not belong to the source that was asked.
        case foreignLocation = "foreign_location"
    }

    package let code: Code
    package let source: SourceID
    package let detail: String

    /// For metrics: one of a fixed set.
    package var label: String { code.rawValue }
    /// `<source>: <detail>`.
    package var description: String { "\(source): \(detail)" }

    init(_ code: Code, _ source: SourceID, _ detail: String) {
        self.code = code
        self.source = source
        self.detail = detail
    }
}
