import Base
import CatalogSources
import KubeClient
import Store
import TestSupport
import Testing

@testable import Reconcilers

@Suite("What the authors of catalog files in a cluster are told", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CatalogEventsTests {
    private static let object = ObjectReference(
        apiVersion: "v1", kind: "ConfigMap", namespace: "shop", name: "catalog", uid: "u-1")

    private static func told(_ source: ScriptedSource) async throws -> [EventReport] {
        try await TestDatabase.withStore { store in
            let events = EventLog()
            let reconciler = CatalogReconciler(
                sources: [source], processing: .forTests(), store: store, events: events, metrics: MetricsRegistry(),
                logger: Logger("test"))
            let run = Task { await reconciler.run() }
            #expect(await eventually { await reconciler.isCaughtUp })
            run.cancel()
            await run.value
            return events.reports
        }
    }

    @Test("a document that cannot be used and a selector that cannot be read are told at their object")
    func problems() async throws {
        let source = ScriptedSource(
            "maps",
            [
                "bad.yaml": "kind: [", "odd.yaml": component("odd", selector: "app in ("),
                "good.yaml": component("good"),
            ])
        source.objects = ["bad.yaml": Self.object, "odd.yaml": Self.object, "good.yaml": Self.object]
        let told = try await Self.told(source).sorted { $0.reason < $1.reason }
        #expect(told.map(\.reason) == ["InvalidCatalogDocument", "InvalidSelector"])
        #expect(
            told.allSatisfy { $0.regarding == Self.object && $0.severity == .warning && $0.action == "ReadCatalog" })
        #expect(told[0].note.hasPrefix("bad.yaml:2:1: "))
        #expect(told[1].note.hasPrefix("component:default/odd: "))
    }

    @Test("a file that lies in no object tells nobody")
    func files() async throws {
        let source = ScriptedSource("files", ["bad.yaml": "kind: ["])
        #expect(try await Self.told(source).isEmpty)
    }
}
