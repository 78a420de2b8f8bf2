import Base
import Glibc
import Testing

@Suite("An actor on a thread of its own")
struct ThreadExecutorTests {
    private actor Worker {
        let executor: ThreadExecutor
        private(set) var count = 0
        private var isRunning = false

        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        init(_ executor: ThreadExecutor) { self.executor = executor }

        func thread() -> UInt { UInt(pthread_self()) }

        func threadName() throws -> String {
            String(decoding: try readFile("/proc/thread-self/comm"), as: UTF8.self)
        }

        func block(microseconds: UInt32) { usleep(microseconds) }

        /// False when another call was in the midst of it.
        func addAlone() -> Bool {
            guard !isRunning else { return false }
            isRunning = true
            defer { isRunning = false }
            let before = count
            sched_yield()
            count = before + 1
            return true
        }

        func stopFromWithin() { executor.stop() }
    }

    @Test("every call runs on the one named thread, which is not the caller's")
    func oneThread() async throws {
        let worker = Worker(ThreadExecutor(name: "a-very-long-thread-name"))
        var threads: Set<UInt> = []
        for _ in 0..<100 { threads.insert(await worker.thread()) }
        #expect(threads.count == 1)
        #expect(try await worker.threadName() == "a-very-long-thr\n")
        let other = Worker(ThreadExecutor(name: "other"))
        #expect(await !threads.contains(other.thread()))
        await worker.stopFromWithin()
        await other.stopFromWithin()
    }

    @Test("blocked actors do not hold up the cooperative pool")
    func blocking() async {
        let workers = (0..<16).map { Worker(ThreadExecutor(name: "w\($0)")) }
        let clock = ContinuousClock()
        let started = clock.now
        await withTaskGroup { group in
            for worker in workers { group.addTask { await worker.block(microseconds: 300_000) } }
        }
        // One after another on the pool of a machine with few cores would take seconds.
        #expect(clock.now - started < .seconds(2))
        for worker in workers { await worker.stopFromWithin() }
    }

    @Test("calls from many tasks run one at a time and none is lost, also while and after it is stopped")
    func serial() async {
        for round in 0..<20 {
            let worker = Worker(ThreadExecutor(name: "serial"))
            let alone = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask { await worker.addAlone() }
                    if number == round * 10 {
                        group.addTask {
                            await worker.stopFromWithin(); return true
                        }
                    }
                }
                return await group.reduce(true) { $0 && $1 }
            }
            #expect(alone)
            #expect(await worker.count == 200)
        }
    }

    @Test("a call after the end is still answered")
    func afterTheEnd() async {
        let executor = ThreadExecutor(name: "ended")
        let worker = Worker(executor)
        executor.stop()
        for _ in 0..<50 { #expect(await worker.addAlone()) }
        #expect(await worker.count == 50)
    }
}
