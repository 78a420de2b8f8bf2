import Base
import Catalog
import TestSupport
import Testing

@testable import Store

@Suite("Catalog sources", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CatalogSourcesTests {
    @Test("a source registered again is the same source")
    func register() async throws {
        try await Scene.with { scene in
            #expect(try await scene.catalog.register(type: "file", target: "/catalog") == scene.source)
            let other = try await scene.catalog.register(type: "configmap", target: "/catalog")
            #expect(other != scene.source)
            #expect(try await scene.catalog.retired(configured: [scene.source]).map(\.id) == [other])
            #expect(try await Set(scene.catalog.retired(configured: []).map(\.id)) == [scene.source, other])
            #expect(try await scene.catalog.retired(configured: [scene.source, other]).isEmpty)
        }
    }

    @Test("a failed attempt keeps the last success, and a success clears the error")
    func attempts() async throws {
        try await Scene.with { scene in
            var view = try #require(try await scene.catalog.sources().first)
            #expect(view.lastAttemptAt == nil && view.lastSuccessAt == nil && view.error == nil)
            try await scene.catalog.note(source: scene.source, error: nil)
            view = try #require(try await scene.catalog.sources().first)
            let success = try #require(view.lastSuccessAt)
            #expect(view.lastAttemptAt == success)
            try await scene.catalog.note(source: scene.source, error: "it's \"down\"")
            view = try #require(try await scene.catalog.sources().first)
            #expect(view.error == "it's \"down\"" && view.lastSuccessAt == success)
            #expect(try #require(view.lastAttemptAt) >= success)
            try await scene.catalog.note(source: scene.source, error: nil)
            #expect(try await scene.catalog.sources().first?.error == nil)
        }
    }

    @Test("locations, entities and problems are counted for the source that gave them")
    func views() async throws {
        try await Scene.with { scene in
            let other = try await scene.catalog.register(type: "configmap", target: "cluster")
            _ = try await scene.catalog.register(type: "file", target: "/empty")
            try await scene.apply(contents: [
                scene.content("a", component("a1") + "\n---\n" + component("a2")), scene.content("b", "kind: [\n"),
                scene.content("c", component("c1"), source: other),
                LocationContent(location: "d", sourceID: other, outcome: .unreadable("denied")),
            ])
            let views = try await scene.catalog.sources()
            #expect(views.map { "\($0.type):\($0.target)" } == ["configmap:cluster", "file:/catalog", "file:/empty"])
            #expect(views.map(\.locations) == [2, 2, 0] && views.map(\.entities) == [1, 2, 0])
            #expect(views.map { $0.problems.map(\.code) } == [["unreadable"], ["syntax"], []])
            #expect(views.first?.problems.first?.message == "denied")
            #expect(try await scene.catalog.locations(of: other) == ["c", "d"])
        }
    }

    @Test("a source can be removed when its locations are gone")
    func removal() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop"))
            await #expect(throws: StoreError.self) { try await scene.catalog.remove(source: scene.source) }
            try await scene.apply("a", nil)
            try await scene.catalog.remove(source: scene.source)
            #expect(try await scene.catalog.sources().isEmpty)
        }
    }
}
