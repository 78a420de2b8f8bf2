import Synchronization
import TestSupport
import Testing

@testable import Base

@Suite("Shared work")
struct SharedWorkTests {
    /// Work that ends when the test says so, and counts.
    private final class Work: Sendable {
        let gate = Gate()
        private let counts = Mutex((begun: 0, cancelled: 0))

        var begun: Int { counts.withLock { $0.begun } }
        var cancelled: Int { counts.withLock { $0.cancelled } }

        @Sendable func run() async throws -> Int {
            let number = counts.withLock { counts in
                counts.begun += 1
                return counts.begun
            }
            guard await gate.wait() else {
                counts.withLock { $0.cancelled += 1 }
                throw CancellationError()
            }
            return number
        }
    }

    @Test("those who ask at the same time get one result, those who come later another")
    func sharing() async throws {
        let (work, shared) = (Work(), SharedWork<Int>())
        async let first = shared.value(work.run)
        #expect(await eventually { work.begun == 1 })
        async let second = shared.value(work.run)
        work.gate.open()
        #expect(try await first == 1)
        #expect(try await [1, 2].contains(second))
        let before = work.begun
        #expect(try await shared.value(work.run) == before + 1)
    }

    @Test("who is cancelled stops waiting, and the others get their result")
    func oneLeaves() async throws {
        let (work, shared) = (Work(), SharedWork<Int>())
        let leaving = Task { try await shared.value(work.run) }
        #expect(await eventually { work.begun == 1 })
        let staying = Task { try await shared.value(work.run) }
        #expect(await eventually { shared.waiterCount == 2 })
        leaving.cancel()
        await #expect(throws: CancellationError.self) { try await leaving.value }
        work.gate.open()
        #expect(try await staying.value == 1)
        #expect(work.cancelled == 0)
    }

    @Test("work for which nobody waits any more is cancelled, and the next who asks begins it anew")
    func allLeave() async throws {
        let (work, shared) = (Work(), SharedWork<Int>())
        let task = Task { try await shared.value(work.run) }
        #expect(await eventually { work.begun == 1 })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(await eventually { work.cancelled == 1 })
        work.gate.open()
        #expect(try await shared.value(work.run) == 2)
    }

    @Test("work that is not given up goes on without anybody, and who comes then waits for it")
    func notGivenUp() async throws {
        let (work, shared) = (Work(), SharedWork<Int>(isGivenUp: false))
        let task = Task { try await shared.value(work.run) }
        #expect(await eventually { work.begun == 1 })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        let next = Task { try await shared.value(work.run) }
        #expect(await eventually { shared.waiterCount == 1 })
        work.gate.open()
        #expect(try await next.value == 1)
        #expect(work.cancelled == 0)
    }
}
