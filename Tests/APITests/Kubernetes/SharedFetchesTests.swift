import Base
import HTTPClient
import KubeClient
import Synchronization
import TestSupport
import Testing

@testable import API

@Suite("Shared fetches")
struct SharedFetchesTests {
    /// What the fetches did.
    private final class Record: Sendable {
        let asked = Mutex<[String]>([])
        let cancelled = Mutex<[String]>([])
        /// How many joined a request that was under way.
        let joined = Mutex(0)
    }

    private let clock = ManualClock()
    private let record = Record()
    private let gate = Gate()
    private let client = KubernetesClient(
        ClusterConfiguration(server: "http://127.0.0.1:1"), http: HTTPClient(name: "unused"), version: "test")

    private func key(_ path: String) -> FetchKey { FetchKey(client: client, path: path, labelSelector: "a=b") }

    /// Answers with how many times something was asked for, once the gate is open.
    private func fetches(width: Int = 4, limit: Int = 100) -> SharedFetches<Int> {
        SharedFetches(
            width: width, lifetime: .seconds(5), limit: limit, time: PassingTime(clock),
            observe: { [record] source in if source == .shared { record.joined.withLock { $0 += 1 } } },
            cost: { _ in 10 }
        ) { [record, gate] key in
            let count = record.asked.withLock { asked in
                asked.append(key.path)
                return asked.count
            }
            guard await gate.wait() else {
                record.cancelled.withLock { $0.append(key.path) }
                throw CancellationError()
            }
            if key.path == "/refused" { throw FetchFailure(.refused(403), path: key.path, detail: "") }
            if key.path == "/unreachable" { throw FetchFailure(.unreachable, path: key.path, detail: "") }
            return count
        }
    }

    @Test("a hundred who want the same at the same time are one request, and its answer is given again for its time")
    func sharing() async throws {
        let fetches = fetches()
        async let opened: Void = {
            _ = await eventually { record.asked.withLock { !$0.isEmpty } }
            gate.open()
        }()
        let answers = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { try await fetches.outcome(of: key("/pods")).get() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        await opened
        #expect(answers == Array(repeating: 1, count: 100))
        #expect(record.asked.withLock { $0 } == ["/pods"])
        clock.advance(by: .seconds(4))
        #expect(try await fetches.outcome(of: key("/pods")).get() == 1)
        clock.advance(by: .seconds(1))
        #expect(try await fetches.outcome(of: key("/pods")).get() == 2)
        #expect(await fetches.isIdle)
    }

    @Test("what is kept is let go at its time though nobody asks any more")
    func sweeping() async throws {
        gate.open()
        let fetches = fetches()
        _ = try await fetches.outcome(of: key("/pods"))
        #expect(await eventually { clock.sleeperCount == 1 })
        clock.advance(by: .seconds(5))
        #expect(await eventually { clock.sleeperCount == 0 })
        #expect(await fetches.keptCost == 0)
    }

    @Test("a refusal is given again, that nobody answered is not")
    func failures() async throws {
        gate.open()
        let fetches = fetches()
        for _ in 0..<2 {
            _ = try await fetches.outcome(of: key("/refused"))
            _ = try await fetches.outcome(of: key("/unreachable"))
        }
        #expect(record.asked.withLock { $0 } == ["/refused", "/unreachable", "/unreachable"])
    }

    @Test("another client of the same name has nothing to do with the first")
    func clients() async throws {
        gate.open()
        let fetches = fetches()
        let other = KubernetesClient(
            client.configuration, http: HTTPClient(name: "unused"), version: "test")
        #expect(try await fetches.outcome(of: key("/pods")).get() == 1)
        #expect(try await fetches.outcome(of: FetchKey(client: other, path: "/pods", labelSelector: "a=b")).get() == 2)
    }

    @Test("who leaves is let go at once; the request goes on for the others and is cancelled after the last")
    func leaving() async throws {
        let fetches = fetches()
        let first = Task { try await fetches.outcome(of: key("/pods")) }
        #expect(await eventually { record.asked.withLock { $0.count } == 1 })
        let second = Task { try await fetches.outcome(of: key("/pods")) }
        #expect(await eventually { record.joined.withLock { $0 } == 1 })
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        #expect(record.cancelled.withLock { $0.isEmpty })
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(await eventually { record.cancelled.withLock { $0 } == ["/pods"] })
        #expect(await eventually { await fetches.isIdle })
        gate.open()
        #expect(try await fetches.outcome(of: key("/pods")).get() > 0)
    }

    @Test("no more requests than its width are under way, and who waits in line can leave")
    func width() async throws {
        let fetches = fetches(width: 2)
        let tasks = (1...5).map { number in Task { try await fetches.outcome(of: key("/\(number)")) } }
        #expect(await eventually { record.asked.withLock { $0.count } == 2 })
        let begun = record.asked.withLock { Set($0) }
        for (number, task) in zip(1..., tasks) where !begun.contains("/\(number)") { task.cancel() }
        gate.open()
        var answered = 0
        for task in tasks { if case .success = try? await task.value { answered += 1 } }
        #expect(answered == 2 && record.asked.withLock { $0.count } == 2)
    }

    @Test("whoever leaves whenever, nobody is forgotten and nothing stays under way")
    func races() async throws {
        gate.open()
        let fetches = fetches(width: 2)
        for _ in 0..<300 {
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    let task = Task { try await fetches.outcome(of: key("/\(number % 3)")) }
                    group.addTask { _ = try? await task.value }
                    if number % 2 == 0 { group.addTask { task.cancel() } }
                }
            }
            clock.advance(by: .seconds(5))
        }
        #expect(await eventually { await fetches.isIdle })
    }
}
