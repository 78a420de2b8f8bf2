import Base
import Catalog
import TestSupport
import Testing

@testable import Store

/// A fresh database with a catalog source, and the steps that the catalog's tests share.
struct Scene: Sendable {
    let store: Store
    let source: Int

    var catalog: CatalogStore { store.catalog }

    /// Runs the body on a database of its own.
    static func with(_ body: @Sendable (Scene) async throws -> Void) async throws {
        try await TestDatabase.withStore { store in
            try await body(
                Scene(store: store, source: try await store.catalog.register(type: "file", target: "/catalog")))
        }
    }

    /// What applying a location came to in figures.
    func tally(_ location: String, _ yaml: String?) async throws -> SourceTally {
        try await catalog.apply([content(location, yaml)]) { _ in [] }.tallies[source] ?? SourceTally()
    }

    /// Applies what the locations hold, each a YAML text; nil: gone. Without the figures.
    @discardableResult
    func apply(
        _ texts: [(location: String, yaml: String?)], status: @escaping @Sendable (Entity) -> [StatusItem] = { _ in [] }
    ) async throws -> CatalogChanges {
        var changes = try await catalog.apply(texts.map { content($0.location, $0.yaml) }, status: status)
        changes.tallies = [:]
        return changes
    }

    @discardableResult
    func apply(contents: [LocationContent]) async throws -> CatalogChanges {
        var changes = try await catalog.apply(contents) { _ in [] }
        changes.tallies = [:]
        return changes
    }

    @discardableResult
    func apply(_ location: String, _ yaml: String?) async throws -> CatalogChanges {
        try await apply([(location, yaml)])
    }

    func content(_ location: String, _ yaml: String?, source: Int? = nil) -> LocationContent {
        let outcome = yaml.map {
            LocationContent.Outcome.documents(CatalogFile.documents(Array($0.utf8), name: location))
        }
        return LocationContent(location: location, sourceID: source ?? self.source, outcome: outcome ?? .gone)
    }

    /// The served document of an entity; nil when there is none.
    func document(_ ref: String) async throws -> JSONValue? {
        try await catalog.entity(ref: ref).map { try JSONValue(parsing: $0.document) }
    }

    /// The rows of a statement, each as an object by column.
    func rows(_ statement: String) async throws -> [JSONValue] {
        try await catalog.pool.run { session in
            try session.run("SELECT row_to_json(r) FROM (\(statement)) r").map { $0.json(0) ?? .null }
        }
    }

    func execute(_ script: String) async throws {
        try await catalog.pool.run { try $0.runScript(script) }
    }

    /// Every entity's row version: it changes with every write, also with one that changes nothing.
    func versions() async throws -> [JSONValue] {
        try await rows("SELECT ref, xmin::text, ctid::text FROM entity ORDER BY ref")
    }

    func refs() async throws -> [String] {
        try await rows("SELECT ref FROM entity ORDER BY ref").compactMap { $0["ref"]?.stringValue }
    }

    /// `type target` of an entity's served relations.
    func relations(_ ref: String) async throws -> [String] {
        (try await document(ref)?["relations"]?.arrayValue ?? []).map {
            "\($0["type"]?.stringValue ?? "") \($0["targetRef"]?.stringValue ?? "")"
        }
    }

    /// `location code ref` of the stored problems.
    func problems() async throws -> [String] {
        try await catalog.sources().flatMap(\.problems).map { "\($0.location) \($0.code) \($0.entityRef ?? "-")" }
    }
}

/// A component's document; `more` is appended to its spec, indented by two.
func component(_ name: String, owner: String = "group:default/team", _ more: String = "") -> String {
    """
    apiVersion: backstage.io/v1alpha1
    kind: Component
    metadata:
      name: \(name)
    spec:
      type: service
      lifecycle: production
      owner: \(owner)
    \(more)
    """
}

extension String {
    /// The text with the first occurrence of a part replaced.
    func replacing(_ part: String, _ other: String) -> String {
        guard let range = firstRange(of: part) else { return self }
        return self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}
