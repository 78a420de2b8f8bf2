import Base
import TestSupport
import Testing

@testable import Store

@Suite("The audit's table", .enabled(if: TestDatabase.isAvailable), .serialized)
struct AuditStoreTests {
    private static let noon = CostScene.noon

    private static func event(
        _ name: String = "entity-mutate", actor: String? = "ann", at moment: Timestamp = noon, error: String? = nil
    ) -> AuditEvent {
        AuditEvent(
            "catalog", name, severity: .medium,
            actor: AuditActor(id: actor, ip: "10.0.0.1", hostname: "host", userAgent: "curl"),
            request: AuditedRequest(method: "POST", url: "/api/x", id: "r1"), meta: ["a": ["b": 1]], error: error,
            duration: .microseconds(1_500), at: moment)
    }

    private static func tables(_ store: Store) async throws -> [String] {
        try await CostScene.rows(
            store, "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'audit_event'::regclass"
        ).compactMap { $0["name"]?.stringValue }.sorted()
    }

    @Test("what is written reads the same, and written twice it is there once")
    func sameAgain() async throws {
        try await TestDatabase.withStore { store in
            var counted = Self.event(error: "NotAllowedError: no")
            counted.occurrences = 7
            let events = [counted, Self.event("audit-fetch", actor: nil, at: Self.noon.adding(seconds: -1))]
            try await store.audit.append(events)
            try await store.audit.append(events)
            #expect(try await store.audit.events(AuditQuestion()) == events)
        }
    }

    @Test("pages follow each other without gap or repetition, also among events of one moment")
    func pages() async throws {
        try await TestDatabase.withStore { store in
            let events = (0..<25).map { Self.event(at: Self.noon.adding(seconds: -Int64($0 / 10))) }
            try await store.audit.append(events)
            var question = AuditQuestion()
            question.limit = 4
            var found: [AuditEvent] = []
            while let last = try await { () async throws -> AuditEvent? in
                let page = try await store.audit.events(question)
                found += page
                return page.last
            }() {
                question.after = AuditQuestion.Place(at: last.at, id: last.id)
            }
            #expect(found == events.sorted { ($0.at, $0.id) > ($1.at, $1.id) })
        }
    }

    @Test("each condition of a question leaves out what it should")
    func conditions() async throws {
        try await TestDatabase.withStore { store in
            let ann = Self.event()
            let bob = Self.event("location-mutate", actor: "bob", at: Self.noon.adding(seconds: 60), error: "no")
            try await store.audit.append([ann, bob])
            let questions: [(inout AuditQuestion) -> Void] = [
                { $0.actor = "ann" }, { $0.event = "entity-mutate" }, { $0.status = "succeeded" },
                { $0.until = Self.noon.adding(seconds: 60) },
            ]
            for change in questions {
                var question = AuditQuestion()
                change(&question)
                #expect(try await store.audit.events(question) == [ann])
            }
            var later = AuditQuestion()
            later.since = Self.noon.adding(seconds: 60)
            #expect(try await store.audit.events(later) == [bob])
            var other = AuditQuestion()
            other.plugin = "auth"
            #expect(try await store.audit.events(other).isEmpty)
        }
    }

    @Test("days are partitions of their own, made as events come and ahead, and dropped when they are over")
    func partitions() async throws {
        try await TestDatabase.withStore { store in
            try await store.audit.append([-3, -2, 0].map { Self.event(at: CostScene.day($0)) })
            try await store.audit.makePartitions(now: Self.noon)
            #expect(
                try await Self.tables(store) == [
                    "audit_event_20260226", "audit_event_20260227", "audit_event_20260301", "audit_event_20260302",
                ])
            #expect(try await store.audit.drop(before: CostScene.day(-2)) == ["audit_event_20260226"])
            #expect(try await store.audit.events(AuditQuestion()).count == 2)
        }
    }
}
