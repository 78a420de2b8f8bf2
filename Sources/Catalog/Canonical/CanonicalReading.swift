package import Base

/// An entity that a canonical file gives.
package struct CanonicalEntity: Sendable {
    package let entity: Entity
    /// Where in the file it comes from.
    package let location: SourceLocation
    /// It is only there for others to refer to: who else defines it has it, and that is no conflict.
    package let isDefault: Bool

    package init(entity: Entity, location: SourceLocation, isDefault: Bool) {
        self.entity = entity
        self.location = location
        self.isDefault = isDefault
    }

    /// What the catalog's machinery takes.
    package var document: ParsedDocument {
        ParsedDocument(location: location, ref: entity.ref, outcome: .entity(entity))
    }
}

/// What came of reading a canonical file. Pure: the same bytes and settings give the same reading.
///
/// Nothing of the file's values that was not asked for gets here: no value of a variable, no argument, no command, no
/// unknown field. Messages name keys and places, never values.
package struct CanonicalReading: Sendable {
    /// SHA-256 of the file.
    package let contentHash: String
    /// Sorted by ref; empty when there are problems.
    package let entities: [CanonicalEntity]
    /// What keeps the file from being used.
    package let problems: [DocumentProblem]
    /// What is valid and hardly meant.
    package let warnings: [DocumentProblem]

    /// Longer files are not read: the real ones have some tens of kilobytes.
    package static let maximumBytes = 4 << 20
    /// More entities are refused: they are applied in one transaction, whose length must be bounded.
    package static let maximumEntities = 5_000
    /// More warnings and problems are not listed.
    private static let maximumRemarks = 100

    /// - Parameter name: the file as messages show it; its location when left out.
    package init(_ bytes: [UInt8], settings: CanonicalSettings, name: String? = nil) {
        let name = name ?? settings.location
        var mapping = CanonicalMapping(file: name, settings: settings)
        mapping.read(bytes)
        contentHash = sha256Hex(bytes)
        let found = mapping.entities()
        problems = Array(mapping.notes.problems.prefix(Self.maximumRemarks))
        warnings = Array(mapping.notes.warnings.prefix(Self.maximumRemarks))
        entities = problems.isEmpty ? found : []
    }

    /// A reading that was kept.
    package init(contentHash: String, entities: [CanonicalEntity], warnings: [DocumentProblem]) {
        self.contentHash = contentHash
        self.entities = entities
        self.warnings = warnings
        problems = []
    }
}
