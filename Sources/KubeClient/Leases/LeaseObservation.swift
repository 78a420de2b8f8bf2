/// A lease as this process saw it, and since when it stands so. Expiry follows from that alone: the times that a holder
/// writes are by its own clock, which may be wrong.
package struct LeaseObservation: Sendable {
    /// Nil when it did not exist when it was last looked for.
    package private(set) var lease: Lease?
    /// Who held it when it was last seen; kept when it vanishes under its holder, who does not know yet.
    private var record: LeaseRecord?
    /// On the process's monotonic clock.
    private var changedAt: Duration = .zero

    package init() {}

    /// Looked at now.
    package mutating func see(_ found: Lease?, at now: Duration) {
        lease = found
        guard let found, found.record != record else { return }
        record = found.record
        changedAt = now
    }

    /// When the holder, if it lives, must have renewed; nil when nobody holds it.
    package var expiry: Duration? {
        guard let record, record.isHeld else { return nil }
        return changedAt + .seconds(record.leaseDurationSeconds)
    }

    /// Who holds it now; nil when nobody does or the holder did not renew in time.
    package func holder(at now: Duration) -> String? {
        guard let record, let expiry, now < expiry else { return nil }
        return record.holderIdentity
    }

    /// How long it has stood as it is.
    package func age(at now: Duration) -> Duration { now - changedAt }
}
