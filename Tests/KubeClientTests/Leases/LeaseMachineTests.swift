import Base
import TestSupport
import Testing

@testable import KubeClient

/// Drives one machine by hand.
private struct Driver {
    var machine = LeaseMachine(identity: "me", timings: .defaults)
    var now: Duration = .seconds(100)
    var timeOfDay = Timestamp(seconds: 5_000)
    var random = SeededRandom(seed: 1)

    mutating func handle(_ event: LeaseMachine.Event, after wait: Duration = .zero) -> LeaseMachine.Step {
        now += wait
        return machine.handle(event, at: now, timeOfDay: timeOfDay, using: &random)
    }

    /// Makes the machine a holder by taking a free lease.
    mutating func lead() throws {
        _ = handle(.start)
        let record = try #require(handle(.found(nil)).operation.written)
        let step = handle(.written(.sample(record)))
        try #require(step.transition != nil)
    }
}

extension LeaseMachine.Operation {
    /// What a create or update would write.
    fileprivate var written: LeaseRecord? {
        switch self {
        case .create(let record, _), .update(_, let record, _): record
        default: nil
        }
    }

    /// Its kind and, for requests, how long it may take in seconds.
    fileprivate var summary: String {
        switch self {
        case .get(let limit): "get \(limit)"
        case .create(_, let limit): "create \(limit)"
        case .update(_, _, let limit): "update \(limit)"
        case .wait: "wait"
        case .end: "end"
        }
    }

    fileprivate var wait: Duration? { if case .wait(let duration) = self { duration } else { nil } }
}

@Suite("The lease machine")
struct LeaseMachineTests {
    @Test("a lease that does not exist is made, and its maker leads")
    func creates() throws {
        var driver = Driver()
        #expect(driver.handle(.start).operation.summary == "get 5.0 seconds")
        let create = driver.handle(.found(nil)).operation
        #expect(create.summary == "create 5.0 seconds")
        let record = try #require(create.written)
        #expect(
            record
                == LeaseRecord(
                    holderIdentity: "me", leaseDurationSeconds: 15, acquireTime: driver.timeOfDay,
                    renewTime: driver.timeOfDay))
        let step = driver.handle(.written(.sample(record)))
        #expect(
            step.transition
                == .began(
                    LeaseTerm(
                        identity: "me", acquireTime: driver.timeOfDay, leaseTransitions: 0)))
        #expect(step.operation.wait == .seconds(2))
    }

    @Test("a candidate waits for the whole duration of the record, from when it saw it change, by its own clock")
    func waits() throws {
        var driver = Driver()
        _ = driver.handle(.start)
        // The holder's renewTime is long past by anybody's clock; that says nothing.
        let held = Lease.sample(.held(by: "other", seconds: 20, renewed: 3))
        var waited = Duration.zero
        var step = driver.handle(.found(held))
        while let wait = step.operation.wait {
            #expect(wait <= .seconds(2.4))
            waited += wait
            #expect(driver.handle(.waited, after: wait).operation.summary == "get 5.0 seconds")
            step = driver.handle(.found(held))
        }
        #expect(waited == .seconds(20))
        let record = try #require(step.operation.written)
        #expect(record.holderIdentity == "me" && record.leaseTransitions == 1)
        #expect(record.acquireTime == driver.timeOfDay && record.renewTime == driver.timeOfDay)
    }

    @Test("each change of the record starts the wait anew; a change of anything else does not")
    func changes() throws {
        var driver = Driver()
        _ = driver.handle(.start)
        _ = driver.handle(.found(.sample(.held(by: "other", renewed: 1))))
        _ = driver.handle(.found(.sample(.held(by: "other", renewed: 2), version: 2)), after: .seconds(14))
        let step = driver.handle(.found(.sample(.held(by: "other", renewed: 2), version: 3)), after: .seconds(14))
        #expect(step.operation.wait == .seconds(1))
        #expect(
            driver.handle(.found(.sample(.held(by: "other", renewed: 2), version: 4)), after: .seconds(1))
                .operation.summary == "update 5.0 seconds")
    }

    @Test("a lease that was given back is taken at once")
    func released() throws {
        var driver = Driver()
        _ = driver.handle(.start)
        let step = driver.handle(.found(.sample(.held(by: "", seconds: 1, transitions: 7))))
        #expect(step.operation.written?.leaseTransitions == 8)
    }

    @Test("a lease that vanishes under its holder is not made anew before the holder's time is over")
    func vanished() throws {
        var driver = Driver()
        _ = driver.handle(.start)
        _ = driver.handle(.found(.sample(.held(by: "other"))))
        #expect(driver.handle(.found(nil), after: .seconds(14)).operation.wait == .seconds(1))
        #expect(driver.handle(.found(nil), after: .seconds(1)).operation.summary == "create 5.0 seconds")
    }

    @Test("a renewal keeps acquireTime and transitions, over the version in memory")
    func renews() throws {
        var driver = Driver()
        try driver.lead()
        let acquired = driver.timeOfDay
        driver.timeOfDay = Timestamp(seconds: 5_002)
        let step = driver.handle(.waited, after: .seconds(2))
        #expect(step.operation.summary == "update 5.0 seconds" && step.transition == nil)
        let record = try #require(step.operation.written)
        #expect(record.acquireTime == acquired && record.renewTime == driver.timeOfDay && record.leaseTransitions == 0)
    }

    @Test("a renewal is a change even when the clock was set back to the very moment of the last")
    func sameTime() throws {
        var driver = Driver()
        try driver.lead()
        let record = try #require(driver.handle(.waited, after: .seconds(2)).operation.written)
        #expect(record.renewTime == Timestamp(microseconds: driver.timeOfDay.microseconds + 1))
    }

    @Test("a failed renewal is followed by a read and another renewal, which is counted; then by a pause")
    func slowPath() throws {
        for failure in [LeaseMachine.Event.conflict, .failed] {
            var driver = Driver()
            try driver.lead()
            let record = try #require(driver.handle(.waited, after: .seconds(2)).operation.written)
            #expect(driver.handle(failure, after: .seconds(1)).operation.summary == "get 5.0 seconds")
            #expect(driver.machine.slowPaths == 1)
            // 10 s after the last success, which was sent at 0.
            #expect(
                driver.handle(.found(.sample(record, version: 9)), after: .seconds(4)).operation.summary
                    == "update 3.0 seconds")
            #expect(driver.handle(failure, after: .seconds(2)).operation.wait == .seconds(1))
            #expect(driver.machine.slowPaths == 1)
            #expect(driver.handle(.waited, after: .seconds(1)).transition == .lost(.notRenewed))
        }
    }

    @Test("not renewed within the deadline is lost, to the moment")
    func deadline() throws {
        var driver = Driver()
        try driver.lead()
        _ = driver.handle(.waited, after: .seconds(2))
        #expect(driver.handle(.failed, after: .seconds(5)).transition == nil)
        #expect(driver.handle(.failed, after: .milliseconds(2_999)).operation.wait == .milliseconds(1))
        #expect(driver.handle(.waited, after: .milliseconds(1)).transition == .lost(.notRenewed))
        #expect(driver.machine.renewedAt == nil)
    }

    @Test("the time counts from when the renewal was sent, not from its answer")
    func sent() throws {
        var driver = Driver()
        try driver.lead()
        let record = try #require(driver.handle(.waited, after: .seconds(2)).operation.written)
        _ = driver.handle(.written(.sample(record, version: 2)), after: .seconds(5))
        #expect(driver.machine.renewedAt == .seconds(102))
        #expect(driver.handle(.waited, after: .seconds(5)).transition == .lost(.notRenewed))
    }

    @Test("a process that was stopped while it took the lease, or renewed it, does not lead when it wakes")
    func stopped() throws {
        var driver = Driver()
        _ = driver.handle(.start)
        let record = try #require(driver.handle(.found(nil)).operation.written)
        let late = driver.handle(.written(.sample(record)), after: .seconds(60))
        #expect(late.transition == nil && late.operation.summary == "get 5.0 seconds")
        var leader = Driver()
        try leader.lead()
        let renewal = try #require(leader.handle(.waited, after: .seconds(2)).operation.written)
        #expect(leader.handle(.written(.sample(renewal)), after: .seconds(60)).transition == .lost(.notRenewed))
    }

    @Test("a holder that finds another one's name is deposed at once; one that finds nothing writes itself anew")
    func replaced() throws {
        var driver = Driver()
        try driver.lead()
        _ = driver.handle(.waited, after: .seconds(2))
        _ = driver.handle(.conflict)
        #expect(driver.handle(.found(nil)).operation.summary == "create 5.0 seconds")
        _ = driver.handle(.conflict)
        _ = driver.handle(.waited)
        _ = driver.handle(.conflict)
        let step = driver.handle(.found(.sample(.held(by: "other"))))
        #expect(step.transition == .lost(.taken(by: "other")))
    }

    @Test("a takeover whose answer was lost is found and continued with its own acquireTime")
    func lostAnswer() throws {
        var driver = Driver()
        _ = driver.handle(.start)
        let record = try #require(driver.handle(.found(.sample(.held(by: "", transitions: 3)))).operation.written)
        #expect(driver.handle(.failed, after: .seconds(5)).operation.wait != nil)
        _ = driver.handle(.waited, after: .seconds(2))
        driver.timeOfDay = Timestamp(seconds: 9_000)
        let again = try #require(driver.handle(.found(.sample(record, version: 2))).operation.written)
        #expect(again.leaseTransitions == 4 && again.acquireTime == record.acquireTime)
    }

    @Test("release empties the holder, over whatever version there is, and ends")
    func release() throws {
        var driver = Driver()
        try driver.lead()
        let record = try #require(driver.handle(.release).operation.written)
        #expect(
            record
                == LeaseRecord(
                    holderIdentity: "", leaseDurationSeconds: 1, acquireTime: driver.timeOfDay,
                    renewTime: driver.timeOfDay))
        #expect(driver.handle(.conflict).operation.summary == "get 5.0 seconds")
        #expect(driver.handle(.found(.sample(.held(by: "me"), version: 4))).operation.written?.holderIdentity == "")
        #expect(driver.handle(.written(.sample(record, version: 5))).operation.summary == "end")
    }

    @Test("release gives up when another one holds the lease, and after the renew deadline")
    func releaseEnds() throws {
        var driver = Driver()
        try driver.lead()
        _ = driver.handle(.release)
        _ = driver.handle(.conflict)
        #expect(driver.handle(.found(.sample(.held(by: "other")))).operation.summary == "end")
        var failing = Driver()
        try failing.lead()
        _ = failing.handle(.release)
        #expect(failing.handle(.failed, after: .seconds(5)).operation.wait == .seconds(2))
        #expect(failing.handle(.waited, after: .seconds(2)).operation.summary == "get 5.0 seconds")
        #expect(failing.handle(.failed, after: .seconds(5)).operation.summary == "end")
    }

    @Test("a candidate that stops just ends, unless the lease may have become its own")
    func candidateStops() throws {
        var idle = Driver()
        _ = idle.handle(.start)
        _ = idle.handle(.found(.sample(.held(by: "other"))))
        #expect(idle.handle(.release).operation.summary == "end")
        var unsure = Driver()
        _ = unsure.handle(.start)
        let record = try #require(unsure.handle(.found(nil)).operation.written)
        _ = unsure.handle(.failed, after: .seconds(5))
        #expect(unsure.handle(.release).operation.summary == "get 5.0 seconds")
        #expect(unsure.handle(.found(.sample(record))).operation.written?.holderIdentity == "")
    }

    @Test("timings that cannot work are refused with the reason")
    func timings() throws {
        func problem(_ lease: Duration, _ renew: Duration, _ retry: Duration) -> String {
            do {
                _ = try LeaseTimings(leaseDuration: lease, renewDeadline: renew, retryPeriod: retry)
                return ""
            } catch { return error.description }
        }
        #expect(problem(.seconds(15), .seconds(10), .seconds(2)) == "")
        #expect(problem(.seconds(10), .seconds(10), .seconds(2)).contains("must be longer than renewDeadline"))
        #expect(problem(.seconds(15), .seconds(10), .seconds(9)).contains("1.2 times retryPeriod"))
        #expect(problem(.seconds(15.5), .seconds(10), .seconds(2)).contains("whole seconds"))
        #expect(problem(.seconds(15), .seconds(10), .zero).contains("more than nothing"))
        #expect(
            try LeaseTimings(leaseDuration: .seconds(3), renewDeadline: .seconds(2), retryPeriod: .seconds(1))
                .requestTimeout == .seconds(1))
    }

    @Test("times are written with exactly six fraction digits, and what others wrote stays")
    func microTime() throws {
        let record = LeaseRecord(
            holderIdentity: "me", leaseDurationSeconds: 15, acquireTime: Timestamp(seconds: 0),
            renewTime: Timestamp(microseconds: 1_500_000), leaseTransitions: 2)
        let lease = try #require(
            Lease([
                "metadata": ["name": "l", "resourceVersion": "5", "labels": ["a": "b"]],
                "spec": ["strategy": "OldestEmulationVersion", "holderIdentity": "x"],
            ]))
        let document = lease.document(with: record)
        #expect(document["spec"]?["acquireTime"] == "1970-01-01T00:00:00.000000Z")
        #expect(document["spec"]?["renewTime"] == "1970-01-01T00:00:01.500000Z")
        #expect(document["spec"]?["strategy"] == "OldestEmulationVersion")
        #expect(document["metadata"]?["resourceVersion"] == "5" && lease.labels == ["a": "b"])
        #expect(LeaseRecord(spec: document["spec"]) == record)
    }
}
