import Base
import Catalog
import CatalogSources
import Store
import TestSupport
import Testing

@testable import Reconcilers

@Suite("Reading from other hosts", .serialized, .enabled(if: TestDatabase.isAvailable))
struct FarReadingTests {
    @Test("a host that does not answer holds up neither files nor other hosts")
    func slowHost() async throws {
        try await TestDatabase.withStore { store in
            let slow = (0..<40).map { "https://slow/\($0)" }
            let urls = ScriptedURLs(["https://quick/a": component("a")])
            let gate = urls.hold("https://slow/")
            let targets = slow + ["https://quick/a"]
            let source = ScriptedSource("root", ["l": location("l", to: targets), "b": component("b")])
            try await following([source], store, processing: .forTests(urls: urls)) { reconciler async throws in
                #expect(await eventually { try await store.title("a") != nil })
                source.set("b", component("b", title: "changed"))
                #expect(await eventually { try await store.title("b") == "changed" })
                urls.set("https://quick/a", component("a", title: "changed"))
                try await store.catalog.requestRefresh(of: ["url:https://quick/a"], by: "t")
                await reconciler.readAgain(try #require(try await store.catalog.takeRequests()))
                #expect(await eventually { try await store.title("a") == "changed" })
                #expect(await eventually { await reconciler.isCaughtUp })
                #expect(await !reconciler.isSettled)
                gate.open()
                #expect(await eventually { try await store.source("*")?.problems.count == 40 })
            }
        }
    }

    @Test("URLs that stand for a part of an entity hold up neither other files nor readiness, and come when they can")
    func placeholders() async throws {
        try await TestDatabase.withStore { store in
            let urls = ScriptedURLs(Dictionary(uniqueKeysWithValues: (0..<40).map { ("https://slow/\($0)", "t\($0)") }))
            let gate = urls.hold("https://slow/")
            func titled(_ name: String, _ url: String) -> String {
                component(name).replacing("metadata:\n", with: "metadata:\n  title: {$text: \(url)}\n")
            }
            var files = ["last": component("b")]
            for number in 0..<40 { files["at \(number)"] = titled("c\(number)", "https://slow/\(number)") }
            let source = ScriptedSource("root", files)
            try await following([source], store, processing: .forTests(urls: urls)) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                #expect(try await store.title("b") != nil)
                source.set("last", component("b", title: "changed"))
                #expect(await eventually { try await store.title("b") == "changed" })
                // What needs no URL any more while its reading waits is read as it is then.
                source.set("at 39", component("c39", title: "near"))
                #expect(try await store.title("c0") == nil)
                gate.open()
                #expect(await eventually { try await store.title("c0") == "t0" })
                #expect(await eventually { try await store.title("c38") == "t38" })
                #expect(await eventually { try await store.title("c39") == "near" })
            }
        }
    }

    @Test("a URL that another source has now is taken over before that one goes, however long it takes")
    func renamed() async throws {
        try await TestDatabase.withStore { store in
            let url = "https://h/a"
            try await following([ScriptedSource("before", ["url:\(url)": component("a")])], store) {
                reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
            }
            let uid = try await store.document("a")?["metadata"]?["uid"]
            let urls = ScriptedURLs([url: component("a", title: "new")])
            let gate = urls.hold("https://h/")
            let processing = CatalogProcessing.forTests(urls: urls)
            let source = URLSource(url, targets: processing.targets) { .seconds(1) }
            let other = ScriptedSource("other", ["f": component("f")])
            try await reconciling([source, other], store, processing) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                other.set("f", component("f", title: "changed"))
                #expect(await eventually { try await store.title("f") == "changed" })
                #expect(try await store.source("before") != nil)
                #expect(try await store.title("a")?.isEmpty == true)
                gate.open()
                #expect(await eventually { try await store.source("before") == nil })
                #expect(try await store.title("a") == "new")
                #expect(try await store.document("a")?["metadata"]?["uid"] == uid)
            }
        }
    }

    @Test("what Locations name and nobody answers does not keep what is configured no more")
    func retired() async throws {
        try await TestDatabase.withStore { store in
            try await following([ScriptedSource("dropped", ["d": component("d")])], store) {
                reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
            }
            let urls = ScriptedURLs()
            let gate = urls.hold("https://slow/")
            defer { gate.open() }
            let source = ScriptedSource("root", ["l": location("l", "https://slow/a")])
            try await following([source], store, processing: .forTests(urls: urls)) { reconciler async throws in
                #expect(await eventually { try await store.source("dropped") == nil })
                #expect(try await store.title("d") == nil)
                #expect(await !reconciler.isSettled)
                gate.open()
            }
        }
    }

    @Test("a refresh has a source bring its copy up to date; many at once are one look, and hold up no other source")
    func copies() async throws {
        try await TestDatabase.withStore { store in
            let gate = Gate()
            let slow = ScriptedSource("slow", ["a.yaml": component("a", title: "One")])
            let quick = ScriptedSource("quick", ["b.yaml": component("b", title: "One")])
            slow.holdRefreshes(gate)
            try await following([slow, quick], store) { reconciler async throws in
                func refresh(_ location: String) async throws {
                    try await store.catalog.requestRefresh(of: [location], by: "t")
                    await reconciler.readAgain(try #require(try await store.catalog.takeRequests()))
                }
                #expect(await eventually { await reconciler.isCaughtUp })
                try await refresh("a.yaml")
                #expect(await eventually { slow.refreshes(of: "a.yaml") == 1 })
                slow.setUpstream("a.yaml", component("a", title: "Two"))
                quick.setUpstream("b.yaml", component("b", title: "Two"))
                for _ in 0..<5 { try await refresh("a.yaml") }
                try await refresh("b.yaml")
                #expect(await eventually { try await store.title("b") == "Two" })
                #expect(try await store.title("a") == "One")
                #expect(slow.refreshes(of: "a.yaml") == 1)
                gate.open()
                #expect(await eventually { try await store.title("a") == "Two" })
                #expect(slow.refreshes(of: "a.yaml") == 2)
            }
        }
    }

    @Test("after a restart what Locations name is asked for with its etag")
    func restart() async throws {
        try await TestDatabase.withStore { store in
            let urls = ScriptedURLs(["https://h/a": component("a")])
            for _ in 0..<2 {
                let source = ScriptedSource("root", ["l": location("l", "https://h/a")])
                try await following([source], store, processing: .forTests(urls: urls, interval: nil)) {
                    reconciler async throws in
                    #expect(await eventually { await reconciler.isSettled })
                    #expect(try await store.title("a") != nil)
                }
            }
            #expect(urls.fullReads(of: "https://h/a") == 1 && urls.unchangedReads(of: "https://h/a") == 1)
        }
    }

    @Test("a target with wildcards leads to the files that match, whatever kinds are allowed; they come and go")
    func pattern() async throws {
        try await TestDatabase.withStore { store in
            let url = "https://github.com/o/r/blob/main/*/a.yaml"
            let files = ["x", "y"].map { "https://github.com/o/r/blob/main/\($0)/a.yaml" }
            let pattern = try #require(URLPattern(url))
            func document(_ files: [String]) -> String { String(decoding: pattern.document(of: files), as: UTF8.self) }
            let urls = ScriptedURLs([
                url: document(files), files[0]: component("x", more: "  subcomponentOf: y\n"), files[1]: component("y"),
            ])
            let root = "url:https://github.com/o/r/blob/main/all.yaml"
            var processing = CatalogProcessing.forTests(urls: urls)
            processing.rules.rules = [CatalogRule(kinds: ["Component"])]
            processing.rules.sources["scripted:root"] = .some(nil)
            let source = ScriptedSource("root", [root: location("l", url)])
            try await following([source], store, processing: processing) { reconciler async throws in
                #expect(await eventually { await reconciler.isSettled })
                let annotations = try await store.document("x")?["metadata"]?["annotations"]
                #expect(annotations?["backstage.io/managed-by-location"] == .string("url:\(files[0])"))
                #expect(annotations?["backstage.io/managed-by-origin-location"] == .string(root))
                urls.set(url, document([files[1]]))
                #expect(await eventually { try await store.title("x") == nil })
                urls.set(url, document([]))
                #expect(await eventually { try await store.title("y") == nil })
                #expect(try await store.source("*")?.problems.isEmpty == true)
            }
        }
    }

    @Test("a configured URL may hold every kind that its rules allow, and is read with the others")
    func configured() async throws {
        try await TestDatabase.withStore { store in
            let url = "https://h/teams.yaml"
            let group = "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: g}\n"
            let urls = ScriptedURLs([url: group + "spec: {type: team, children: []}\n"])
            var processing = CatalogProcessing.forTests(urls: urls)
            processing.rules.sources["url:\(url)"] = .some(nil)
            let source = URLSource(url, targets: processing.targets) { .milliseconds(50) }
            try await reconciling([source], store, processing) { _ async throws in
                #expect(await eventually { try await store.catalog.entity(ref: "group:default/g") != nil })
                urls.fail("503")
                #expect(await eventually { try await store.source(url)?.problems.first?.code == "unreadable" })
                urls.fail(nil)
                urls.set(url, component("a"))
                #expect(await eventually { try await store.catalog.entity(ref: "group:default/g") == nil })
                #expect(try await store.title("a") != nil)
            }
        }
    }

    /// Runs a reconciler over sources of any kind while the body runs.
    private func reconciling(
        _ sources: [any CatalogSource], _ store: Store, _ processing: CatalogProcessing,
        _ body: (CatalogReconciler) async throws -> Void
    ) async throws {
        let reconciler = CatalogReconciler(
            sources: sources, processing: processing, store: store, metrics: MetricsRegistry(), logger: Logger("test"))
        let run = Task { await reconciler.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await body(reconciler)) } catch { result = .failure(error) }
        run.cancel()
        await run.value
        try result.get()
    }
}
