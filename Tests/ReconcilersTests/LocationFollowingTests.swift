import Base
import Catalog
import CatalogSources
import Reconcilers
import Store
import TestSupport
import Testing

@Suite("Following of Location entities", .serialized, .enabled(if: TestDatabase.isAvailable))
struct LocationFollowingTests {
    private static let url = "https://h/o/a.yaml"

    private static func annotation(_ store: Store, _ name: String, _ key: String) async throws -> String? {
        try await store.document(name)?["metadata"]?["annotations"]?["backstage.io/\(key)"]?.stringValue
    }

    private static func status(_ store: Store, _ ref: String) async throws -> [String] {
        let document = try await store.catalog.entity(ref: ref).map { try JSONValue(parsing: $0.document) }
        return document?["status"]?["items"]?.arrayValue?.compactMap { $0["message"]?.stringValue } ?? []
    }

    @Test("what a Location names is read, with both managed-by annotations, through chains and relative targets")
    func chain() async throws {
        try await TestDatabase.withStore { store in
            let urls = ScriptedURLs([
                Self.url: location("inner", "./b.yaml") + "---\n" + component("a"),
                "https://h/o/b.yaml": component("b"),
            ])
            let source = ScriptedSource("root", ["root.yaml": location("outer", Self.url)])
            try await following([source], store, processing: .forTests(urls: urls)) { reconciler async throws in
                #expect(await eventually { await reconciler.isSettled })
                #expect(try await store.title("a") != nil)
                #expect(try await store.title("b") != nil)
                #expect(try await Self.annotation(store, "b", "managed-by-location") == "url:https://h/o/b.yaml")
                #expect(try await Self.annotation(store, "b", "managed-by-origin-location") == "root.yaml")
                #expect(try await store.source("*")?.locations == 2)
            }
        }
    }

    @Test("changes are found on schedule, and an etag spares reading what is the same")
    func schedule() async throws {
        try await TestDatabase.withStore { store in
            let urls = ScriptedURLs([Self.url: component("a", title: "One")])
            let source = ScriptedSource("root", ["root.yaml": location("l", Self.url)])
            try await following([source], store, processing: .forTests(urls: urls)) { _ async throws in
                #expect(await eventually { urls.unchangedReads(of: Self.url) >= 2 })
                #expect(urls.fullReads(of: Self.url) == 1)
                #expect(try await store.title("a") == "One")
                urls.set(Self.url, component("a", title: "Two"))
                #expect(await eventually { try await store.title("a") == "Two" })
            }
        }
    }

    @Test("a URL that cannot be read keeps what it gave and says so at the Location and its source, until it can")
    func failure() async throws {
        try await TestDatabase.withStore { store in
            let urls = ScriptedURLs([Self.url: component("a")])
            let source = ScriptedSource("root", ["root.yaml": location("l", Self.url)])
            try await following([source], store, processing: .forTests(urls: urls)) { reconciler async throws in
                #expect(await eventually { await reconciler.isSettled })
                let before = try await store.document("a")
                urls.fail("rate limited")
                #expect(await eventually { try await store.source("*")?.problems.isEmpty == false })
                #expect(try await store.source("*")?.problems.first?.message.contains("rate limited") == true)
                #expect(
                    await eventually {
                        try await Self.status(store, "location:default/l").contains { $0.contains("rate limited") }
                    })
                #expect(try await store.document("a") == before)
                urls.fail(nil)
                #expect(await eventually { try await Self.status(store, "location:default/l").isEmpty })
            }
        }
    }

    @Test(
        "a target that is missing is an error unless its presence is optional",
        arguments: [("required", true), ("optional", false)])
    func presence(presence: String, isError: Bool) async throws {
        try await TestDatabase.withStore { store in
            let urls = ScriptedURLs([Self.url: component("a")])
            let source = ScriptedSource(
                "root", ["root.yaml": location("l", Self.url, more: "  presence: \(presence)\n")])
            try await following([source], store, processing: .forTests(urls: urls)) { reconciler async throws in
                #expect(await eventually { try await store.title("a") != nil })
                urls.set(Self.url, nil)
                if isError {
                    #expect(await eventually { try await store.source("*")?.problems.isEmpty == false })
                    #expect(try await store.title("a") != nil)
                } else {
                    #expect(await eventually { try await store.title("a") == nil })
                    #expect(try await Self.status(store, "location:default/l").isEmpty)
                }
            }
        }
    }

    @Test("what a Location no longer names goes, and only that; what another one names too stays as it is")
    func removal() async throws {
        try await TestDatabase.withStore { store in
            let urls = ScriptedURLs([
                "https://h/a": component("a"), "https://h/b": component("b"), "https://h/c": component("c"),
            ])
            let source = ScriptedSource(
                "root",
                [
                    "1": location("one", "https://h/a", "https://h/b"),
                    "2": location("two", "https://h/b", "https://h/c"),
                ])
            try await following([source], store, processing: .forTests(urls: urls)) { reconciler async throws in
                #expect(await eventually { await reconciler.isSettled })
                let shared = try await Self.uid(store, "b")
                #expect(try await Self.annotation(store, "b", "managed-by-origin-location") == "1")
                source.set("1", nil)
                #expect(await eventually { try await store.title("a") == nil })
                #expect(try await store.title("c") != nil)
                #expect(
                    await eventually { try await Self.annotation(store, "b", "managed-by-origin-location") == "2" })
                #expect(try await Self.uid(store, "b") == shared)
            }
        }
    }

    private static func uid(_ store: Store, _ name: String) async throws -> String? {
        try await store.document(name)?["metadata"]?["uid"]?.stringValue
    }

    @Test("circles of Locations end, and go when nothing outside leads to them")
    func circle() async throws {
        try await TestDatabase.withStore { store in
            let urls = ScriptedURLs([
                "https://h/a": location("a", "https://h/b", "https://h/a"),
                "https://h/b": location("b", "https://h/a") + "---\n" + component("x"),
            ])
            let source = ScriptedSource("root", ["r": location("r", "https://h/a")])
            try await following([source], store, processing: .forTests(urls: urls)) { reconciler async throws in
                #expect(await eventually { await reconciler.isSettled })
                #expect(try await store.title("x") != nil)
                source.set("r", nil)
                #expect(await eventually { try await store.title("x") == nil })
                #expect(await eventually { try await store.source("*") == nil })
            }
        }
    }

    @Test("a restart keeps what was followed, and reads it again")
    func restart() async throws {
        try await TestDatabase.withStore { store in
            let urls = ScriptedURLs([Self.url: component("a")])
            let source = ScriptedSource("root", ["root.yaml": location("l", Self.url)])
            try await following([source], store, processing: .forTests(urls: urls)) { reconciler async throws in
                #expect(await eventually { await reconciler.isSettled })
            }
            let before = try await store.document("a")
            urls.fail("away")
            try await following([source], store, processing: .forTests(urls: urls)) { reconciler async throws in
                #expect(await eventually { await reconciler.isSettled })
                #expect(try await store.document("a") == before)
                urls.fail(nil)
                urls.set(Self.url, component("a", title: "New"))
                #expect(await eventually { try await store.title("a") == "New" })
            }
        }
    }

    @Test("a location that a source has itself is that source's, and is followed when the source drops it")
    func held() async throws {
        try await TestDatabase.withStore { store in
            let urls = ScriptedURLs(["https://h/a": component("a", title: "Followed")])
            let source = ScriptedSource(
                "root", ["r": location("r", "https://h/a"), "url:https://h/a": component("a", title: "Own")])
            try await following([source], store, processing: .forTests(urls: urls)) { reconciler async throws in
                #expect(await eventually { await reconciler.isSettled })
                #expect(try await store.title("a") == "Own")
                #expect(try await store.source("*") == nil)
                source.set("url:https://h/a", nil)
                #expect(await eventually { try await store.title("a") == "Followed" })
            }
        }
    }

    @Test("kinds that may not come from there are refused, shown and counted, and take their entity with them")
    func rules() async throws {
        try await TestDatabase.withStore { store in
            let user = component("u").replacing("Component", "User") + "  memberOf: []\n"
            let urls = ScriptedURLs([Self.url: component("a")])
            let source = ScriptedSource("root", ["root.yaml": location("l", Self.url)])
            var processing = CatalogProcessing.forTests(urls: urls)
            processing.rules.sources = ["scripted:root": nil]
            let metrics = MetricsRegistry()
            try await following([source], store, processing: processing, metrics: metrics) { reconciler async throws in
                #expect(await eventually { try await store.title("a") != nil })
                urls.set(Self.url, user)
                #expect(await eventually { try await store.source("*")?.problems.isEmpty == false })
                let problem = try #require(try await store.source("*")?.problems.first)
                #expect(problem.code == "not_allowed" && problem.entityRef == "user:default/u")
                #expect(problem.message.contains("catalog.rules allow Component, API, Location"))
                #expect(try await store.title("a") == nil)
                #expect(try await store.catalog.entity(ref: "user:default/u") == nil)
                #expect(
                    await eventually { metrics.value("callboard_catalog_problems{code=\"not_allowed\"}") == 1 })
                #expect(
                    try await Self.status(store, "location:default/l").contains {
                        $0.contains("not of an allowed kind")
                    })
                source.set("users.yaml", user)
                #expect(await eventually { try await store.catalog.entity(ref: "user:default/u") != nil })
            }
        }
    }

    @Test("a target that cannot be made out is shown at the Location and its source, and the others are read")
    func badTarget() async throws {
        try await TestDatabase.withStore { store in
            let urls = ScriptedURLs([Self.url: component("a")])
            let source = ScriptedSource("root", ["r": location("l", "javascript:x", Self.url)])
            try await following([source], store, processing: .forTests(urls: urls)) { reconciler async throws in
                #expect(await eventually { await reconciler.isSettled })
                #expect(try await store.title("a") != nil)
                #expect(try await store.source("root")?.problems.map(\.code) == ["target"])
                #expect(try await Self.status(store, "location:default/l").count == 1)
            }
        }
    }

    @Test("placeholders are filled in from beside the entity, and change with what they name")
    func placeholders() async throws {
        try await TestDatabase.withStore { store in
            let text = component("a").replacing("type: service", "type: {$text: ./type.txt}")
            let urls = ScriptedURLs([Self.url: text, "https://h/o/type.txt": "one"])
            let source = ScriptedSource("root", ["root.yaml": location("l", Self.url)])
            @Sendable func type() async throws -> String? {
                try await store.document("a")?["spec"]?["type"]?.stringValue
            }
            try await following([source], store, processing: .forTests(urls: urls)) { _ async throws in
                #expect(await eventually { try await type() == "one" })
                urls.set("https://h/o/type.txt", "two")
                #expect(await eventually { try await type() == "two" })
                urls.set("https://h/o/type.txt", nil)
                #expect(await eventually { try await store.source("*")?.problems.isEmpty == false })
                let problem = try #require(try await store.source("*")?.problems.first)
                #expect(problem.code == "placeholder" && problem.line == 6 && problem.column == 10)
                #expect(problem.message.contains("./type.txt"))
                #expect(try await type() == "two")
            }
        }
    }

    @Test("orphans are kept while the operator wants it, and swept when that changes")
    func orphans() async throws {
        try await TestDatabase.withStore { store in
            let source = ScriptedSource("root", ["a": component("a"), "b": component("b")])
            var processing = CatalogProcessing.forTests()
            processing.orphans = .keep
            try await following([source], store, processing: processing) { reconciler async throws in
                #expect(await eventually { await reconciler.isSettled })
                source.set("a", nil)
                #expect(await eventually { try await Self.annotation(store, "a", "orphan") == "true" })
                #expect(try await Self.annotation(store, "b", "orphan") == nil)
            }
            try await following([source], store) { _ async throws in
                #expect(await eventually { try await store.title("a") == nil })
                #expect(try await store.title("b") != nil)
            }
        }
    }

    @Test("without an integration a URL is refused with that reason, and nothing else is hindered")
    func noReader() async throws {
        try await TestDatabase.withStore { store in
            let source = ScriptedSource("root", ["r": location("l", Self.url), "c": component("c")])
            try await following([source], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isSettled })
                #expect(try await store.title("c") != nil)
                #expect(try await store.source("*")?.problems.first?.message.contains("no integration") == true)
            }
        }
    }
}

/// The text of a Location.
func location(_ name: String, _ targets: String..., more: String = "") -> String {
    location(name, to: targets, more: more)
}

func location(_ name: String, to targets: [String], more: String = "") -> String {
    "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata:\n  name: \(name)\nspec:\n  targets: "
        + "[\(targets.map { "'\($0)'" }.joined(separator: ", "))]\n\(more)"
}

extension String {
    fileprivate func replacing(_ part: String, _ other: String) -> String {
        guard let range = firstRange(of: part) else { return self }
        return self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}
