import Testing

@testable import Reconcilers

@Suite("Work queue rules")
struct WorkQueueStateTests {
    @Test("a key that waits is handed out once, however often it was added")
    func collapsing() {
        var state = WorkQueueState<String>()
        for _ in 0..<5 { state.add("a", .high) }
        state.add("b", .high)
        #expect(state.take(maximum: 10) == ["a", "b"])
        #expect(state.take(maximum: 10).isEmpty)
    }

    @Test("a key that is added while a worker has it comes again when that one is done, not before")
    func noLostWakeUp() {
        var state = WorkQueueState<String>()
        state.add("a", .high)
        #expect(state.take(maximum: 1) == ["a"])
        state.add("a", .high)
        state.add("a", .high)
        #expect(state.take(maximum: 1).isEmpty)
        state.done("a")
        #expect(state.take(maximum: 1) == ["a"])
        state.done("a")
        #expect(state.take(maximum: 1).isEmpty)
        #expect(state.isDrained)
    }

    @Test("giving back a key that nobody has changes nothing")
    func doneWithoutTaking() {
        var state = WorkQueueState<String>()
        state.done("a")
        state.add("a", .high)
        state.done("a")
        #expect(state.take(maximum: 2) == ["a"])
    }

    @Test("of several delays the earliest counts, and adding plainly ends them")
    func delays() {
        var state = WorkQueueState<String>()
        state.add("a", .high, after: .seconds(10), now: .zero)
        state.add("a", .high, after: .seconds(5), now: .zero)
        state.add("a", .high, after: .seconds(20), now: .zero)
        #expect(state.delayedCount == 1)
        state.wake(now: .seconds(4))
        #expect(state.take(maximum: 1).isEmpty)
        state.wake(now: .seconds(5))
        #expect(state.take(maximum: 1) == ["a"])
        state.done("a")
        state.wake(now: .seconds(30))
        #expect(state.take(maximum: 1).isEmpty)

        state.add("b", .high, after: .seconds(5), now: .seconds(30))
        state.add("b", .high)
        #expect(state.take(maximum: 1) == ["b"])
        state.done("b")
        state.wake(now: .seconds(60))
        #expect(state.take(maximum: 1).isEmpty)
    }

    @Test("a delay that ends while a worker has the key makes it come again")
    func delayWhileProcessing() {
        var state = WorkQueueState<String>()
        state.add("a", .high)
        _ = state.take(maximum: 1)
        state.add("a", .high, after: .seconds(1), now: .zero)
        state.wake(now: .seconds(1))
        #expect(state.take(maximum: 1).isEmpty)
        state.done("a")
        #expect(state.take(maximum: 1) == ["a"])
    }

    @Test("overtaken delays do not fill the memory")
    func overtakenDelays() {
        var state = WorkQueueState<Int>()
        for round in 0..<100_000 {
            state.add(round % 10, .high, after: .seconds(3600), now: .zero)
            state.add(round % 10, .high)
            state.take(maximum: 1).forEach { state.done($0) }
        }
        #expect(state.delayedEntryCount < 200)
    }

    @Test("retries wait 5 ms, doubled each time up to 1000 s, until the key is forgotten")
    func retries() throws {
        var state = WorkQueueState<String>()
        var now: Duration = .zero
        for failure in 0..<25 {
            state.retry("a", .high, now: now)
            let wait = try #require(state.nextWake) - now
            #expect(wait == min(.milliseconds(5) * (1 << failure), .seconds(1000)))
            now += wait
            state.wake(now: now)
            state.take(maximum: 1).forEach { state.done($0) }
        }
        #expect(state.failureCount("a") == 25)
        state.forget("a")
        state.retry("a", .high, now: now)
        #expect(state.nextWake == now + .milliseconds(5))
    }

    @Test("four urgent keys are handed out for each other one, and neither lane waits for an empty one")
    func lanes() {
        var state = WorkQueueState<String>()
        for index in 0..<10 { state.add("h\(index)", .high) }
        for index in 0..<4 { state.add("l\(index)", .low) }
        #expect(
            state.take(maximum: 100) == [
                "h0", "h1", "h2", "h3", "l0", "h4", "h5", "h6", "h7", "l1", "h8", "h9", "l2", "l3",
            ])
    }

    @Test("a waiting key rises when it is added as urgent, and never sinks")
    func rising() {
        var state = WorkQueueState<String>()
        for key in ["a", "b", "c"] { state.add(key, .low) }
        state.add("c", .high)
        state.add("c", .low)
        #expect(state.readyCount == 3)
        #expect(state.take(maximum: 10) == ["c", "a", "b"])
        for key in ["a", "b", "c"] { state.done(key) }
        #expect(state.isDrained)
    }

    @Test("after shutdown what is ready is handed out, and nothing is taken in")
    func shutDown() {
        var state = WorkQueueState<String>()
        state.add("a", .high)
        state.add("b", .high, after: .seconds(1), now: .zero)
        #expect(state.take(maximum: 1) == ["a"])
        state.add("a", .high)
        state.shutDown()
        state.add("c", .high)
        state.wake(now: .seconds(10))
        state.done("a")
        #expect(state.take(maximum: 10) == ["a"])
        #expect(!state.isDrained)
        state.done("a")
        #expect(state.isDrained)
    }
}
