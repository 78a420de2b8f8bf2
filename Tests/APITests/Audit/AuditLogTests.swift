import Base
import Store
import Synchronization
import TestSupport
import Testing

@testable import API

/// A database that takes events, or not.
private final class Shelf: Sendable {
    private let state = Mutex<(events: [AuditEvent], failure: StoreError?, tries: Int)>(([], nil, 0))

    var events: [AuditEvent] { state.withLock { $0.events } }
    var tries: Int { state.withLock { $0.tries } }
    func fail(_ code: StoreError.Code?) {
        state.withLock { $0.failure = code.map { StoreError(code: $0, detail: "for the test") } }
    }

    func add(_ events: [AuditEvent]) throws {
        try state.withLock { state in
            state.tries += 1
            if let failure = state.failure { throw failure }
            if events.contains(where: { $0.event == "bad" }) { throw StoreError(code: .statement, detail: "bad") }
            state.events += events
        }
    }
}

@Suite("The audit's way to log and database")
struct AuditLogTests {
    private struct Scene: Sendable {
        let log = Log()
        let shelf = Shelf()
        let clock = ManualClock()
        let metrics = MetricsRegistry()
        let audit: AuditLog

        init(_ settings: AuditSettings = AuditSettings()) {
            audit = AuditLog(settings, metrics: metrics, logger: Logger("audit") { [log] in log.add($0) }, clock: clock)
        }

        func note(_ event: String, _ severity: AuditSeverity = .low, actor: String = "ann") {
            audit.note(AuditEvent("catalog", event, severity: severity, actor: AuditActor(id: actor)))
        }

        /// Lets time pass until the condition holds.
        func passes(until condition: @escaping @Sendable () -> Bool) async -> Bool {
            await eventually {
                clock.advance(by: .seconds(1))
                return condition()
            }
        }

        func running(_ body: (Scene) async throws -> Void) async rethrows {
            let task = Task { await audit.run { try shelf.add($0) } }
            try await body(self)
            task.cancel()
            await task.value
        }
    }

    @Test("an event becomes a line in Backstage's shape and a row")
    func line() async throws {
        await Scene().running { scene in
            scene.audit.note(
                AuditEvent(
                    "catalog", "entity-mutate", severity: .medium,
                    actor: AuditActor(id: "user:default/ann", ip: "10.0.0.1", hostname: "h", userAgent: "u"),
                    request: AuditedRequest(method: "POST", url: "/api/catalog/refresh", id: "r1"),
                    meta: ["actionType": "refresh"], error: "NotAllowedError: no", duration: .milliseconds(3)))
            #expect(await scene.passes { scene.shelf.events.count == 1 })
            let line = try? JSONValue(parsing: scene.log.text)
            #expect(line?["message"] == "catalog.entity-mutate" && line?["isAuditorEvent"] == true)
            #expect(line?["severityLevel"] == "medium" && line?["status"] == "failed")
            #expect(
                line?["actor"] == ["actorId": "user:default/ann", "ip": "10.0.0.1", "hostname": "h", "userAgent": "u"])
            #expect(line?["request"] == ["method": "POST", "url": "/api/catalog/refresh"])
            #expect(line?["meta"] == ["actionType": "refresh"] && line?["error"] == "NotAllowedError: no")
        }
    }

    @Test("what matters less than the operator wants to know is neither logged nor stored")
    func severity() async {
        var settings = AuditSettings()
        settings.minimumSeverity = .high
        await Scene(settings).running { scene in
            scene.note("a", .medium)
            scene.note("b", .high)
            #expect(await scene.passes { scene.shelf.events.map(\.event) == ["b"] })
            #expect(!scene.log.text.contains("catalog.a"))
        }
    }

    @Test("what cannot be stored is kept, logged at once, and stored when the database is back")
    func away() async {
        await Scene().running { scene in
            scene.shelf.fail(.unavailable)
            scene.note("a")
            #expect(await scene.passes { scene.shelf.tries > 1 })
            #expect(scene.log.text.contains("catalog.a") && scene.shelf.events.isEmpty)
            scene.note("b")
            #expect(await scene.passes { scene.log.text.contains("catalog.b") })
            scene.shelf.fail(nil)
            #expect(await scene.passes { scene.shelf.events.map(\.event) == ["a", "b"] })
        }
    }

    @Test("while the database is away the newest are kept up to the bound, and the loss is counted")
    func bound() async {
        await Scene().running { scene in
            scene.shelf.fail(.unavailable)
            for round in 0..<3 {
                for number in 0..<5_000 { scene.note("round \(round)", actor: "a\(number / 50)") }
                #expect(await scene.passes { scene.log.text.contains("catalog.round \(round)") })
            }
            #expect(
                await scene.passes {
                    scene.metrics.exposition().contains(
                        #"callboard_audit_events_lost_total{reason="database-away"} 5000"#)
                })
            scene.shelf.fail(nil)
            #expect(await scene.passes { scene.shelf.events.count == 10_000 })
            #expect(Set(scene.shelf.events.map(\.event)) == ["round 1", "round 2"])
        }
    }

    @Test("an event that the database refuses does not hold up the others")
    func refused() async {
        await Scene().running { scene in
            for number in 0..<20 { scene.note(number == 7 ? "bad" : "good") }
            #expect(await scene.passes { scene.shelf.events.count == 19 })
            #expect(
                scene.metrics.exposition().contains(#"callboard_audit_events_lost_total{reason="refused"} 1"#))
        }
    }

    @Test("at the end of the program what is left is stored")
    func end() async {
        let scene = Scene()
        scene.note("a")
        await scene.audit.finish { try scene.shelf.add($0) }
        #expect(scene.shelf.events.map(\.event) == ["a"])
        scene.shelf.fail(.unavailable)
        scene.note("b")
        await scene.audit.finish { try scene.shelf.add($0) }
        #expect(scene.metrics.exposition().contains(#"callboard_audit_events_lost_total{reason="end"} 1"#))
    }
}
