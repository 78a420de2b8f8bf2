/// How long a lease lasts, and when what is tried again. The defaults are client-go's.
package struct LeaseTimings: Sendable, Hashable {
    /// How long others wait for a holder that does not renew; whole seconds. It bounds how long nobody leads after a
    /// crash, and must outlast the outages of the API server that are to be ridden out.
    package let leaseDuration: Duration
    /// After so long without a renewal the holder stops leading. The time from here to `leaseDuration` is what it has
    /// for stopping.
    package let renewDeadline: Duration
    /// Between two renewals, and between two attempts to get the lease.
    package let retryPeriod: Duration

    /// An attempt to get the lease waits up to so many retry periods, so that candidates do not come at once.
    package static let jitter = 1.2

    /// Such timings cannot work.
    package struct Problem: Error, CustomStringConvertible {
        package let description: String
    }

    /// client-go's.
    package static let standard = LeaseTimings(lease: .seconds(15), renew: .seconds(10), retry: .seconds(2))

    private init(lease: Duration, renew: Duration, retry: Duration) {
        (leaseDuration, renewDeadline, retryPeriod) = (lease, renew, retry)
    }

    /// - Throws: `Problem` unless leaseDuration > renewDeadline > retryPeriod × `jitter`.
    package init(
        leaseDuration: Duration = .seconds(15), renewDeadline: Duration = .seconds(10),
        retryPeriod: Duration = .seconds(2)
    ) throws(Problem) {
        guard leaseDuration >= .seconds(1), leaseDuration.components.attoseconds == 0 else {
            throw Problem(description: "leaseDuration is \(leaseDuration); expected whole seconds, at least one")
        }
        guard leaseDuration > renewDeadline else {
            throw Problem(
                description: "leaseDuration (\(leaseDuration)) must be longer than renewDeadline (\(renewDeadline))")
        }
        guard retryPeriod > .zero, renewDeadline > retryPeriod * Self.jitter else {
            throw Problem(
                description: "renewDeadline (\(renewDeadline)) must be longer than \(Self.jitter) times retryPeriod "
                    + "(\(retryPeriod)), which must be more than nothing")
        }
        self.leaseDuration = leaseDuration
        self.renewDeadline = renewDeadline
        self.retryPeriod = retryPeriod
    }

    /// A request that takes longer is given up, so that there is time for a second one before the deadline.
    package var requestTimeout: Duration { max(.seconds(1), renewDeadline / 2) }
}
