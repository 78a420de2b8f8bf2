import API
import Base
import Catalog
import Store
import TestSupport
import Testing

@Suite("Routes of canonical files", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CanonicalRouteTests {
    private static let settings = CanonicalSettings(name: "main")
    private static let base = "/api/callboard/canonical/main"

    private static func file(_ count: Int) -> String {
        "version: 1\nrepositories:" + (0..<count).map { "\n  r\($0): {}" }.joined()
    }

    /// As the leader does it.
    private static func apply(_ text: String, _ service: Service) async throws {
        let id = try await service.store.catalog.register(type: "canonical", target: "main")
        let reading = CanonicalReading(Array(text.utf8), settings: settings)
        let content = LocationContent(
            location: settings.location, sourceID: id, outcome: .documents(reading.entities.map(\.document)),
            canonical: CanonicalContent(settings: settings, reading: reading))
        _ = try await service.store.catalog.apply([content]) { _ in [] }
    }

    /// As the leader does when it cannot read the file.
    private static func fail(_ service: Service) async throws {
        let id = try await service.store.catalog.register(type: "canonical", target: "main")
        let content = LocationContent(
            location: settings.location, sourceID: id, outcome: .unreadable("out of reach"),
            canonical: CanonicalContent(settings: settings, reading: nil))
        _ = try await service.store.catalog.apply([content]) { _ in [] }
    }

    private static func with(_ body: @Sendable (Service) async throws -> Void) async throws {
        var configuration = CatalogAPIConfiguration()
        configuration.canonical = [settings]
        try await Service.with(catalog: configuration, body)
    }

    @Test("the plan of what was read, and of a document that is only tried")
    func plan() async throws {
        try await Self.with { service in
            #expect(try await service.client.get("\(Self.base)/plan").status == 404)
            try await Self.apply(Self.file(2), service)
            let plan = try await service.client.get("\(Self.base)/plan")
            #expect(plan.status == 200)
            #expect(plan.json["counts"]?["unchanged"] == 2 && plan.json["isApplicable"] == true)
            let tried = try await service.client.send(
                "POST", "\(Self.base)/plan", body: ["document": .string(Self.file(3) + "\nsurprise: S3cret!hunter2")])
            #expect(tried.json["adds"]?[0]?["entityRef"] == "component:default/r2")
            #expect(tried.json["warnings"]?[0]?["line"] == 6)
            #expect(!tried.json.text().contains("hunter2"))
            #expect(try await service.store.catalog.entity(ref: "component:default/r2") == nil)
            #expect(try await service.client.get("/api/callboard/canonical/other/plan").status == 404)
            #expect(try await service.client(nil).get("\(Self.base)/plan").status == 401)
            #expect(try await service.client(Service.costsOnly).get("\(Self.base)/plan").status == 403)
        }
    }

    @Test("a file whose first reading failed can be read again; nothing of it can be forced")
    func unread() async throws {
        try await Self.with { service in
            try await Self.fail(service)
            let forced = try await service.client.send("POST", "\(Self.base)/apply", body: ["force": true])
            #expect(forced.status == 404)
            #expect(try await service.store.catalog.takeRequests() == nil)
            let read = try await service.client.send("POST", "\(Self.base)/apply", body: [:])
            #expect(read.status == 202 && read.json == ["name": "main", "contentHash": .null])
            #expect(try await service.store.catalog.takeRequests()?.map(\.location) == ["canonical:main"])
        }
    }

    @Test("what removes too much is refused, shown, and applied once somebody who may forces it")
    func force() async throws {
        try await Self.with { service in
            try await Self.apply(Self.file(10), service)
            try await Self.apply(Self.file(1), service)
            let plan = try await service.client.get("\(Self.base)/plan")
            #expect(plan.json["refusal"] == "deletion_limit" && plan.json["counts"]?["removals"] == 9)
            let sources = try await service.client.get("/api/callboard/sources")
            let source = sources.json["sources"]?.arrayValue?.first { $0["type"] == "canonical" }
            #expect(source?["canonical"]?["state"] == "stale")
            #expect(source?["canonical"]?["lastRun"]?["error"]?.stringValue?.contains("9 of 10") == true)
            #expect(source?["problems"]?[0]?["code"] == "deletion_limit")
            let body: JSONValue = ["force": true, "contentHash": plan.json["contentHash"] ?? .null]
            func status(_ client: WebClient, _ body: JSONValue) async throws -> Int {
                try await client.send("POST", "\(Self.base)/apply", body: body).status
            }
            #expect(try await status(service.client(Service.costsOnly), body) == 403)
            #expect(try await status(service.client, ["force": true, "contentHash": "x"]) == 409)
            #expect(try await status(service.client, ["force": true, "x": 1]) == 400)
            #expect(try await status(service.client, body) == 202)
            #expect(try await service.store.catalog.takeRequests()?.map(\.location) == ["canonical:main"])
            try await Self.apply(Self.file(1), service)
            #expect(try await service.store.catalog.entity(ref: "component:default/r9") == nil)
            let origins = try await service.client.get("/api/callboard/entities/component/default/r0/origins")
            let owner = origins.json["fields"]?.arrayValue?.first { $0["pointer"] == "/spec/owner" }
            #expect(owner == ["pointer": "/spec/owner", "layer": "canonical", "location": "canonical:main"])
        }
    }
}
