import Base
import Catalog
import TestSupport
import Testing

@testable import Store

@Suite("Spoiled documents in the store", .enabled(if: TestDatabase.isAvailable), .serialized)
struct SpoiledDocumentStoreTests {
    private static let count = 1_000
    private static let batch = 50

    /// A file of one document and the entity that it gives.
    private struct File: Sendable {
        let location: String
        let text: String
        let ref: String
    }

    private struct Stored: Equatable {
        let uid: String
        let definition: JSONValue
    }

    @Test("of a thousand spoiled files none changes what is stored unless it is valid, and mended ones bring all back")
    func thousand() async throws {
        try await Scene.with { scene in
            var random = SeededRandom(seed: 2_026)
            let files = (0..<Self.count).map { Self.file($0, &random) }
            let witness = component("witness", owner: "group:default/nobody-else")
            try await scene.apply("witness", witness)
            try await Self.inBatches(files) { try await scene.apply($0.map { ($0.location, $0.text) }) }
            let before = try await Self.stored(scene)
            #expect(before.count == Self.count + 1)

            let spoiled = files.map { file in
                CatalogFile.documents(SpoiledDocument.make(of: file.text, using: &random), name: file.location)
            }
            try await Self.inBatches(Array(zip(files, spoiled))) { part in
                try await scene.apply(
                    contents: part.map { file, documents in
                        LocationContent(
                            location: file.location, sourceID: scene.source, outcome: .documents(documents))
                    })
            }
            let after = try await Self.stored(scene)
            for (file, documents) in zip(files, spoiled) {
                #expect(after[file.ref] == Self.expected(file, documents, before), "\(file.location)")
            }
            #expect(after["component:default/witness"] == before["component:default/witness"])
            var all = ProblemQuery()
            all.limit = 10 * Self.count
            let problems = try await scene.catalog.problems(all).items.map(\.problem)
            #expect(problems.count > Self.count / 2)
            let source = try #require(try await scene.catalog.sources().first { $0.problemCount > 0 })
            #expect(source.problemCount == problems.count && source.problems.count == CatalogStore.shownProblems)
            #expect(problems.allSatisfy { $0.code == "conflict" || ($0.line ?? 0) > 0 && ($0.column ?? 0) > 0 })

            try await Self.inBatches(files) { try await scene.apply($0.map { ($0.location, $0.text) }) }
            let mended = try await Self.stored(scene)
            #expect(mended.mapValues(\.definition) == before.mapValues(\.definition))
            let left = try await scene.catalog.sources().flatMap(\.problems)
            #expect(left.isEmpty, "\(left)")
            let remarked = try await scene.rows("SELECT ref, status_items FROM entity WHERE status_items <> '[]'")
            #expect(remarked.isEmpty, "\(remarked)")
        }
    }

    /// What the file's entity is after its file was spoiled: what a valid document of it says; as it was while a document
    /// cannot be used, which may have been it; gone when all is valid and it is not there.
    private static func expected(
        _ file: File, _ documents: [ParsedDocument], _ before: [String: Stored]
    ) -> Stored? {
        guard let old = before[file.ref] else { return nil }
        if let entity = documents.lazy.compactMap(\.entity).first(where: { $0.ref.canonical == file.ref }) {
            return Stored(uid: old.uid, definition: .object(entity.definition))
        }
        return documents.contains { $0.entity == nil && $0.problems.first?.code != .duplicate } ? old : nil
    }

    /// Names are far from each other, so that no spoiled one is another's.
    private static func file(_ number: Int, _ random: inout SeededRandom) -> File {
        let name = "n" + Hex.encode((0..<6).map { _ in UInt8.random(in: 0...255, using: &random) })
        let text = GoodDocuments.document(number, name: name)
        let entity = CatalogFile.documents(Array(text.utf8), name: "").first?.entity
        return File(location: "file-\(number)", text: text, ref: entity?.ref.canonical ?? "")
    }

    private static func inBatches<Element>(_ all: [Element], _ body: ([Element]) async throws -> Void) async throws {
        for start in stride(from: 0, to: all.count, by: batch) { try await body(Array(all[start...].prefix(batch))) }
    }

    private static func stored(_ scene: Scene) async throws -> [String: Stored] {
        let rows = try await scene.rows("SELECT ref, id, definition FROM entity")
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                (
                    row["ref"]?.stringValue ?? "",
                    Stored(uid: row["id"]?.stringValue ?? "", definition: row["definition"] ?? .null)
                )
            })
    }
}
