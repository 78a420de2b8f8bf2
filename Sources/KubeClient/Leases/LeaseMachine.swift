package import Base

/// Decides what a process does next that wants to lead, or leads. Pure: no I/O, no clock; the caller performs the
/// operation, tells what came of it, and gives it no longer than the operation says.
///
/// Safety rests on three rules. A holder counts the time from when it *sent* its last successful renewal and stops after
/// `renewDeadline`. A candidate counts from when it *saw* the record change and waits for the record's whole duration,
/// which is longer. Whoever writes, writes only over the version that it read.
package struct LeaseMachine: Sendable {
    package enum Event: Sendable {
        case start
        /// A wait is over.
        case waited
        /// The answer to `get`; nil when there is no lease.
        case found(Lease?)
        /// The answer to `create` and `update`.
        case written(Lease)
        /// What was to be written was refused, because somebody else wrote before.
        case conflict
        /// An operation failed, or was given up; a write may have happened all the same.
        case failed
        /// All led work has ended, and there is to be no more. May come instead of any other event.
        case release
    }

    /// What to do next.
    package enum Operation: Sendable {
        case get(within: Duration)
        case create(LeaseRecord, within: Duration)
        case update(Lease, to: LeaseRecord, within: Duration)
        case wait(Duration)
        /// Nothing; after `release`.
        case end
    }

    /// What changed about who leads.
    package enum Transition: Sendable, Hashable {
        case began(LeaseTerm)
        case lost(Loss)
    }

    /// Why a process leads no more.
    package enum Loss: Sendable, Hashable {
        case notRenewed
        case taken(by: String)
    }

    package struct Step: Sendable {
        package let operation: Operation
        /// To be acted upon before the operation.
        package var transition: Transition?
    }

    /// Candidate → holder when a write of its own succeeded in time; holder → candidate when it is lost; either →
    /// releasing at `release`, and no way back.
    private enum Phase {
        case candidate
        /// Sent its last successful renewal then.
        case holder(renewedAt: Duration)
        case releasing(since: Duration)
    }

    let identity: String
    let timings: LeaseTimings
    private var phase = Phase.candidate
    private(set) var observation: LeaseObservation
    /// When the last operation was asked for.
    private var sentAt: Duration = .zero
    /// A write of this process may have happened without its knowing.
    private var mayHold = false
    private var isOnSlowPath = false
    /// How often a holder could not renew with the lease that it had in memory and had to read it.
    package private(set) var slowPaths = 0

    /// - Parameters:
    ///   - identity: no other process may have it, nor this one after a restart.
    ///   - observed: what this process knows of the lease already, on the same clock.
    package init(identity: String, timings: LeaseTimings, observed: LeaseObservation = LeaseObservation()) {
        self.identity = identity
        self.timings = timings
        observation = observed
    }

    /// When the last successful renewal was sent; nil unless this process holds the lease as far as it knows.
    package var renewedAt: Duration? {
        if case .holder(let renewedAt) = phase { renewedAt } else { nil }
    }

    var isReleasing: Bool { if case .releasing = phase { true } else { false } }

    /// - Parameters:
    ///   - now: on a clock that never jumps and goes on while the process is stopped.
    ///   - timeOfDay: what is written into the lease.
    package mutating func handle(
        _ event: Event, at now: Duration, timeOfDay: Timestamp, using generator: inout some RandomNumberGenerator
    ) -> Step {
        switch event {
        case .found(let lease):
            observation.see(lease, at: now)
            mayHold = lease?.record.holderIdentity == identity
        case .written(let lease): observation.see(lease, at: now)
        case .conflict: mayHold = false
        case .start, .waited, .failed, .release: break
        }
        let step =
            switch phase {
            case .candidate: candidate(event, now, timeOfDay, &generator)
            case .holder(let renewedAt): holder(event, renewedAt, now, timeOfDay, &generator)
            case .releasing(let since): releasing(event, since, now, timeOfDay)
            }
        sentAt = now
        if case .create = step.operation { mayHold = true }
        if case .update = step.operation { mayHold = true }
        return step
    }
}

// MARK: Candidate

extension LeaseMachine {
    private mutating func candidate(
        _ event: Event, _ now: Duration, _ timeOfDay: Timestamp, _ generator: inout some RandomNumberGenerator
    ) -> Step {
        switch event {
        case .start, .waited: Step(operation: .get(within: timings.requestTimeout))
        case .found: Step(operation: attempt(now, timeOfDay, &generator))
        case .written(let lease): written(lease, now)
        case .conflict, .failed: Step(operation: .wait(pause(&generator)))
        case .release: mayHold ? release(now, timeOfDay) : Step(operation: .end)
        }
    }

    /// Takes the lease if nobody holds it; else waits until the holder's time is over, or less.
    private func attempt(
        _ now: Duration, _ timeOfDay: Timestamp, _ generator: inout some RandomNumberGenerator
    ) -> Operation {
        if let holder = observation.holder(at: now), holder != identity, let expiry = observation.expiry {
            return .wait(min(pause(&generator), expiry - now))
        }
        guard let lease = observation.lease else {
            return .create(record(nil, timeOfDay), within: timings.requestTimeout)
        }
        return .update(lease, to: record(lease.record, timeOfDay), within: timings.requestTimeout)
    }

    private mutating func written(_ lease: Lease, _ now: Duration) -> Step {
        // Stopped between the request and its answer: the lease may be another's by now.
        guard now < sentAt + timings.renewDeadline else {
            return Step(operation: .get(within: timings.requestTimeout))
        }
        phase = .holder(renewedAt: sentAt)
        isOnSlowPath = false
        let record = lease.record
        let term = LeaseTerm(
            identity: identity, acquireTime: record.acquireTime ?? Timestamp(microseconds: 0),
            leaseTransitions: record.leaseTransitions)
        return Step(operation: .wait(timings.retryPeriod), transition: .began(term))
    }

    private func pause(_ generator: inout some RandomNumberGenerator) -> Duration {
        timings.retryPeriod * Double.random(in: 1...LeaseTimings.jitter, using: &generator)
    }
}

// MARK: Holder

extension LeaseMachine {
    private mutating func holder(
        _ event: Event, _ renewedAt: Duration, _ now: Duration, _ timeOfDay: Timestamp,
        _ generator: inout some RandomNumberGenerator
    ) -> Step {
        var renewedAt = renewedAt
        if case .written = event { renewedAt = sentAt }
        let left = renewedAt + timings.renewDeadline - now
        guard left > .zero else { return lost(.notRenewed, &generator) }
        phase = .holder(renewedAt: renewedAt)
        let limit = min(timings.requestTimeout, left)
        switch event {
        case .written, .start:
            isOnSlowPath = false
            return Step(operation: .wait(min(timings.retryPeriod, left)))
        case .waited: return Step(operation: renewal(limit, timeOfDay))
        case .conflict, .failed:
            isOnSlowPath.toggle()
            guard isOnSlowPath else { return Step(operation: .wait(min(timings.retryPeriod, left))) }
            slowPaths += 1
            return Step(operation: .get(within: limit))
        case .found(let lease):
            if let lease, lease.record.holderIdentity != identity {
                return lost(.taken(by: lease.record.holderIdentity), &generator)
            }
            return Step(operation: renewal(limit, timeOfDay))
        case .release: return release(now, timeOfDay)
        }
    }

    /// A lease that somebody deleted is made anew.
    private func renewal(_ limit: Duration, _ timeOfDay: Timestamp) -> Operation {
        guard let lease = observation.lease else { return .create(record(nil, timeOfDay), within: limit) }
        return .update(lease, to: record(lease.record, timeOfDay), within: limit)
    }

    private mutating func lost(_ loss: Loss, _ generator: inout some RandomNumberGenerator) -> Step {
        phase = .candidate
        return Step(operation: .wait(pause(&generator)), transition: .lost(loss))
    }
}

// MARK: Releasing

extension LeaseMachine {
    private mutating func release(_ now: Duration, _ timeOfDay: Timestamp) -> Step {
        phase = .releasing(since: now)
        guard let lease = observation.lease, lease.record.holderIdentity == identity else {
            return Step(operation: .get(within: timings.requestTimeout))
        }
        return Step(operation: update(toRelease: lease, timeOfDay))
    }

    private mutating func releasing(
        _ event: Event, _ since: Duration, _ now: Duration, _ timeOfDay: Timestamp
    ) -> Step {
        // Whoever waits for the lease takes it by itself when it expires.
        guard now < since + timings.renewDeadline else { return Step(operation: .end) }
        switch event {
        case .written: return Step(operation: .end)
        case .found(let lease):
            guard let lease, lease.record.holderIdentity == identity else { return Step(operation: .end) }
            return Step(operation: update(toRelease: lease, timeOfDay))
        case .conflict, .start, .waited, .release: return Step(operation: .get(within: timings.requestTimeout))
        case .failed: return Step(operation: .wait(timings.retryPeriod))
        }
    }

    private func update(toRelease lease: Lease, _ timeOfDay: Timestamp) -> Operation {
        var record = lease.record
        record.holderIdentity = ""
        // The shortest that the server accepts.
        record.leaseDurationSeconds = 1
        record.acquireTime = timeOfDay
        record.renewTime = timeOfDay
        return .update(lease, to: record, within: timings.requestTimeout)
    }
}

// MARK: Records

extension LeaseMachine {
    /// The record that makes this process the holder, or keeps it.
    private func record(_ present: LeaseRecord?, _ timeOfDay: Timestamp) -> LeaseRecord {
        // Others see a renewal by its being a change; a clock that was set back to the same moment must not hide it.
        let renewTime = timeOfDay == present?.renewTime ? timeOfDay.adding(microseconds: 1) : timeOfDay
        var record = LeaseRecord(
            holderIdentity: identity, leaseDurationSeconds: Int(timings.leaseDuration.components.seconds),
            acquireTime: renewTime, renewTime: renewTime)
        guard let present else { return record }
        let isOwn = present.holderIdentity == identity
        record.leaseTransitions = present.leaseTransitions + (isOwn ? 0 : 1)
        if isOwn { record.acquireTime = present.acquireTime ?? renewTime }
        return record
    }
}

extension Timestamp {
    fileprivate func adding(microseconds more: Int64) -> Timestamp { Timestamp(microseconds: microseconds + more) }
}
