import Base
import KubeClient
import TestSupport
import Testing

@testable import API

/// What lists take of the process's memory, whoever asked for them.
@Suite("Memory for lists")
struct ListAllowanceTests {
    private static let item = #"{"a":"\#(String(repeating: "x", count: 400 << 10))"}"#
    private static let listBytes = ScriptedCluster.bytes(item).count
    private let clock = ManualClock()
    private let gate = Gate()

    private func objects(
        _ clusters: [ScriptedCluster], _ change: (inout KubernetesObjectsConfiguration) -> Void = { _ in }
    ) -> KubernetesObjects {
        var configuration = KubernetesObjectsConfiguration()
        configuration.cacheTime = .zero
        configuration.inFlightBytes = 1 << 20
        configuration.objectTypes = ObjectType.all.filter { ["services", "configmaps"].contains($0.name) }
        change(&configuration)
        return KubernetesObjects(
            directory: ClusterDirectory(clusters.map(\.entry)), configuration: configuration,
            metrics: MetricsRegistry(), clock: clock)
    }

    private func clusters(_ count: Int, _ answer: ScriptedCluster.Answer) throws -> [ScriptedCluster] {
        try (0..<count).map { number in
            let cluster = try ScriptedCluster("c\(number)")
            for plural in ["services", "configmaps"] { cluster.set("/api/v1/\(plural)", answer) }
            return cluster
        }
    }

    private func query(_ name: String = "shop") throws -> ObjectQuery {
        try ObjectQuery(entity: ["metadata": ["name": .string(name)]])
    }

    private func isWhole(_ objects: KubernetesObjects) async -> Bool {
        await eventually { await objects.isIdle && objects.allowance.heldBytes == 0 }
    }

    @Test("a share takes what is there, keeps what it has when there is no more, and gives it back when it goes")
    func shares() {
        let allowance = ListAllowance(limit: 10)
        let first = allowance.share()
        do {
            let second = allowance.share()
            #expect(first.resize(to: 6) && second.resize(to: 4) && !second.resize(to: 5))
            #expect(allowance.heldBytes == 10 && first.resize(to: 0) && second.resize(to: 10))
            #expect(!first.resize(to: 1) && !first.resize(to: .max))
        }
        #expect(allowance.heldBytes == 0 && first.resize(to: 1) && allowance.mostHeldBytes == 10)
    }

    @Test("lists of many clusters and requests together never take more than they may; the others go on")
    func manyInFlight() async throws {
        let clusters = try clusters(4, .halves(gate, Self.item))
        let objects = objects(clusters)
        let queries = [try query("shop"), try query("cart")]
        async let requests = withThrowingTaskGroup(of: [UInt8].self) { group in
            for query in queries { group.addTask { try await objects.bytes(.workloads, of: query) } }
            return try await group.reduce(into: [[UInt8]]()) { $0.append($1) }
        }
        #expect(await eventually { clusters.reduce(0) { $0 + $1.halves } == 16 }, "all are under way at once")
        gate.open()
        let items = try await requests.flatMap { try JSONValue(parsing: $0)["items"]?.arrayValue ?? [] }
        let lists = items.flatMap { $0["resources"]?.arrayValue ?? [] }.count { $0["resources"] != [] }
        let errors = items.flatMap { $0["errors"]?.arrayValue ?? [] }
        #expect(lists >= 1 && errors.count >= 11 && lists + errors.count == 16, "\(lists) lists, \(errors)")
        for error in errors {
            let path = error["resourcePath"]
            #expect(path == "/api/v1/services" || path == "/api/v1/configmaps")
            #expect(error["errorType"] == "SYSTEM_ERROR" && error["statusCode"] == 503)
            #expect(
                error["message"]
                    == .string(
                        "not read: the lists in memory would take more than 1 MiB "
                            + "(callboard.kubernetes.objects.inFlightMegabytes); ask again later"))
        }
        #expect(objects.allowance.mostHeldBytes <= 1 << 20 && objects.allowance.mostHeldBytes >= Self.listBytes)
        #expect(await isWhole(objects))
    }

    @Test("what was refused for memory is not remembered: the next who asks gets it")
    func recovery() async throws {
        let clusters = try clusters(2, .halves(gate, Self.item))
        let objects = objects(clusters) { $0.cacheTime = .seconds(5) }
        gate.open()
        let first = try await objects.bytes(.workloads, of: try query())
        #expect(String(decoding: first, as: UTF8.self).contains("SYSTEM_ERROR"))
        for cluster in clusters {
            for plural in ["services", "configmaps"] { cluster.set("/api/v1/\(plural)", .list("{}")) }
        }
        let second = try JSONValue(parsing: try await objects.bytes(.workloads, of: try query()))
        #expect(second["items"]?.arrayValue?.map { $0["errors"] } == [[], []])
    }

    @Test("who gives up gives everything back, however far the lists have come")
    func cancellation() async throws {
        let clusters = try clusters(2, .halves(gate, Self.item))
        let objects = objects(clusters)
        let query = try query()
        let leaver = Task { await objects.objects(.workloads, of: query).clusters.count }
        #expect(await eventually { objects.allowance.heldBytes > Self.listBytes / 4 })
        leaver.cancel()
        _ = await leaver.value
        #expect(await isWhole(objects))
    }

    @Test("a list that comes too late is given back when the deadline passes")
    func deadline() async throws {
        let clusters = try clusters(1, .halves(gate, Self.item))
        let objects = objects(clusters)
        let query = try query()
        async let answer = objects.bytes(.workloads, of: query)
        #expect(await eventually { objects.allowance.heldBytes > Self.listBytes / 4 && clock.sleeperCount == 2 })
        clock.advance(by: .seconds(10))
        #expect(String(decoding: try await answer, as: UTF8.self).contains("did not answer within 10 s"))
        #expect(await isWhole(objects))
    }

    @Test(
        "lists that fail after their bytes have come give them back",
        arguments: [(1 << 20, "x"), (200 << 10, "")])
    func failures(answerBytes: Int, wrong: String) async throws {
        let clusters = try clusters(1, .halves(gate, Self.item + wrong))
        gate.open()
        let objects = objects(clusters) { $0.answerBytes = answerBytes }
        let answer = try JSONValue(parsing: try await objects.bytes(.workloads, of: try query()))
        let errors = answer["items"]?[0]?["errors"]?.arrayValue ?? []
        #expect(errors.count == 2 && errors.allSatisfy { $0["errorType"] == "FETCH_ERROR" }, "\(errors)")
        #expect(objects.allowance.mostHeldBytes > 100 << 10)
        #expect(await isWhole(objects))
    }

    @Test("lists count while an answer is made of them, also after the cache has let them go")
    func answers() async throws {
        let clusters = try clusters(1, .list(Self.item))
        let objects = objects(clusters) { $0.cacheTime = .seconds(5) }
        var answer: ObjectsAnswer? = await objects.objects(.workloads, of: try query())
        // The cache may have half of the allowance, which is one of the two lists; the answer has both.
        #expect(await objects.keptBytes == Self.listBytes)
        #expect(objects.allowance.heldBytes == 2 * Self.listBytes)
        clock.advance(by: .seconds(5))
        #expect(await objects.keptBytes == 0)
        #expect(objects.allowance.heldBytes == 2 * Self.listBytes)
        #expect(answer?.clusters.count == 1)
        answer = nil
        #expect(await isWhole(objects))
    }

    @Test("an answer is written in pieces, and a reader who takes none of them is left after a minute")
    func slowReader() async throws {
        let item = #"{"a":"\#(String(repeating: "x", count: 999))"}"#
        let clusters = try clusters(1, .list(Array(repeating: item, count: 300).joined(separator: ",")))
        let objects = objects(clusters)
        let answer = await objects.objects(.workloads, of: try query())
        let (pieces, sink) = AsyncStream.makeStream(of: Int.self)
        try await objects.send(answer) { sink.yield($0.count) }
        sink.finish()
        let sizes = await pieces.reduce(into: [Int]()) { $0.append($1) }
        #expect(sizes.count > 5 && sizes.allSatisfy { $0 < 80 << 10 }, "\(sizes)")
        // What looks after the discovery is asleep, and then the limit of the sending.
        try #require(await eventually { clock.sleeperCount == 1 })
        let sending = Task { try await objects.send(answer) { _ in try await Task.sleep(for: .seconds(3600)) } }
        try #require(await eventually { clock.sleeperCount == 2 })
        clock.advance(by: .seconds(60))
        await #expect(throws: SlowReaderError.self) { try await sending.value }
    }
}
