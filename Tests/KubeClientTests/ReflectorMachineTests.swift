import TestSupport
import Testing

@testable import KubeClient

@Suite("Reflector machine")
struct ReflectorMachineTests {
    @Test("it lists at any version first, then watches from the list's")
    func start() {
        var driven = DrivenReflector()
        #expect(driven.send(.start) == .list(.any))
        #expect(driven.send(.listed(ListMetadata(resourceVersion: "7"))).watchVersion == "7")
        #expect(driven.machine.state == .watching)
    }

    @Test("objects and bookmarks move the version on, and the next watch begins there")
    func versionsMove() {
        var driven = DrivenReflector.watching()
        #expect(driven.send(.object("105")) == .read)
        #expect(driven.send(.bookmark("190")) == .read)
        #expect(driven.send(.ended).watchVersion == "190")
    }

    @Test("watch timeouts are spread")
    func watchTimeouts() {
        var driven = DrivenReflector.watching()
        var timeouts: Set<Int> = []
        for _ in 0..<50 {
            _ = driven.send(.object("101"))
            if case .watch(_, let seconds) = driven.send(.ended) { timeouts.insert(seconds) }
        }
        #expect(timeouts.count > 20)
    }

    @Test("pages are followed, and only the first is asked for by version")
    func pages() {
        var driven = DrivenReflector.watching()
        _ = driven.fail(.expired)
        #expect(driven.fail(.expired) == .list(.newest))
        let page = ListMetadata(resourceVersion: "300", continueToken: "two")
        #expect(
            driven.send(.listed(page))
                == .list(ReflectorMachine.ListRequest(limit: 500, continueToken: "two")))
        #expect(driven.send(.listed(ListMetadata(resourceVersion: "300"))).watchVersion == "300")
    }

    @Test("an expired page begins the list again, the second time without pages")
    func expiredPages() {
        var driven = DrivenReflector.watching()
        _ = driven.fail(.versionTooLarge)
        _ = driven.send(.listed(ListMetadata(resourceVersion: "300", continueToken: "two")))
        #expect(driven.fail(.expired) == .list(.newest))
        _ = driven.send(.listed(ListMetadata(resourceVersion: "310", continueToken: "two")))
        #expect(driven.fail(.expired) == .list(.newestUnpaged))
    }

    @Test("an expired watch lists not older than what was seen, then whatever there is")
    func expired() {
        var driven = DrivenReflector.watching()
        _ = driven.send(.object("150"))
        #expect(driven.fail(.expired) == .list(ReflectorMachine.ListRequest(resourceVersion: "150")))
        #expect(driven.fail(.expired) == .list(.newest))
        // A server that calls the newest expired is not asked without end.
        #expect(driven.fail(.expired).wait != nil)
        #expect(driven.send(.waited) == .list(.newestUnpaged))
    }

    @Test("a version that the server has not reached leads to whatever there is, and back in time")
    func restored() {
        var driven = DrivenReflector.watching(from: "1000")
        #expect(driven.send(.silent) == .list(ReflectorMachine.ListRequest(resourceVersion: "1000")))
        #expect(driven.fail(.versionTooLarge, retryAfter: .seconds(1)) == .list(.newest))
        #expect(driven.send(.listed(ListMetadata(resourceVersion: "40"))).watchVersion == "40")
        #expect(driven.machine.lastSeen == "40")
        #expect(driven.machine.restores == 1)
    }

    @Test("an overloaded server keeps the version and is asked again after a wait, as long as it asks within reason")
    func overloaded() {
        var driven = DrivenReflector.watching()
        _ = driven.send(.object("120"))
        #expect(driven.fail(.overloaded).wait != nil)
        #expect(driven.send(.waited).watchVersion == "120")
        #expect(driven.fail(.overloaded, retryAfter: .seconds(90)).wait == .seconds(90))
        #expect(driven.fail(.overloaded, retryAfter: .seconds(86_400)).wait == .seconds(120))
        #expect(driven.machine.watchRestarts == [.overloaded: 3])
    }

    @Test("waits double from 0.8 s to 30 s with up to as much again, and begin anew after two minutes")
    func waits() throws {
        var driven = DrivenReflector.watching()
        for expected in [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30] {
            let waited = try #require(driven.fail(.overloaded).wait)
            #expect(waited >= .seconds(expected) && waited <= .seconds(2 * expected))
            driven.now += waited
            _ = driven.send(.waited)
        }
        driven.now += .seconds(121)
        #expect(try #require(driven.fail(.overloaded).wait) <= .seconds(1.6))
    }

    @Test("a watch that ends at once without an event waits; any other goes on at once")
    func shortWatch() {
        var driven = DrivenReflector.watching()
        #expect(driven.send(.ended).wait != nil)
        _ = driven.send(.waited)
        _ = driven.send(.bookmark("101"))
        #expect(driven.send(.ended).watchVersion == "101")
        driven.now += .seconds(1)
        #expect(driven.send(.ended).watchVersion == "101")
    }

    @Test("a refused token is renewed once at once, then there is a wait")
    func unauthorized() {
        var driven = DrivenReflector.watching()
        #expect(driven.fail(.unauthorized) == .renewToken)
        #expect(driven.send(.tokenRenewed).watchVersion == "100")
        #expect(driven.fail(.unauthorized).wait != nil)
        #expect(driven.send(.waited).watchVersion == "100")
        #expect(driven.fail(.unauthorized) == .renewToken)
        // A success in between makes the next refusal the first one again.
        _ = driven.send(.tokenRenewed)
        _ = driven.send(.object("101"))
        #expect(driven.fail(.unauthorized) == .renewToken)
    }

    @Test("a refused token during a list lists again")
    func unauthorizedList() {
        var driven = DrivenReflector()
        _ = driven.send(.start)
        #expect(driven.fail(.unauthorized) == .renewToken)
        #expect(driven.send(.tokenRenewed) == .list(.any))
    }

    @Test("a missing permission is asked for again and again, up to the greatest wait")
    func forbidden() throws {
        var driven = DrivenReflector()
        _ = driven.send(.start)
        var last: Duration = .zero
        for _ in 0..<20 {
            last = try #require(driven.fail(.forbidden).wait)
            #expect(driven.send(.waited) == .list(.any))
        }
        #expect(last >= .seconds(30) && last <= .seconds(60))
    }

    @Test("a resource that is not served is asked for about once a minute")
    func notServed() throws {
        var driven = DrivenReflector()
        _ = driven.send(.start)
        for _ in 0..<5 {
            let waited = try #require(driven.fail(.notServed).wait)
            #expect(waited >= .seconds(60) && waited <= .seconds(90))
            #expect(driven.send(.waited) == .list(.any))
        }
        driven = .watching(from: "100")
        _ = driven.fail(.notServed)
        #expect(driven.send(.waited) == .list(ReflectorMachine.ListRequest(resourceVersion: "100")))
    }

    @Test("a server's own error is met by watching again three times, then by listing")
    func faults() {
        var driven = DrivenReflector.watching()
        for _ in 0..<3 {
            #expect(driven.fail(.faulty).wait != nil)
            #expect(driven.send(.waited).watchVersion == "100")
        }
        #expect(driven.fail(.faulty).wait != nil)
        #expect(driven.send(.waited) == .list(ReflectorMachine.ListRequest(resourceVersion: "100")))
    }

    @Test("an error that we do not understand leads to a list after a wait")
    func otherError() {
        var driven = DrivenReflector.watching()
        #expect(driven.fail(.other).wait != nil)
        #expect(driven.send(.waited) == .list(ReflectorMachine.ListRequest(resourceVersion: "100")))
    }

    @Test("a list that fails is tried again as it was, a later page from the first one")
    func failedList() {
        var driven = DrivenReflector.watching()
        _ = driven.fail(.versionTooLarge)
        _ = driven.send(.listed(ListMetadata(resourceVersion: "300", continueToken: "two")))
        _ = driven.fail(.faulty)
        #expect(driven.send(.waited) == .list(.newest))
        _ = driven.fail(.other)
        #expect(driven.send(.waited) == .list(.newest))
    }

    @Test("a list without a version is no list")
    func noVersion() {
        var driven = DrivenReflector()
        _ = driven.send(.start)
        #expect(driven.send(.listed(ListMetadata())).wait != nil)
        #expect(driven.send(.waited) == .list(.newest))
        // Nor does it say what is gone.
        #expect(driven.machine.lastSeen == nil)
    }

    @Test("a server that was away is asked for its version before the watch goes on")
    func probe() {
        var driven = DrivenReflector.watching(from: "1000")
        #expect(driven.fail(.unreachable).wait != nil)
        #expect(driven.send(.waited) == .probe)
        #expect(driven.fail(.unreachable).wait != nil)
        #expect(driven.send(.waited) == .probe)
        #expect(driven.send(.probed("1000")).watchVersion == "1000")
        _ = driven.fail(.unreachable)
        _ = driven.send(.waited)
        #expect(driven.fail(.unauthorized) == .renewToken)
        #expect(driven.send(.tokenRenewed) == .probe)
        #expect(driven.send(.probed("999")) == .list(.newest))
        #expect(driven.send(.listed(ListMetadata(resourceVersion: "999"))).watchVersion == "999")
        #expect(driven.machine.relists == [.restored: 1])
        #expect(driven.machine.restores == 1)
    }

    @Test("a watch that ends at once again and again is given up for a list")
    func shortWatches() {
        var driven = DrivenReflector.watching()
        for _ in 0..<3 {
            #expect(driven.send(.ended).wait != nil)
            #expect(driven.send(.waited).watchVersion == "100")
        }
        #expect(driven.send(.ended).wait != nil)
        #expect(driven.send(.waited) == .list(ReflectorMachine.ListRequest(resourceVersion: "100")))
        #expect(driven.machine.watchRestarts == [.short: 3])
        #expect(driven.machine.relists == [.watchFailed: 1])
    }

    @Test("an event that cannot be read leads to a list: what it told is lost")
    func malformedEvent() {
        var driven = DrivenReflector.watching()
        #expect(driven.fail(.malformedEvent).wait != nil)
        #expect(driven.send(.waited) == .list(ReflectorMachine.ListRequest(resourceVersion: "100")))
        #expect(driven.machine.relists == [.undecodable: 1])
    }

    @Test("pages without end are given up", arguments: [true, false])
    func endlessPages(repeatsToken: Bool) {
        var driven = DrivenReflector.watching()
        _ = driven.fail(.versionTooLarge)
        var pages = 0
        var action = ReflectorMachine.Action.read
        repeat {
            pages += 1
            let token = repeatsToken ? "same" : "token \(pages)"
            action = driven.send(.listed(ListMetadata(resourceVersion: "300", continueToken: token)))
        } while action.wait == nil && pages < 100_000
        #expect(pages == (repeatsToken ? 2 : 20_000))
        #expect(driven.send(.waited) == .list(.newestUnpaged))
    }

    @Test("a watch at a version that the server has not reached shows that the cluster was set back")
    func watchTooLarge() {
        var driven = DrivenReflector.watching(from: "1000")
        #expect(driven.fail(.versionTooLarge) == .list(.newest))
        #expect(driven.machine.relists == [.restored: 1])
    }

    @Test("the first list is not older than what an earlier process saw, unless there is nothing so new")
    func timeTravel() {
        let wanted = ReflectorMachine.Action.list(ReflectorMachine.ListRequest(resourceVersion: "700"))
        for kind in [ReflectorFailure.Kind.versionTooLarge, .expired] {
            var driven = DrivenReflector(notOlderThan: "700")
            #expect(driven.send(.start) == wanted)
            _ = driven.fail(.overloaded)
            #expect(driven.send(.waited) == wanted)
            #expect(driven.fail(kind) == .list(.newest))
            #expect(driven.send(.listed(ListMetadata(resourceVersion: "40"))).watchVersion == "40")
            // What was asked for once does not bind later lists.
            #expect(driven.send(.silent) == .list(ReflectorMachine.ListRequest(resourceVersion: "40")))
        }
    }

    @Test("a list that broke off is followed by one that is not older than what came of it")
    func brokenList() {
        var driven = DrivenReflector()
        _ = driven.send(.start)
        _ = driven.send(.listedInPart("50"))
        _ = driven.fail(.notServed)
        #expect(driven.send(.waited) == .list(ReflectorMachine.ListRequest(resourceVersion: "50")))
    }

    @Test("restarts and relists are counted by reason")
    func counts() {
        var driven = DrivenReflector.watching()
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
}
