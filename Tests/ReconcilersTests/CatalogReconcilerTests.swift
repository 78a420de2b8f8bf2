import Base
import Matching
import Reconcilers
import Store
import TestSupport
import Testing

@Suite("Catalog reconciler", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CatalogReconcilerTests {
    @Test("what the sources hold is in the catalog once it is caught up, and changes follow")
    func follows() async throws {
        try await TestDatabase.withStore { store in
            let files = ScriptedSource("files", ["a.yaml": component("a", title: "One"), "b.yaml": component("b")])
            let other = ScriptedSource("other", ["c.yaml": component("c")])
            try await following([files, other], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                #expect(try await store.title("a") == "One")
                #expect(try await store.title("b") == "")
                #expect(try await store.title("c") == "")
                files.set("a.yaml", component("a", title: "Two"))
                #expect(await eventually { try await store.title("a") == "Two" })
                files.set("b.yaml", nil)
                #expect(await eventually { try await store.title("b") == nil })
            }
        }
    }

    @Test("without any source it is caught up at once")
    func noSources() async throws {
        try await TestDatabase.withStore { store in
            try await following([], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
            }
        }
    }

    @Test("a listing after a restart removes what vanished meanwhile")
    func restart() async throws {
        try await TestDatabase.withStore { store in
            let files = ScriptedSource("files", ["a.yaml": component("a"), "b.yaml": component("b")])
            try await following([files], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
            }
            files.setSilently("a.yaml", nil)
            files.setSilently("c.yaml", component("c"))
            try await following([files], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                #expect(try await store.title("a") == nil)
                #expect(try await store.title("b") != nil)
                #expect(try await store.title("c") != nil)
            }
        }
    }

    @Test("a source that is configured no more takes its entities with it")
    func retired() async throws {
        try await TestDatabase.withStore { store in
            let kept = ScriptedSource("kept", ["a.yaml": component("a")])
            let dropped = ScriptedSource("dropped", ["b.yaml": component("b", selector: "app=b")])
            try await following([kept, dropped], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
            }
            let claims = ClaimLog()
            try await following([kept], store, claims: claims) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                #expect(try await store.title("a") != nil)
                #expect(try await store.title("b") == nil)
                #expect(try await store.catalog.sources().map(\.target) == ["kept"])
                #expect(await eventually { claims.last("component:default/b") == nil })
            }
        }
    }

    @Test("a source that is merely called otherwise takes its locations over, and their entities stay as they are")
    func renamed() async throws {
        try await TestDatabase.withStore { store in
            let files = ["a.yaml": component("a"), "b.yaml": component("b")]
            try await following([ScriptedSource("all", files)], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
            }
            let before = try await store.document("a")
            let narrower = ScriptedSource("narrower", ["a.yaml": component("a")])
            try await following([narrower], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                #expect(try await store.document("a") == before)
                #expect(try await store.title("b") == nil)
                #expect(try await store.catalog.sources().map(\.target) == ["narrower"])
            }
        }
    }

    @Test("a source that is called otherwise and cannot be read yet loses nothing meanwhile")
    func renamedAndUnreadable() async throws {
        try await TestDatabase.withStore { store in
            let files = ["a.yaml": component("a")]
            try await following([ScriptedSource("before", files)], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
            }
            let before = try await store.document("a")
            let away = ScriptedSource("after", files, listingFailure: "out of reach")
            try await following([away], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                #expect(try await store.document("a") == before)
                #expect(try await store.source("before") != nil)
            }
            try await following([ScriptedSource("after", files)], store) { _ async throws in
                #expect(await eventually { try await store.source("before") == nil })
                #expect(try await store.document("a") == before)
            }
        }
    }

    @Test("more documents than fit one transaction are written in parts, and all of them are there")
    func parts() async throws {
        try await TestDatabase.withStore { store in
            var files: [String: String] = [:]
            for file in 0..<5 {
                files["\(file).yaml"] = (0..<500).map { component("e\(file)-\($0)") }.joined(separator: "\n---\n")
            }
            try await following([ScriptedSource("many", files)], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                #expect(try await store.source("many")?.entities == 2_500)
            }
        }
    }

    @Test("a contested entity stays with its first definition, and the other takes over when that goes")
    func contested() async throws {
        try await TestDatabase.withStore { store in
            let first = ScriptedSource("first", ["1.yaml": component("shop", title: "First")])
            let second = ScriptedSource("second")
            try await following([first, second], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                second.set("2.yaml", component("shop", title: "Second"))
                #expect(await eventually { try await store.source("second")?.problems.isEmpty == false })
                #expect(try await store.title("shop") == "First")
                let problem = try #require(try await store.source("second")?.problems.first)
                #expect(problem.code == "conflict")
                #expect(problem.message.contains("1.yaml"))
                first.set("1.yaml", nil)
                #expect(await eventually { try await store.title("shop") == "Second" })
                #expect(await eventually { try await store.source("second")?.problems.isEmpty == true })
            }
        }
    }
}

@Suite("Claims of the catalog", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CatalogClaimTests {
    @Test("each change of a claim is told once and right")
    func told() async throws {
        try await TestDatabase.withStore { store in
            let claims = ClaimLog()
            let files = ScriptedSource("files", ["a.yaml": component("a", selector: "app=a")])
            try await following([files], store, claims: claims) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                #expect(await eventually { claims.last("component:default/a") != nil })
                let first = try #require(claims.last("component:default/a"))
                #expect(first.entityRef == "component:default/a")
                #expect(first.selector.matches(["app": "a"]))

                files.set("a.yaml", component("a", title: "New", selector: "app=b"))
                #expect(
                    await eventually { claims.last("component:default/a")?.selector.matches(["app": "b"]) == true })

                let told = claims.count("component:default/a")
                let reads = files.reads(of: "a.yaml")
                files.set("a.yaml", component("a", title: "New", selector: "app=b"))
                #expect(await eventually { files.reads(of: "a.yaml") > reads })
                files.set("b.yaml", component("b"))
                #expect(await eventually { try await store.title("b") != nil })
                #expect(claims.count("component:default/a") == told)

                files.set("a.yaml", component("a", title: "Bare"))
                #expect(await eventually { claims.last("component:default/a") == nil })
                #expect(try await store.title("a") == "Bare")
                files.set("b.yaml", nil)
                #expect(await eventually { try await store.title("b") == nil })
                #expect(await eventually { claims.last("component:default/b") == nil })
            }
        }
    }

    @Test("a restart tells the stored claims first, even when no source can be read, and they stay when one can")
    func restart() async throws {
        try await TestDatabase.withStore { store in
            let files = ScriptedSource("files", ["a.yaml": component("a", selector: "app=a")])
            try await following([files], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
            }
            files.failListing("gone fishing")
            let claims = ClaimLog()
            try await following([files], store, claims: claims) { reconciler async throws in
                #expect(await eventually { !claims.batches.isEmpty })
                #expect(claims.batches.first?.keys.sorted() == ["component:default/a"])
                files.failListing(nil)
                #expect(await eventually { await reconciler.isCaughtUp && files.reads(of: "a.yaml") == 2 })
                files.set("b.yaml", component("b"))
                #expect(await eventually { try await store.title("b") != nil })
                #expect(claims.last("component:default/a")?.selector.matches(["app": "a"]) == true)
            }
        }
    }

    @Test("a selector that cannot be used claims nothing and is a status item of its entity, until it is mended")
    func refused() async throws {
        try await TestDatabase.withStore { store in
            let claims = ClaimLog()
            let files = ScriptedSource("files", ["a.yaml": component("a", selector: "app in (")])
            try await following([files], store, claims: claims) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                #expect(claims.last("component:default/a") == nil)
                let item = try #require(try await store.document("a")?["status"]?["items"]?[0])
                #expect(item["type"] == "callboard.dev/workload-selector")
                #expect(item["level"] == "error")
                #expect(item["message"]?.stringValue?.contains("backstage.io/kubernetes-label-selector") == true)

                files.set("a.yaml", component("a", selector: "app in (a)"))
                #expect(await eventually { claims.last("component:default/a") != nil })
                #expect(try await store.document("a")?["status"]?["items"]?.arrayValue?.isEmpty ?? true)
            }
        }
    }
}
