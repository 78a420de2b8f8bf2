import TestSupport
import Testing

@testable import KubeClient

@Suite("Reflector machine")
struct ReflectorMachineTests {
    /// A machine with a clock that the test sets.
    private struct Driven {
        var machine = ReflectorMachine()
        var generator = SeededRandom(seed: 1)
        var now: Duration = .zero

        mutating func send(_ event: ReflectorMachine.Event) -> ReflectorMachine.Action {
            machine.handle(event, at: now, using: &generator)
        }

        mutating func fail(_ kind: ReflectorFailure.Kind, retryAfter: Duration? = nil) -> ReflectorMachine.Action {
            send(.failed(ReflectorFailure(kind, retryAfter: retryAfter)))
        }

        /// Past its first list, watching from this version.
        static func watching(from version: ResourceVersion = "100") -> Driven {
            var driven = Driven()
            _ = driven.send(.start)
            _ = driven.send(.listed(ListMetadata(resourceVersion: version)))
            return driven
        }
    }

    private func listsOrWaits(_ action: ReflectorMachine.Action) -> ReflectorMachine.ListRequest? {
        if case .list(let request) = action { request } else { nil }
    }

    private func wait(_ action: ReflectorMachine.Action) -> Duration? {
        if case .wait(let duration) = action { duration } else { nil }
    }

    private func watch(_ action: ReflectorMachine.Action) -> ResourceVersion? {
        if case .watch(let version, let seconds) = action, (240...480).contains(seconds) { version } else { nil }
    }

    @Test("it lists at any version first, then watches from the list's")
    func start() {
        var driven = Driven()
        #expect(driven.send(.start) == .list(.any))
        #expect(watch(driven.send(.listed(ListMetadata(resourceVersion: "7")))) == "7")
        #expect(driven.machine.state == .watching)
    }

    @Test("objects and bookmarks move the version on, and the next watch begins there")
    func versionsMove() {
        var driven = Driven.watching()
        #expect(driven.send(.object("105")) == .read)
        #expect(driven.send(.bookmark("190")) == .read)
        #expect(watch(driven.send(.ended)) == "190")
    }

    @Test("watch timeouts are spread")
    func watchTimeouts() {
        var driven = Driven.watching()
        var timeouts: Set<Int> = []
        for _ in 0..<50 {
            _ = driven.send(.object("101"))
            if case .watch(_, let seconds) = driven.send(.ended) { timeouts.insert(seconds) }
        }
        #expect(timeouts.count > 20)
    }

    @Test("pages are followed, and only the first is asked for by version")
    func pages() {
        var driven = Driven.watching()
        _ = driven.fail(.expired)
        #expect(driven.fail(.expired) == .list(.newest))
        let page = ListMetadata(resourceVersion: "300", continueToken: "two")
        #expect(
            driven.send(.listed(page))
                == .list(ReflectorMachine.ListRequest(limit: 500, continueToken: "two")))
        #expect(watch(driven.send(.listed(ListMetadata(resourceVersion: "300")))) == "300")
    }

    @Test("an expired page begins the list again, the second time without pages")
    func expiredPages() {
        var driven = Driven.watching()
        _ = driven.fail(.versionTooLarge)
        _ = driven.send(.listed(ListMetadata(resourceVersion: "300", continueToken: "two")))
        #expect(driven.fail(.expired) == .list(.newest))
        _ = driven.send(.listed(ListMetadata(resourceVersion: "310", continueToken: "two")))
        #expect(driven.fail(.expired) == .list(.newestUnpaged))
    }

    @Test("an expired watch lists not older than what was seen, then whatever there is")
    func expired() {
        var driven = Driven.watching()
        _ = driven.send(.object("150"))
        #expect(driven.fail(.expired) == .list(ReflectorMachine.ListRequest(resourceVersion: "150")))
        #expect(driven.fail(.expired) == .list(.newest))
        // A server that calls the newest expired is not asked without end.
        #expect(wait(driven.fail(.expired)) != nil)
        #expect(driven.send(.waited) == .list(.newestUnpaged))
    }

    @Test("a version that the server has not reached leads to whatever there is, and back in time")
    func restored() {
        var driven = Driven.watching(from: "1000")
        #expect(driven.send(.silent) == .list(ReflectorMachine.ListRequest(resourceVersion: "1000")))
        #expect(driven.fail(.versionTooLarge, retryAfter: .seconds(1)) == .list(.newest))
        #expect(watch(driven.send(.listed(ListMetadata(resourceVersion: "40")))) == "40")
        #expect(driven.machine.lastSeen == "40")
    }

    @Test("an overloaded or absent server keeps the version and is asked again after a wait")
    func overloaded() {
        var driven = Driven.watching()
        _ = driven.send(.object("120"))
        #expect(wait(driven.fail(.overloaded)) != nil)
        #expect(watch(driven.send(.waited)) == "120")
        #expect(wait(driven.fail(.overloaded, retryAfter: .seconds(90))) == .seconds(90))
    }

    @Test("waits double from 0.8 s to 30 s with up to as much again, and begin anew after two minutes")
    func waits() throws {
        var driven = Driven.watching()
        for expected in [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30] {
            let waited = try #require(wait(driven.fail(.overloaded)))
            #expect(waited >= .seconds(expected) && waited <= .seconds(2 * expected))
            driven.now += waited
            _ = driven.send(.waited)
        }
        driven.now += .seconds(121)
        #expect(try #require(wait(driven.fail(.overloaded))) <= .seconds(1.6))
    }

    @Test("a watch that ends at once without an event waits; any other goes on at once")
    func shortWatch() {
        var driven = Driven.watching()
        #expect(wait(driven.send(.ended)) != nil)
        _ = driven.send(.waited)
        _ = driven.send(.bookmark("101"))
        #expect(watch(driven.send(.ended)) == "101")
        driven.now += .seconds(1)
        #expect(watch(driven.send(.ended)) == "101")
    }

    @Test("a refused token is renewed once at once, then there is a wait")
    func unauthorized() {
        var driven = Driven.watching()
        #expect(driven.fail(.unauthorized) == .renewToken)
        #expect(watch(driven.send(.tokenRenewed)) == "100")
        #expect(wait(driven.fail(.unauthorized)) != nil)
        #expect(watch(driven.send(.waited)) == "100")
        #expect(driven.fail(.unauthorized) == .renewToken)
        // A success in between makes the next refusal the first one again.
        _ = driven.send(.tokenRenewed)
        _ = driven.send(.object("101"))
        #expect(driven.fail(.unauthorized) == .renewToken)
    }

    @Test("a refused token during a list lists again")
    func unauthorizedList() {
        var driven = Driven()
        _ = driven.send(.start)
        #expect(driven.fail(.unauthorized) == .renewToken)
        #expect(driven.send(.tokenRenewed) == .list(.any))
    }

    @Test("a missing permission is asked for again and again, up to the greatest wait")
    func forbidden() throws {
        var driven = Driven()
        _ = driven.send(.start)
        var last: Duration = .zero
        for _ in 0..<20 {
            last = try #require(wait(driven.fail(.forbidden)))
            #expect(driven.send(.waited) == .list(.any))
        }
        #expect(last >= .seconds(30) && last <= .seconds(60))
    }

    @Test("a resource that is not served is asked for about once a minute")
    func notServed() throws {
        var driven = Driven()
        _ = driven.send(.start)
        for _ in 0..<5 {
            let waited = try #require(wait(driven.fail(.notServed)))
            #expect(waited >= .seconds(60) && waited <= .seconds(90))
            #expect(driven.send(.waited) == .list(.any))
        }
        driven = .watching(from: "100")
        _ = driven.fail(.notServed)
        #expect(driven.send(.waited) == .list(ReflectorMachine.ListRequest(resourceVersion: "100")))
    }

    @Test("a server's own error is met by watching again three times, then by listing")
    func faults() {
        var driven = Driven.watching()
        for _ in 0..<3 {
            #expect(wait(driven.fail(.faulty)) != nil)
            #expect(watch(driven.send(.waited)) == "100")
        }
        #expect(wait(driven.fail(.faulty)) != nil)
        #expect(driven.send(.waited) == .list(ReflectorMachine.ListRequest(resourceVersion: "100")))
    }

    @Test("an error that we do not understand leads to a list after a wait")
    func otherError() {
        var driven = Driven.watching()
        #expect(wait(driven.fail(.other)) != nil)
        #expect(driven.send(.waited) == .list(ReflectorMachine.ListRequest(resourceVersion: "100")))
    }

    @Test("a list that fails is tried again as it was, a later page from the first one")
    func failedList() {
        var driven = Driven.watching()
        _ = driven.fail(.versionTooLarge)
        _ = driven.send(.listed(ListMetadata(resourceVersion: "300", continueToken: "two")))
        _ = driven.fail(.faulty)
        #expect(driven.send(.waited) == .list(.newest))
        _ = driven.fail(.other)
        #expect(driven.send(.waited) == .list(.newest))
    }

    @Test("a list without a version is no list")
    func noVersion() {
        var driven = Driven()
        _ = driven.send(.start)
        #expect(wait(driven.send(.listed(ListMetadata()))) != nil)
        #expect(driven.send(.waited) == .list(.newest))
    }

    @Test(
        "in any order of events it never watches without a version, nor forgets what it saw, nor spins",
        arguments: 0..<300)
    func randomOrder(seed: Int) {
        var generator = SeededRandom(seed: UInt64(seed))
        var driven = Driven()
        var action = driven.send(.start)
        var actionsWithoutRest = 0
        for step in 0..<300 {
            let event = randomEvent(after: action, step: step, using: &generator)
            let seen = driven.machine.lastSeen
            action = driven.send(event)
            if case .watch(let version, _) = action { #expect(version == driven.machine.lastSeen) }
            if case .listed = event {
            } else if case .object = event {
            } else if case .bookmark = event {
            } else {
                #expect(driven.machine.lastSeen == seen)
            }
            // A wait, or something read, is rest; without it only a few attempts may follow each other.
            switch (event, action) {
            case (_, .wait), (_, .read), (.listed, _), (.silent, _): actionsWithoutRest = 0
            default: actionsWithoutRest += 1
            }
            #expect(actionsWithoutRest < 12, "seed \(seed) step \(step)")
        }
    }

    private func randomEvent(
        after action: ReflectorMachine.Action, step: Int, using generator: inout SeededRandom
    ) -> ReflectorMachine.Event {
        let kinds: [ReflectorFailure.Kind] = [
            .expired, .versionTooLarge, .unauthorized, .forbidden, .notServed, .overloaded, .faulty, .other,
        ]
        let failure = ReflectorMachine.Event.failed(
            ReflectorFailure(kinds[Int.random(in: 0..<kinds.count, using: &generator)]))
        let version = ResourceVersion("\(Int.random(in: 1...10_000, using: &generator))")
        switch action {
        case .wait: return .waited
        case .renewToken: return .tokenRenewed
        case .list:
            let token = Bool.random(using: &generator) ? "" : "more"
            return Int.random(in: 0...2, using: &generator) == 0
                ? .listed(ListMetadata(resourceVersion: version, continueToken: token)) : failure
        case .watch, .read:
            return [.object(version), .bookmark(version), .ended, .silent, failure][
                Int.random(in: 0...4, using: &generator)]
        }
    }
}
