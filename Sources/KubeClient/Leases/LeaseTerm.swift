package import Base

/// The time in which one process leads.
package struct LeaseTerm: Sendable, Hashable {
    package let identity: String
    /// When it began, by the process's time of day.
    package let acquireTime: Timestamp
    /// How many terms of other holders came before.
    package let leaseTransitions: Int
}
