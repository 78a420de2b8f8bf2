import TestSupport
import Testing

@testable import KubeClient

@Suite("Reflector machine")
struct ReflectorMachineTests {
    /// A machine with a clock that the test sets.
    private struct Driven {
        var machine: ReflectorMachine
        var generator = SeededRandom(seed: 1)
        var now: Duration = .zero

        init(canStream: Bool = false, notOlderThan: ResourceVersion? = nil) {
            machine = ReflectorMachine(canStream: canStream, notOlderThan: notOlderThan)
        }

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
        #expect(driven.machine.restores == 1)
    }

    @Test("an overloaded server keeps the version and is asked again after a wait, as long as it asks within reason")
    func overloaded() {
        var driven = Driven.watching()
        _ = driven.send(.object("120"))
        #expect(wait(driven.fail(.overloaded)) != nil)
        #expect(watch(driven.send(.waited)) == "120")
        #expect(wait(driven.fail(.overloaded, retryAfter: .seconds(90))) == .seconds(90))
        #expect(wait(driven.fail(.overloaded, retryAfter: .seconds(86_400))) == .seconds(120))
        #expect(driven.machine.watchRestarts == [.overloaded: 3])
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
        // Nor does it say what is gone.
        #expect(driven.machine.lastSeen == nil)
    }

    @Test("a server that was away is asked for its version before the watch goes on")
    func probe() {
        var driven = Driven.watching(from: "1000")
        #expect(wait(driven.fail(.unreachable)) != nil)
        #expect(driven.send(.waited) == .probe)
        #expect(wait(driven.fail(.unreachable)) != nil)
        #expect(driven.send(.waited) == .probe)
        #expect(watch(driven.send(.probed("1000"))) == "1000")
        _ = driven.fail(.unreachable)
        _ = driven.send(.waited)
        #expect(driven.fail(.unauthorized) == .renewToken)
        #expect(driven.send(.tokenRenewed) == .probe)
        #expect(driven.send(.probed("999")) == .list(.newest))
        #expect(watch(driven.send(.listed(ListMetadata(resourceVersion: "999")))) == "999")
        #expect(driven.machine.relists == [.restored: 1])
        #expect(driven.machine.restores == 1)
    }

    @Test("a watch that ends at once again and again is given up for a list")
    func shortWatches() {
        var driven = Driven.watching()
        for _ in 0..<3 {
            #expect(wait(driven.send(.ended)) != nil)
            #expect(watch(driven.send(.waited)) == "100")
        }
        #expect(wait(driven.send(.ended)) != nil)
        #expect(driven.send(.waited) == .list(ReflectorMachine.ListRequest(resourceVersion: "100")))
        #expect(driven.machine.watchRestarts == [.short: 3])
        #expect(driven.machine.relists == [.watchFailed: 1])
    }

    @Test("an event that cannot be read leads to a list: what it told is lost")
    func malformedEvent() {
        var driven = Driven.watching()
        #expect(wait(driven.fail(.malformedEvent)) != nil)
        #expect(driven.send(.waited) == .list(ReflectorMachine.ListRequest(resourceVersion: "100")))
        #expect(driven.machine.relists == [.undecodable: 1])
    }

    @Test("pages without end are given up", arguments: [true, false])
    func endlessPages(repeatsToken: Bool) {
        var driven = Driven.watching()
        _ = driven.fail(.versionTooLarge)
        var pages = 0
        var action = ReflectorMachine.Action.read
        repeat {
            pages += 1
            let token = repeatsToken ? "same" : "token \(pages)"
            action = driven.send(.listed(ListMetadata(resourceVersion: "300", continueToken: token)))
        } while wait(action) == nil && pages < 100_000
        #expect(pages == (repeatsToken ? 2 : 20_000))
        #expect(driven.send(.waited) == .list(.newestUnpaged))
    }

    @Test("a watch at a version that the server has not reached shows that the cluster was set back")
    func watchTooLarge() {
        var driven = Driven.watching(from: "1000")
        #expect(driven.fail(.versionTooLarge) == .list(.newest))
        #expect(driven.machine.relists == [.restored: 1])
    }

    @Test("the first list is not older than what an earlier process saw, unless there is nothing so new")
    func timeTravel() {
        let wanted = ReflectorMachine.Action.list(ReflectorMachine.ListRequest(resourceVersion: "700"))
        for kind in [ReflectorFailure.Kind.versionTooLarge, .expired] {
            var driven = Driven(notOlderThan: "700")
            #expect(driven.send(.start) == wanted)
            _ = driven.fail(.overloaded)
            #expect(driven.send(.waited) == wanted)
            #expect(driven.fail(kind) == .list(.newest))
            #expect(watch(driven.send(.listed(ListMetadata(resourceVersion: "40")))) == "40")
            // What was asked for once does not bind later lists.
            #expect(driven.send(.silent) == .list(ReflectorMachine.ListRequest(resourceVersion: "40")))
        }
    }

    @Test("a list that broke off is followed by one that is not older than what came of it")
    func brokenList() {
        var driven = Driven()
        _ = driven.send(.start)
        _ = driven.send(.listedInPart("50"))
        _ = driven.fail(.notServed)
        #expect(driven.send(.waited) == .list(ReflectorMachine.ListRequest(resourceVersion: "50")))
    }

    @Test("restarts and relists are counted by reason")
    func counts() {
        var driven = Driven.watching()
        _ = driven.send(.object("101"))
        _ = driven.send(.ended)
        _ = driven.fail(.unauthorized)
        _ = driven.send(.tokenRenewed)
        _ = driven.fail(.forbidden)
        _ = driven.send(.waited)
        _ = driven.fail(.faulty)
        _ = driven.send(.waited)
        #expect(driven.machine.watchRestarts == [.ended: 1, .unauthorized: 1, .forbidden: 1, .faulty: 1])
        _ = driven.send(.silent)
        _ = driven.send(.listed(ListMetadata(resourceVersion: "102")))
        _ = driven.fail(.expired)
        _ = driven.send(.listed(ListMetadata(resourceVersion: "103")))
        _ = driven.fail(.notServed)
        #expect(driven.machine.relists == [.silent: 1, .expired: 1, .notServed: 1])
    }

    // MARK: Streamed lists

    private func stream(_ action: ReflectorMachine.Action) -> ResourceVersion?? {
        if case .stream(let version, let seconds) = action, (240...480).contains(seconds) {
            .some(version)
        } else {
            nil
        }
    }

    private func streaming(notOlderThan: ResourceVersion? = nil) -> Driven {
        var driven = Driven(canStream: true, notOlderThan: notOlderThan)
        #expect(stream(driven.send(.start)) == .some(notOlderThan))
        return driven
    }

    @Test("a streamed list moves the version at its end, not before, and is then a watch")
    func streamed() {
        var driven = streaming()
        for event in [ReflectorMachine.Event.object("90"), .object("20"), .bookmark("100")] {
            #expect(driven.send(event) == .read)
            #expect(driven.machine.lastSeen == nil)
        }
        #expect(driven.send(.streamed("100")) == .read)
        #expect(driven.machine.lastSeen == "100")
        #expect(driven.send(.object("101")) == .read)
        #expect(watch(driven.send(.ended)) == "101")
    }

    @Test("a relist is streamed too, not older than what was seen, then whatever there is")
    func streamedRelist() {
        for kind in [ReflectorFailure.Kind.versionTooLarge, .expired] {
            var driven = streaming()
            _ = driven.send(.streamed("100"))
            #expect(stream(driven.fail(.expired)) == .some("100"))
            #expect(stream(driven.fail(kind)) == .some(nil))
            _ = driven.send(.streamed("40"))
            #expect(watch(driven.send(.ended)) == "40")
            #expect(driven.machine.relists == [.expired: 1])
            #expect(driven.machine.restores == 1)
        }
    }

    @Test("a list that cannot be streamed is asked for in the other way, and the next one is streamed again")
    func cannotStream() {
        for event in [ReflectorMachine.Event.cannotStream, .silent, .failed(ReflectorFailure(.cannotStream))] {
            var driven = streaming()
            #expect(driven.send(event) == .list(.any))
            _ = driven.send(.listed(ListMetadata(resourceVersion: "9")))
            #expect(stream(driven.send(.silent)) == .some("9"))
            driven = streaming(notOlderThan: "7")
            #expect(driven.send(event) == .list(ReflectorMachine.ListRequest(resourceVersion: "7")))
            driven = streaming(notOlderThan: "7")
            #expect(stream(driven.fail(.versionTooLarge)) == .some(nil))
            #expect(driven.send(event) == .list(.newest))
        }
    }

    @Test("a stream that breaks off is tried once more, then listed; a relist streams again")
    func brokenStream() {
        for event in [ReflectorMachine.Event.ended, .failed(ReflectorFailure(.faulty))] {
            var driven = streaming()
            _ = driven.send(.listedInPart("30"))
            #expect(wait(driven.send(event)) != nil)
            #expect(stream(driven.send(.waited)) == .some(nil))
            #expect(wait(driven.send(event)) != nil)
            #expect(driven.send(.waited) == .list(ReflectorMachine.ListRequest(resourceVersion: "30")))
            _ = driven.send(.listed(ListMetadata(resourceVersion: "40")))
            #expect(stream(driven.send(.silent)) == .some("40"))
        }
    }

    @Test("a server that is away or refuses for now is asked for the same stream again")
    func streamAgain() {
        var driven = streaming(notOlderThan: "7")
        for kind in [ReflectorFailure.Kind.overloaded, .unreachable, .forbidden] {
            #expect(wait(driven.fail(kind)) != nil)
            #expect(stream(driven.send(.waited)) == .some("7"))
        }
        #expect(driven.fail(.unauthorized) == .renewToken)
        #expect(stream(driven.send(.tokenRenewed)) == .some("7"))
        #expect(wait(driven.fail(.notServed)) != nil)
        #expect(stream(driven.send(.waited)) == .some("7"))
    }

    @Test(
        "in any order of events it never watches without a version, nor forgets what it saw, nor spins",
        arguments: 0..<300)
    func randomOrder(seed: Int) {
        var generator = SeededRandom(seed: UInt64(seed))
        var driven = Driven(canStream: seed.isMultiple(of: 2))
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
            } else if case .streamed = event {
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
            .unreachable, .malformedEvent, .cannotStream,
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
        case .probe: return Bool.random(using: &generator) ? .probed(version) : failure
        case .stream:
            return [.object(version), .streamed(version), .ended, .silent, .cannotStream, failure][
                Int.random(in: 0...5, using: &generator)]
        case .watch, .read:
            return [.object(version), .bookmark(version), .ended, .silent, failure][
                Int.random(in: 0...4, using: &generator)]
        }
    }
}
