import Base
import TestSupport
import Testing

@Suite("Growing waits")
struct BackoffTests {
    @Test("waits grow by the factor to the maximum and start again after a success")
    func growth() {
        var random = SeededRandom(seed: 8)
        var backoff = Backoff(initial: .milliseconds(100), factor: 2, maximum: .seconds(1), jitter: 0)
        let waits = (0..<6).map { _ in backoff.next(using: &random) }
        #expect(waits == [100, 200, 400, 800, 1_000, 1_000].map { .milliseconds($0) })
        backoff.reset()
        #expect(backoff.next(using: &random) == .milliseconds(100))
    }

    @Test("a wait lies between its step and the step lengthened by the jitter")
    func jitter() {
        var random = SeededRandom(seed: 6)
        var seen: Set<Duration> = []
        for _ in 0..<200 {
            var backoff = Backoff(initial: .seconds(1), factor: 2, maximum: .seconds(30), jitter: 0.25)
            let wait = backoff.next(using: &random)
            #expect(wait >= .seconds(1) && wait <= .milliseconds(1_250))
            seen.insert(wait)
        }
        #expect(seen.count > 100)
    }

    @Test("a thousand failures do not overflow")
    func bounded() {
        var random = SeededRandom(seed: 7)
        var backoff = Backoff(initial: .milliseconds(5), factor: 2, maximum: .seconds(1_000), jitter: 1)
        for _ in 0..<1_000 { #expect(backoff.next(using: &random) <= .seconds(2_000)) }
    }
}
