package import Base
package import Catalog

/// What a canonical file says, beside the documents that come of it.
package struct CanonicalContent: Sendable {
    package let settings: CanonicalSettings
    /// Nil when it could not be read at all.
    package let reading: CanonicalReading?

    package init(settings: CanonicalSettings, reading: CanonicalReading?) {
        self.settings = settings
        self.reading = reading
    }
}

/// What one run over a canonical file did to the catalog.
package struct CanonicalRun: Sendable, Hashable {
    package let location: String
    package let at: Timestamp
    /// Who had it run: `controller`, or who forced it.
    package let by: String
    package var added = 0
    package var changed = 0
    package var removed = 0
    package var conflicting = 0
    package var unchanged = 0
    /// Of the plan and its application.
    package var duration: Duration = .zero
    /// Why nothing was changed; nil when it was applied.
    package var error: String?

    init(location: String, at: Timestamp, by: String) {
        self.location = location
        self.at = at
        self.by = by
    }

    /// Whether it did anything to the catalog.
    package var isChange: Bool { added + changed + removed > 0 }

    /// As it is kept and shown.
    package var json: JSONValue {
        [
            "at": .string(at.rfc3339), "seconds": .double(duration / .seconds(1)), "by": .string(by),
            "added": .int(Int64(added)), "changed": .int(Int64(changed)), "removed": .int(Int64(removed)),
            "conflicting": .int(Int64(conflicting)), "unchanged": .int(Int64(unchanged)),
            "error": error.map(JSONValue.string) ?? .null,
        ]
    }
}

/// How a canonical file stands, as users look at it.
package struct CanonicalState: Sendable {
    package let location: String
    /// `synced`, `invalid` or `stale`.
    package let state: String
    package let reason: String?
    package let since: Timestamp?
    /// Of what was read last and right.
    package let contentHash: String?
    package let appliedAt: Timestamp?
    package let warnings: JSONValue
    package let lastRun: JSONValue
}
