package import Base

/// What reading locations came to.
package struct SourceTally: Sendable, Hashable {
    /// Locations that were read, or found gone.
    package var locations = 0
    package var added = 0
    package var changed = 0
    package var removed = 0
    /// In the locations that were read: entities that others define.
    package var conflicts = 0
    /// Everything else that is wrong there, locations that cannot be read included.
    package var problems = 0
    /// Whether other problems are there than before.
    package var hasOtherProblems = false

    package init() {}

    package static func += (total: inout SourceTally, part: SourceTally) {
        total.locations += part.locations
        total.added += part.added
        total.changed += part.changed
        total.removed += part.removed
        total.conflicts += part.conflicts
        total.problems += part.problems
        total.hasOtherProblems = total.hasOtherProblems || part.hasOtherProblems
    }

    /// Whether the catalog is another one for it.
    package var isChange: Bool { added + changed + removed > 0 || hasOtherProblems }
}

/// One time that a source, or a part of it, was read.
package struct SourceRun: Sendable, Hashable {
    package var sourceID: Int
    package var beganAt: Timestamp
    package var endedAt: Timestamp
    package var tally: SourceTally
    /// Why the source could not be listed; nil when it could, or was not.
    package var error: String?
    /// Runs after this one that changed nothing.
    package var repeats = 0
    /// The end of the latest of them.
    package var repeatedAt: Timestamp?

    package init(sourceID: Int, beganAt: Timestamp, endedAt: Timestamp, tally: SourceTally, error: String? = nil) {
        self.sourceID = sourceID
        self.beganAt = beganAt
        self.endedAt = endedAt
        self.tally = tally
        self.error = error
    }
}
