import API
import Base
import Glibc
import TestSupport
import Testing

@testable import Store

@Suite("The whole catalog as one list", .serialized, .enabled(if: TestDatabase.isAvailable))
struct EntityStreamTests {
    private static let count = 2_345

    /// More entities than are read at once, named so that numbers and names have the same order.
    private static func with(_ body: @Sendable (Service) async throws -> Void) async throws {
        try await TestDatabase.withStore { store in
            let texts = (0..<count).map { number in
                Service.entity(
                    "n\(10_000 + number)", type: number % 3 == 0 ? "library" : "service", title: "T\(number)")
            }
            try await Service.define(texts.joined(separator: "---\n"), in: store)
            try await Service.with(store, body)
        }
    }

    private static func names(_ numbers: some Sequence<Int>) -> [String] { numbers.map { "n\(10_000 + $0)" } }

    @Test("is sent in parts, each entity once and in order")
    func parts() async throws {
        try await Self.with { service async throws in
            let answer = try await service.client.get("/api/catalog/entities")
            #expect(answer.status == 200 && answer.headers["Content-Type"] == "application/json; charset=utf-8")
            #expect(answer.headers["Transfer-Encoding"] == "chunked" && answer.headers["Content-Length"] == nil)
            #expect(answer.headers["Link"] == nil)
            #expect(answer.json.entityNames == Self.names(0..<Self.count))
            #expect(answer.json.arrayValue?.last?["metadata"]?["title"] == "T\(Self.count - 1)")
        }
    }

    @Test("keeps to filter, order, offset and fields, and says at once what is wrong with them")
    func parameters() async throws {
        try await Self.with { service async throws in
            let libraries = Self.names((0..<Self.count).filter { $0 % 3 == 0 })
            for (query, names) in [
                ("filter=spec.type=service", Self.names((0..<Self.count).filter { $0 % 3 != 0 })),
                ("order=desc:metadata.name", Self.names((0..<Self.count).reversed())),
                ("order=asc:spec.type&filter=spec.type=library,spec.type=service&offset=1200", nil),
                ("filter=spec.type=library", libraries), ("filter=spec.type=none", []),
                ("offset=1234", Self.names(1_234..<Self.count)), ("offset=5000", []),
            ] as [(String, [String]?)] {
                let answer = try await service.client.get("/api/catalog/entities?fields=metadata.name&\(query)")
                #expect(answer.json.arrayValue?.first.map { $0.objectValue?.count == 1 } ?? true)
                guard let names else {
                    #expect(Set(answer.json.entityNames).count == Self.count - 1_200, "\(query)")
                    continue
                }
                #expect(answer.json.entityNames == names, "\(query)")
            }
            #expect(try await service.client.get("/api/catalog/entities?order=up:x").status == 400)
            #expect(try await service.client.send("HEAD", "/api/catalog/entities").status == 200)
        }
    }

    @Test("is cut off for who takes nothing of it, and the log says so")
    func stalledReader() async throws {
        var configuration = CatalogAPIConfiguration()
        configuration.sendingTime = .milliseconds(200)
        try await TestDatabase.withStore { [configuration] store in
            // More than the system's buffers take.
            let title = String(repeating: "x", count: 100_000)
            let texts = (0..<250).map { Service.entity("n\($0)", type: "library", title: title) }
            try await Service.define(texts.joined(separator: "---\n"), in: store)
            try await Service.with(store, catalog: configuration) { service async throws in
                let descriptor = try service.client.ask("/api/catalog/entities?limitless")
                defer { close(descriptor) }
                #expect(await eventually { service.log.text.contains("a streamed answer broke off") })
                #expect(service.log.text.contains("the reader did not take what was sent within 0.2 seconds"))
            }
        }
    }

    @Test("shows those who may see nothing an empty list")
    func permission() async throws {
        try await Self.with { service async throws in
            let answer = try await service.client(Service.catalogToken(["catalog.entity.delete"])).get(
                "/api/catalog/entities")
            #expect(answer.status == 200 && answer.json == [])
            #expect(try await service.client(Service.costsOnly).get("/api/catalog/entities").status == 403)
        }
    }
}

@Suite("Entities that are kept", .serialized, .enabled(if: TestDatabase.isAvailable))
struct KeptEntityTests {
    private static let path = "/api/catalog/entities/by-name/component/default/shop"

    @Test("are shown to nobody who may not read them")
    func permission() async throws {
        try await Service.with { service async throws in
            let feed = service.store.catalogFeed(logger: Logger("test"))
            feed.keepCurrent(service.store.catalog)
            let run = Task { await feed.run() }
            #expect(
                await eventually {
                    _ = try? await service.client.get(Self.path)
                    return service.store.catalog.cache.entity("component:default/shop") != nil
                })
            for (token, status) in [
                (Service.costsOnly, 403), (Service.catalogToken(["catalog.entity.delete"]), 404), (nil, 401),
                (Service.catalogToken(["catalog.entity.read"]), 200),
            ] as [(String?, Int)] {
                #expect(try await service.client(token).get(Self.path).status == status)
            }
            run.cancel()
            await run.value
        }
    }
}
