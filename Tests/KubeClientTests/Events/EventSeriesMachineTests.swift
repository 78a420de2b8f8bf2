import Base
import Testing

@testable import KubeClient

extension EventReport {
    static func sample(_ object: String = "web", reason: String = "InvalidSelector", note: String = "it is bad") -> Self
    {
        EventReport(
            regarding: ObjectReference(apiVersion: "v1", kind: "ConfigMap", namespace: "shop", name: object),
            severity: .warning, reason: reason, action: "ReadingCatalog", note: note)
    }
}

/// A machine on a time of its own.
private struct Driver {
    var machine = EventSeriesMachine()
    var now: Duration = .zero
    var actions: [EventSeriesMachine.Action] = []
    var refusals: [EventSeriesMachine.Drop] = []

    var timeOfDay: Timestamp { Timestamp(seconds: 1_772_000_000 + now.components.seconds) }

    mutating func report(_ report: EventReport = .sample(), after wait: Duration = .zero) {
        now += wait
        do {
            if let action = try machine.report(report, at: now, timeOfDay: timeOfDay) { actions.append(action) }
        } catch { refusals.append(error.reason) }
    }

    mutating func due(after wait: Duration) -> [EventSeriesMachine.Action] {
        now += wait
        return machine.due(at: now)
    }
}

extension EventSeriesMachine.Action {
    fileprivate var summary: String {
        switch self {
        case .create: "create"
        case .patch(let event): "patch \(event.count)"
        }
    }
}

@Suite("Series of events")
struct EventSeriesMachineTests {
    @Test("the first is created, the second makes it a series, and more are only counted until the series ends")
    func series() {
        var driver = Driver()
        for _ in 0..<10 { driver.report(after: .seconds(1)) }
        #expect(driver.actions.map(\.summary) == ["create", "patch 2"])
        #expect(driver.due(after: .seconds(359)).isEmpty)
        let last = driver.due(after: .seconds(1))
        #expect(last.map(\.summary) == ["patch 10"])
        #expect(last.first?.event.lastObserved == Timestamp(seconds: 1_772_000_010))
        #expect(last.first?.event.name == driver.actions.first?.event.name)
        // The next one begins anew.
        driver.report(after: .seconds(1))
        #expect(driver.actions.map(\.summary) == ["create", "patch 2", "create"])
        #expect(driver.due(after: .seconds(360)).isEmpty)
    }

    @Test("a series that goes on is written every thirty minutes")
    func refresh() {
        var driver = Driver()
        var written: [String] = []
        for _ in 0..<100 {
            driver.report(after: .seconds(60))
            written += driver.due(after: .zero).map(\.summary)
        }
        #expect(written == ["patch 32", "patch 62", "patch 92"])
    }

    @Test("another reason, object, severity or action is another event; another note is not")
    func keys() {
        var driver = Driver()
        driver.report()
        driver.report(.sample("other"))
        driver.report(.sample(reason: "Other"))
        driver.report(.sample(note: "other"))
        #expect(driver.actions.map(\.summary) == ["create", "create", "create", "patch 2"])
        // All in one microsecond, and yet with names of their own.
        #expect(Set(driver.actions.map(\.event.name)).count == 3)
    }

    @Test("an object has 25 events at once, then one in five minutes; others are not held up")
    func rateForObject() {
        var driver = Driver()
        for number in 0..<40 { driver.report(.sample(reason: "R\(number)")) }
        #expect(driver.actions.count == 25 && driver.refusals == Array(repeating: .rate, count: 15))
        driver.report(.sample("other"))
        #expect(driver.actions.count == 26)
        driver.report(.sample(reason: "later"), after: .seconds(300))
        driver.report(.sample(reason: "too soon"), after: .seconds(1))
        #expect(driver.actions.count == 27 && driver.refusals.count == 16)
    }

    @Test("all objects together have 100 events at once, then one a second")
    func rateForAll() {
        var driver = Driver()
        for number in 0..<150 { driver.report(.sample("o\(number)")) }
        #expect(driver.actions.count == 100 && driver.refusals.count == 50)
        for number in 200..<210 { driver.report(.sample("o\(number)"), after: .seconds(1)) }
        #expect(driver.actions.count == 110)
    }

    @Test("an object pays nothing for an event that the overall rate refuses, and is not remembered for it")
    func refusedByAll() {
        var driver = Driver()
        for number in 0..<1_000 { driver.report(.sample("o\(number)")) }
        #expect(driver.machine.objectCount == EventSeriesMachine.burst)
        for number in 0..<50 { driver.report(.sample("victim", reason: "R\(number)")) }
        #expect(driver.actions.count == 100)
        // All that it may have at once is there when the others are quiet.
        driver.now += .seconds(100)
        for number in 0..<50 { driver.report(.sample("victim", reason: "R\(number)")) }
        #expect(driver.actions.count == 100 + EventSeriesMachine.burstForObject)
    }

    @Test("what is remembered is bounded, and forgotten when it is over")
    func bounded() {
        var driver = Driver()
        for number in 0..<EventSeriesMachine.maximumSeries + 2 {
            driver.report(.sample("o\(number)"), after: .milliseconds(1_100))
        }
        #expect(driver.refusals == [.series, .series])
        _ = driver.due(after: .seconds(360))
        driver.report(.sample("new"))
        #expect(driver.refusals.count == 2 && driver.actions.count == EventSeriesMachine.maximumSeries + 1)
    }

    @Test(
        "names are DNS subdomains of at most 253 characters, whatever the object is called",
        arguments: [
            ("web", "web."), ("system:node", "system-node."), ("a-.b", "a.b."), ("Größe", "gr--e."), ("::", "object."),
            (String(repeating: "x", count: 300), String(repeating: "x", count: 236) + "."),
        ])
    func names(object: String, expected: String) throws {
        var driver = Driver()
        driver.report(.sample(object))
        let name = try #require(driver.actions.first?.event.name)
        #expect(name.hasPrefix(expected) && name.utf8.count <= 253)
        #expect(name.dropFirst(expected.count).allSatisfy { $0.isHexDigit })
    }

    @Test("a text is cut between characters")
    func cut() {
        #expect(prefix("abc", bytes: 3) == "abc" && prefix("abcd", bytes: 3) == "abc")
        #expect(prefix("aé", bytes: 2) == "a" && prefix("aé", bytes: 3) == "aé" && prefix("aéb", bytes: 3) == "aé")
        #expect(prefix("😀😀", bytes: 7) == "😀" && prefix("😀", bytes: 3) == "" && prefix("é", bytes: 0) == "")
    }
}
