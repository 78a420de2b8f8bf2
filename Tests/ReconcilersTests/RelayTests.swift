import Matching
import Synchronization
import Testing

@testable import Reconcilers

@Suite("The relay of changes")
struct RelayTests {
    @Test("the hundred thousandth change takes the same way as the first, and after the end nobody is told")
    func many() {
        let relay = Relay()
        let received = Mutex(0)
        relay.send(key("Pod", "early"), .watch)
        relay.tell { _, _ in received.withLock { $0 += 1 } }
        // A way that grew with each change would overflow the stack long before the last.
        for _ in 0..<100_000 { relay.send(key("Pod", "web"), .watch) }
        #expect(received.withLock { $0 } == 100_000)
        relay.tell(nil)
        relay.send(key("Pod", "late"), .watch)
        #expect(received.withLock { $0 } == 100_000)
    }
}
