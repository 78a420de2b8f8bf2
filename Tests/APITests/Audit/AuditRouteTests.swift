import Actions
import Base
import CostSources
import HTTPServer
import KubeClient
import MCP
import Store
import TestSupport
import Testing

@testable import API

@Suite("What the audit takes down", .serialized, .enabled(if: TestDatabase.isAvailable))
struct AuditRouteTests {
    /// What was taken down while the body ran, the latest first.
    private static func events(
        _ settings: AuditSettings = AuditSettings(), _ body: @escaping @Sendable (Service) async throws -> Void
    ) async throws -> [AuditEvent] {
        let log = Log()
        let audit = AuditLog(
            settings, metrics: MetricsRegistry(), logger: Logger("audit") { log.add($0) }, clock: ManualClock())
        let found = Found()
        try await Service.with(oversight: Oversight(audit: audit)) { service async throws in
            try await body(service)
            await audit.finish(service.store.audit.append)
            await found.set(try await service.store.audit.events(AuditQuestion()))
        }
        return await found.events
    }

    private actor Found {
        var events: [AuditEvent] = []
        func set(_ events: [AuditEvent]) { self.events = events }
    }

    @Test("changes are taken down with who did what from where and how it ended; reads are not")
    func changes() async throws {
        let events = try await Self.events { service async throws in
            _ = try await service.client.get("/api/catalog/entities")
            _ = try await service.client.get("/api/catalog/entities/by-name/component/default/shop")
            let answer = try await service.client.send(
                "POST", "/api/catalog/refresh?token=hidden",
                [("Content-Type", "application/json"), ("User-Agent", "test/1")],
                body: ["entityRef": "component:default/shop", "authorizationToken": "hidden"])
            #expect(answer.status == 200)
        }
        let event = try #require(events.first)
        #expect(events.count == 1 && event.plugin == "catalog" && event.event == "entity-mutate")
        #expect(event.severity == .medium && event.error == nil && event.duration > .zero)
        #expect(event.actor.id == "external:everything" && event.actor.ip == "127.0.0.1")
        #expect(event.actor.userAgent == "test/1")
        #expect(event.request?.method == "POST" && event.request?.url == "/api/catalog/refresh")
        #expect(
            event.meta == ["actionType": "refresh", "entityRef": "component:default/shop", "status": 200])
    }

    @Test("reads are taken down when the operator wants them, also those that are answered at once")
    func reads() async throws {
        var settings = AuditSettings()
        settings.recordsReads = true
        let path = "/api/catalog/entities/by-name/component/default/shop"
        let events = try await Self.events(settings) { service async throws in
            _ = try await service.client.get(path)
            _ = try await service.client.get("/api/catalog/entities/by-query")
            _ = try await service.client.get("/api/catalog/entity-facets?facet=kind")
        }
        #expect(events.map(\.event).sorted() == ["entity-facets", "entity-fetch", "entity-fetch"])
        #expect(Set(events.compactMap { $0.meta["queryType"] }) == ["by-name", "by-query"])
        #expect(events.contains { $0.meta["name"] == "shop" && $0.request?.url == path })
    }

    @Test("refusals are taken down whatever was refused, and never with the credentials")
    func refusals() async throws {
        let events = try await Self.events { service async throws in
            _ = try await service.client(nil).get("/api/catalog/entities")
            _ = try await service.client("wrong-token").get("/api/nowhere")
            _ = try await service.client(Service.costsOnly).get("/api/catalog/entities")
            _ = try await service.client(Service.costsOnly).get("/api/callboard/sources")
        }
        let found = events.map { "\($0.plugin).\($0.event) \($0.actor.id ?? "-") \($0.error ?? "-")" }
        #expect(
            Set(found) == [
                "auth.authentication - AuthenticationError: Missing credentials",
                "auth.authentication - AuthenticationError: The bearer token is not valid",
                "catalog.entity-fetch external:costs NotAllowedError: "
                    + "This token's access is restricted to plugin(s) 'callboard'",
                "auth.authorization external:costs NotAllowedError: "
                    + "This token's access does not include the permission callboard.source.read",
            ])
        #expect(events.allSatisfy { $0.severity == .medium && !"\($0)".contains("wrong-token") })
    }

    @Test("what agents do is taken down by what it may change, with arguments only when the operator wants them")
    func agents() async throws {
        for capturesArguments in [false, true] {
            var settings = AuditSettings()
            settings.recordsArguments = capturesArguments
            let store = Store(PostgresPool.Configuration(uri: "postgresql://nobody@127.0.0.1:1/none"))
            let registry = try ActionRegistry(store: store, currency: "EUR")
            let audit = AuditLog(settings, metrics: MetricsRegistry(), logger: Logger("audit") { _ in })
            let tools = ActionTools(
                store: store, registry: registry, actions: registry.actions, isNamespaced: true, changes: nil,
                oversight: Oversight(audit: audit), logger: Logger("test") { _ in })
            let request = HTTPServerRequest(
                method: "POST", target: try #require(RequestTarget("/api/mcp-actions/v1")), headers: [:], body: [],
                remoteAddress: "10.0.0.1", id: "r1")
            for (tool, error) in [("catalog_get_catalog_entity", nil), ("catalog_unregister_entity", "InputError: no")]
            {
                tools.observe(
                    MCPEvent(
                        .toolExecution, version: .v2026_07_28, tool: tool, arguments: ["name": "x", "token": "y"],
                        error: error, duration: .milliseconds(2)),
                    of: request, by: Caller(subject: "external:ci", userEntityRef: "user:default/ann"))
            }
            let shelf = Found()
            await audit.finish { await shelf.set($0) }
            let events = await shelf.events
            #expect(events.map(\.severity) == [.low, .high])
            let error = capturesArguments ? "no" : "invalid arguments of catalog_unregister_entity"
            #expect(events.map(\.error) == [nil, "InputError: " + error])
            #expect(events.allSatisfy { $0.plugin == "mcp-actions" && $0.event == "tool-execution" })
            #expect(events.allSatisfy { $0.actor.id == "user:default/ann" && $0.duration == .milliseconds(2) })
            #expect(events.first?.meta["tool"] == "catalog_get_catalog_entity")
            #expect(events.first?.meta["arguments"] == (capturesArguments ? ["name": "x", "token": "***"] : nil))
        }
    }

    @Test("actions over REST matter by what they may change, and their arguments stay out unless they are wanted")
    func actions() async throws {
        for capturesArguments in [false, true] {
            var settings = AuditSettings()
            settings.recordsArguments = capturesArguments
            let events = try await Self.events(settings) { service async throws in
                for input in [["name": "shop"], ["wrong-thing": "shop"]] as [JSONValue] {
                    _ = try await service.client.send(
                        "POST",
                        "/api/catalog/.backstage/actions/v1/actions/catalog:get-catalog-entity/invoke",
                        [("Content-Type", "application/json")], body: input)
                }
            }
            #expect(events.map(\.event) == ["action-invoke", "action-invoke"])
            #expect(events.allSatisfy { $0.severity == .low })
            #expect(events.contains { $0.meta["arguments"] == ["name": "shop"] } == capturesArguments)
            #expect("\(events)".contains("wrong-thing") == capturesArguments)
        }
    }

    @Test("what agents read besides tools, and tools that there are not, are taken down too")
    func content() async throws {
        let events = try await Self.events { service async throws in
            for (method, params) in [
                ("resources/read", ["uri": "nothing:"]), ("prompts/get", ["name": "no-prompt"]),
                ("tools/call", ["name": "no-tool"]),
            ] as [(String, JSONValue)] {
                _ = try await service.client.send(
                    "POST", "/api/mcp-actions/v1",
                    [
                        ("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream"),
                        ("MCP-Protocol-Version", "2025-11-25"),
                    ], body: ["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": params])
            }
        }
        #expect(Set(events.compactMap { $0.meta["tool"] }) == ["nothing:", "no-prompt", "no-tool"])
        #expect(events.allSatisfy { $0.event == "tool-execution" && $0.error != nil })
    }

    @Test("every route that may change something is known to the audit")
    func everyRoute() throws {
        let store = Store(PostgresPool.Configuration(uri: "postgresql://nobody@127.0.0.1:1/none"))
        let kubernetes = KubernetesObjects(
            directory: ClusterDirectory([]), configuration: KubernetesObjectsConfiguration(),
            metrics: MetricsRegistry())
        let server = APIServer(
            store: store, registry: try ActionRegistry(store: store, currency: "EUR"),
            authenticator: Authenticator(tokens: []), mcp: MCPConfiguration(version: "1"), kubernetes: kubernetes,
            scaleOps: ScaleOpsAPIConfiguration(endpoints: ScaleOpsEndpoints([])),
            metrics: MetricsRegistry(), logger: Logger("api") { _ in }, readiness: { [] })
        for route in server.routes where !route.pattern.hasPrefix("/api/mcp-actions/") && !route.isOpen {
            for method in route.methods.subtracting(["GET", "HEAD"]) {
                #expect(AuditedRoute(method, route.pattern) != nil, "\(method) \(route.pattern)")
            }
        }
    }

    @Test("the events are shown, page by page, to who is named for it alone")
    func shown() async throws {
        try await Service.with { service async throws in
            try await service.store.audit.append(
                (0..<3).map { number in
                    AuditEvent(
                        "catalog", "entity-mutate", actor: AuditActor(id: "a\(number)"), at: .init(seconds: number))
                })
            let auditor = service.client(Service.auditor)
            let first = try await auditor.get("/api/callboard/audit?limit=2").json
            #expect(first["events"]?.arrayValue?.compactMap { $0["actor"]?["actorId"] } == ["a2", "a1"])
            let cursor = try #require(first["nextCursor"]?.stringValue)
            let second = try await auditor.get("/api/callboard/audit?limit=2&cursor=\(cursor)").json
            #expect(second["events"]?[0]?["actor"]?["actorId"] == "a0" && second["nextCursor"]?.isNull == true)
            let one = try await auditor.get(
                "/api/callboard/audit?actor=a1&event=catalog.entity-mutate&status=succeeded")
            #expect(one.json["events"]?.arrayValue?.count == 1)
            #expect(try await service.client.get("/api/callboard/audit").status == 403)
            #expect(try await service.client(Service.costsOnly).get("/api/callboard/audit").status == 403)
            for wrong in ["event=x", "status=maybe", "since=soon", "cursor=x", "limit=501", "limit=0", "actor="] {
                let answer = try await auditor.get("/api/callboard/audit?\(wrong)")
                #expect(answer.status == 400, "\(wrong)")
                #expect(answer.text.contains(String(wrong.prefix { $0 != "=" })))
            }
        }
    }
}
