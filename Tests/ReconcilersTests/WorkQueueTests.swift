import Synchronization
import Testing

@testable import Reconcilers

@Suite("Work queue")
struct WorkQueueTests {
    @Test("a worker that waits gets a key as soon as there is one, and a batch takes what else is ready")
    func waiting() async {
        let queue = WorkQueue<String>()
        let first = Task { await queue.next() }
        while queue.waiterCount == 0 { await Task.yield() }
        queue.add("a")
        #expect(await first.value == "a")
        queue.add(["b", "c", "d"])
        #expect(await queue.nextBatch(maximum: 2) == ["b", "c"])
        #expect(await queue.nextBatch(maximum: 2) == ["d"])
        queue.done(["a", "b", "c", "d"])
        let counts = queue.counts
        #expect((counts.ready, counts.processing, counts.delayed) == (0, 0, 0))
        #expect((counts.additions, counts.retries) == (4, 0))
    }

    @Test("a delayed key wakes its worker when its time has come")
    func delayed() async {
        let queue = WorkQueue<String>()
        let started = ContinuousClock.now
        queue.add("late", after: .milliseconds(60))
        queue.add("early", after: .milliseconds(30))
        #expect(await queue.next() == "early")
        #expect(started.duration(to: .now) >= .milliseconds(30))
        #expect(await queue.next() == "late")
        #expect(started.duration(to: .now) >= .milliseconds(60))
    }

    @Test("a failed key comes back, later each time")
    func retries() async {
        let queue = WorkQueue<String>()
        queue.add("a")
        for failure in 1...4 {
            #expect(await queue.next() == "a")
            queue.retry("a")
            queue.done("a")
            #expect(queue.failureCount("a") == failure)
        }
        #expect(await queue.next() == "a")
        queue.forget("a")
        #expect(queue.failureCount("a") == 0)
        #expect(queue.counts.retries == 4)
    }

    @Test("a cancelled worker waits no longer, and takes no key with it")
    func cancellation() async {
        let queue = WorkQueue<String>()
        let worker = Task { await queue.next() }
        while queue.waiterCount == 0 { await Task.yield() }
        worker.cancel()
        #expect(await worker.value == nil)
        #expect(queue.waiterCount == 0)
        queue.add("a")
        #expect(await queue.next() == "a")
    }

    @Test("shutting down hands out the rest, ends the waiting, and is over when all is done")
    func shutDown() async {
        let queue = WorkQueue<String>()
        queue.add(["a", "b"])
        queue.add("later", after: .seconds(3600))
        #expect(await queue.next() == "a")
        queue.shutDown()
        queue.add("c")
        #expect(await queue.next() == "b")
        #expect(await queue.next() == nil)
        #expect(await !queue.waitUntilDrained(deadline: .now + .milliseconds(10)))
        queue.done(["a", "b"])
        #expect(await queue.waitUntilDrained(deadline: .now + .seconds(60)))

        let idle = WorkQueue<String>()
        let workers = (0..<3).map { _ in Task { await idle.next() } }
        while idle.waiterCount < 3 { await Task.yield() }
        idle.shutDown()
        for worker in workers { #expect(await worker.value == nil) }
        #expect(await idle.waitUntilDrained(deadline: .now + .seconds(60)))
    }

    @Test("with many producers and workers each key has one worker at a time, and its last addition is worked on")
    func concurrency() async {
        let queue = WorkQueue<Int>()
        let keys = 20
        // What was asked for and what the workers saw of it.
        let wanted = (0..<keys).map { _ in Counter() }
        let seen = (0..<keys).map { _ in Counter() }
        let inWork = (0..<keys).map { _ in Counter() }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    while let batch = await queue.nextBatch(maximum: 3) {
                        for key in batch {
                            #expect(inWork[key].add(1) == 1)
                            seen[key].set(wanted[key].value)
                            await Task.yield()
                            inWork[key].add(-1)
                        }
                        queue.done(batch)
                    }
                }
            }
            await withTaskGroup(of: Void.self) { producers in
                for producer in 0..<8 {
                    producers.addTask {
                        for round in 0..<500 {
                            let key = (round * 7 + producer) % keys
                            wanted[key].add(1)
                            if round % 5 == 0 {
                                queue.add(key, after: .microseconds(50), .low)
                            } else {
                                queue.add(key, round % 2 == 0 ? .high : .low)
                            }
                            if round % 50 == 0 { await Task.yield() }
                        }
                    }
                }
            }
            while queue.counts.delayed > 0 { try? await Task.sleep(for: .milliseconds(1)) }
            queue.shutDown()
        }
        #expect(await queue.waitUntilDrained(deadline: .now + .seconds(60)))
        for key in 0..<keys { #expect(seen[key].value == wanted[key].value) }
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func set(_ value: Int) { count.withLock { $0 = value } }

        @discardableResult
        func add(_ amount: Int) -> Int {
            count.withLock { count in
                count += amount
                return count
            }
        }
    }
}
