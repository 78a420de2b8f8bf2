import Base
import Costs
import HTTPServer
import Store
import Synchronization
import TestSupport
import Testing

@testable import Reconcilers

@Suite("OpenCost joined to the workloads", .serialized, .enabled(if: TestDatabase.isAvailable))
struct OpenCostFeedTests {
    private static let noon = OpenCostScene.noon
    private static let cent: JSONObject = ["cpuCost": 0.01]

    @Test("rows are charged to workloads, those that are gone too; what is nobody's has rows of its own")
    func joining() async throws {
        try await OpenCostScene.with(clusters: ["us@theirs": "us"]) { scene async throws in
            scene.server.allocate { asked, hour in
                if asked.isByPod {
                    return [
                        OpenCostServer.row(hour, pod: "lone", Self.cent),
                        OpenCostServer.row(hour, pod: "static-x", Self.cent),
                    ]
                }
                return [
                    OpenCostServer.row(hour, kind: "Deployment", controller: "shop", Self.cent),
                    OpenCostServer.row(hour, controller: "gone", Self.cent),
                    OpenCostServer.row(hour, kind: "job", controller: "backup", Self.cent),
                    OpenCostServer.row(hour, kind: "job", controller: "backup-29531520", Self.cent),
                    OpenCostServer.row(hour, controller: "stranger", Self.cent),
                    OpenCostServer.row(hour, ["cpuCost": 0.02]),
                    OpenCostServer.row(
                        hour, cluster: "us@theirs", controller: "api", ["cpuCost": nil, "ramCost": 0.5]),
                    OpenCostServer.row(hour, cluster: "mars", controller: "rover", Self.cent),
                    OpenCostServer.row(hour, namespace: "", ["name": "main/__idle__", "cpuCost": 3]),
                    OpenCostServer.row(hour, ["name": "main/__unmounted__", "pvCost": 4, "cpuCost": 0]),
                ]
            }
            await scene.catchUp()
            #expect(
                try await scene.hours() == [
                    "main/CronJob/prod/backup 11 20000000", "main/Deployment/prod/gone 11 10000000",
                    "main/Deployment/prod/shop 11 10000000", "main/Pod/prod/lone 11 10000000",
                    "main/__idle__//* 11 3000000000", "main/__unallocated__/prod/* 11 20000000",
                    "main/__unmounted__/prod/* 11 0", "us/Deployment/prod/api 11 500000000",
                ])
            let main = try #require(try await scene.state())
            #expect((main.unmatched, main.malformed, main.error, main.through) == (2, 0, nil, Self.noon))
            #expect(try await scene.state("us")?.through == Self.noon)
            #expect(try await scene.state("mars") == nil)
        }
    }

    @Test("at first all is read that OpenCost keeps, then the last three hours again, and nothing is written twice")
    func windows() async throws {
        try await OpenCostScene.with { scene async throws in
            scene.server.allocate { _, hour in [OpenCostServer.row(hour, controller: "shop", Self.cent)] }
            await scene.catchUp()
            let asked = Set(scene.server.asked.filter { !$0.isOfDay }.flatMap(\.hours))
            #expect(asked.min() == Self.noon.adding(seconds: -49 * 3_600))
            #expect(asked.max() == Self.noon.adding(seconds: -3_600))
            #expect(scene.server.asked.allSatisfy { $0.isOfDay || $0.hours.count <= 3 })
            #expect(try await scene.hours(since: Self.noon.adding(seconds: -60 * 3_600)).count == 49)
            let version = "SELECT max(xmin::text::bigint) FROM cost_hourly"
            let before = try await scene.values(version)
            let count = scene.server.asked.count
            #expect(await scene.loop.round())
            #expect(scene.server.asked.dropFirst(count).map(\.hours.count) == [3])
            #expect(try await scene.values(version) == before)
            // The next one comes ten minutes after the next hour.
            #expect(await scene.loop.nextWait == .seconds(3_540))
        }
    }

    @Test("a new process goes on where the one before ended, and what failed is made up for")
    func gaps() async throws {
        try await OpenCostScene.with { scene async throws in
            scene.server.allocate { _, hour in [OpenCostServer.row(hour, controller: "shop", Self.cent)] }
            await scene.catchUp()
            scene.server.answer(500, "oops")
            scene.time.advance(seconds: 5 * 3_600)
            #expect(await scene.loop.round())
            let failed = try #require(try await scene.state())
            #expect(failed.through == Self.noon && failed.error?.contains("answered 500: oops") == true)
            #expect(await scene.loop.nextWait == .seconds(300))
            #expect(try await scene.hours().count == 1)

            scene.server.allocate { _, hour in [OpenCostServer.row(hour, controller: "shop", Self.cent)] }
            let next = OpenCostScene.makeLoop(scene.server.url, scene.store, scene.time)
            let count = scene.server.asked.count
            #expect(await next.round())
            let hours = scene.server.asked.dropFirst(count).filter { !$0.isOfDay }.flatMap(\.hours)
            #expect(hours.filter { $0 >= Self.noon }.count == 5)
            #expect(try await scene.hours().count == 6)
            #expect(try await scene.state()?.error == nil)
        }
    }

    @Test("an hour of which nothing is said is told and not charged nothing; so is a cluster that fell silent")
    func silence() async throws {
        try await OpenCostScene.with(clusters: ["theirs": "us"]) { scene async throws in
            let missing = Mutex(Self.noon.adding(seconds: -7_200))
            scene.server.allocate { _, hour in
                hour == missing.withLock { $0 } ? [] : [OpenCostServer.row(hour, controller: "shop", Self.cent)]
            }
            await scene.catchUp()
            let main = try #require(try await scene.state())
            #expect(main.error?.contains("the first 2036-03-10T10:00:00Z") == true && main.through == Self.noon)
            #expect(try await scene.hours(since: Self.noon.adding(seconds: -3 * 3_600)).count == 2)
            // Named in the configuration, so it is expected.
            #expect(try await scene.state("us")?.error == "OpenCost default says nothing of this cluster")

            scene.server.allocate { _, _ in [] }
            scene.time.advance(seconds: 3_600)
            #expect(await scene.loop.round())
            #expect(try await scene.state()?.error == "opencost says nothing of this cluster any more")
            #expect(try await scene.hours().count == 1)
        }
    }

    @Test("a cluster that is known later is read from the beginning, and nobody is asked while none is known")
    func newcomer() async throws {
        try await OpenCostScene.with { scene async throws in
            scene.server.allocate { _, hour in
                [
                    OpenCostServer.row(hour, controller: "shop", Self.cent),
                    OpenCostServer.row(hour, cluster: "us", controller: "api", Self.cent),
                ]
            }
            _ = try await scene.values("UPDATE ingest_watermark SET through = NULL WHERE source = 1 RETURNING cluster")
            #expect(await scene.loop.round())
            let wait = await scene.loop.nextWait
            #expect(scene.server.asked.isEmpty && wait == .seconds(30))
            try await scene.store.costs.complete(cluster: "main", through: Self.noon)
            await scene.catchUp()
            let from = Self.noon.adding(seconds: -60 * 3_600)
            #expect(try await scene.hours(since: from).count == 49)
            try await scene.store.costs.complete(cluster: "us", through: Self.noon)
            await scene.catchUp()
            #expect(try await scene.hours(since: from).count == 98)
        }
    }

    @Test("money that found its workload later is not nobody's any more")
    func late() async throws {
        try await OpenCostScene.with { scene async throws in
            scene.server.allocate { _, hour in [OpenCostServer.row(hour, controller: "new", Self.cent)] }
            await scene.catchUp()
            #expect(try await scene.hours() == ["main/__unallocated__/prod/* 11 10000000"])
            scene.server.allocate { _, hour in [OpenCostServer.row(hour, controller: "cart", Self.cent)] }
            #expect(await scene.loop.round())
            #expect(
                try await scene.hours() == [
                    "main/Deployment/prod/cart 11 10000000", "main/__unallocated__/prod/* 11 0",
                ])
        }
    }

    @Test("where three hours are too much for one answer, each is asked for by itself")
    func long() async throws {
        try await OpenCostScene.with(maximumBytes: 3_000) { scene async throws in
            let padding = JSONValue.string(String(repeating: "x", count: 1_500))
            scene.server.allocate { _, hour in
                [OpenCostServer.row(hour, controller: "shop", ["cpuCost": 0.01, "padding": padding])]
            }
            await scene.catchUp()
            #expect(try await scene.hours(since: Self.noon.adding(seconds: -60 * 3_600)).count == 49)
            #expect(try await scene.state()?.error == nil)
        }
    }

    @Test("the hours of the day before are brought to the sum of the day, once")
    func rounding() async throws {
        try await OpenCostScene.with { scene async throws in
            scene.server.allocate { asked, hour in
                [OpenCostServer.row(hour, controller: "shop", ["cpuCost": asked.isOfDay ? 0.00759 : 0.00032])]
            }
            await scene.catchUp()
            let sum = """
                SELECT sum(cpu_cost) || ' ' || max(cpu_cost) || ' ' || count(*) FROM cost_hourly
                WHERE hour >= '2036-03-09T00:00:00Z' AND hour < '2036-03-10T00:00:00Z'
                """
            #expect(try await scene.values(sum) == ["7590000 316250 24"])
            #expect(scene.server.asked.count(where: \.isOfDay) == 1)
            scene.time.advance(seconds: 3_600)
            #expect(await scene.loop.round())
            #expect(scene.server.asked.count(where: \.isOfDay) == 1)
            #expect(try await scene.values(sum) == ["7590000 316250 24"])
            // Two hours after midnight its last hours are still asked for in each round.
            scene.time.advance(seconds: 13 * 3_600)
            #expect(await scene.loop.round())
            #expect(scene.server.asked.count(where: \.isOfDay) == 1)
            scene.time.advance(seconds: 3_600)
            #expect(await scene.loop.round())
            #expect(scene.server.asked.count(where: \.isOfDay) == 2)
        }
    }
}
