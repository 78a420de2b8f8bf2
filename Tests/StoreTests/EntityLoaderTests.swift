import Base
import TestSupport
import Testing

@testable import Store

@Suite("Reading single entities", .enabled(if: TestDatabase.isAvailable), .serialized)
struct EntityLoaderTests {
    @Test("many reads at a time get each what it asked for")
    func together() async throws {
        try await Scene.with { scene in
            try await scene.apply((0..<20).map { ("l\($0)", component("n\($0)")) })
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<400 {
                    group.addTask {
                        let ref = "component:default/n\(number % 25)"
                        let entity = try await scene.catalog.entity(ref: ref)
                        #expect(entity?.ref == (number % 25 < 20 ? ref : nil))
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("a read sees what was written before it")
    func afterWrites() async throws {
        try await Scene.with { scene in
            for number in 0..<20 {
                try await scene.apply("a", component("a", "  number: \(number)"))
                async let other = scene.catalog.entity(ref: "component:default/other")
                #expect(try await scene.document("component:default/a")?["spec"]?["number"]?.intValue == Int64(number))
                #expect(try await other == nil)
            }
        }
    }

    @Test("when the database cannot be read, every waiting read fails and later ones are answered")
    func failing() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("a"))
            try await scene.execute("ALTER TABLE callboard.entity RENAME TO hidden")
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        await #expect(throws: StoreError.self) {
                            try await scene.catalog.entity(ref: "component:default/n\(number)")
                        }
                    }
                }
            }
            try await scene.execute("ALTER TABLE callboard.hidden RENAME TO entity")
            #expect(try await scene.catalog.entity(ref: "component:default/a") != nil)
        }
    }
}
