package import Base

/// Who holds a lease: the part of a `coordination.k8s.io/v1` Lease's `spec` that leader election reads and writes.
package struct LeaseRecord: Sendable, Hashable {
    /// The process that holds it; empty when nobody does.
    package var holderIdentity: String
    /// How long it is held after a renewal. The server refuses 0.
    package var leaseDurationSeconds: Int
    /// When the holder got it, by the holder's clock; nil when nobody wrote it.
    package var acquireTime: Timestamp?
    /// When the holder renewed it, by the holder's clock. Nobody compares this with another clock.
    package var renewTime: Timestamp?
    /// How often it went from one holder to another.
    package var leaseTransitions: Int

    package init(
        holderIdentity: String, leaseDurationSeconds: Int, acquireTime: Timestamp?, renewTime: Timestamp?,
        leaseTransitions: Int = 0
    ) {
        self.holderIdentity = holderIdentity
        self.leaseDurationSeconds = leaseDurationSeconds
        self.acquireTime = acquireTime
        self.renewTime = renewTime
        self.leaseTransitions = leaseTransitions
    }

    /// Whether anybody holds it, expired or not.
    package var isHeld: Bool { !holderIdentity.isEmpty }
}

extension LeaseRecord {
    /// Reads a Lease's `spec`. What is missing counts as not held.
    init(spec: JSONValue?) {
        self.init(
            holderIdentity: spec?["holderIdentity"]?.stringValue ?? "",
            leaseDurationSeconds: Int(clamping: spec?["leaseDurationSeconds"]?.intValue ?? 0),
            acquireTime: (spec?["acquireTime"]?.stringValue).flatMap(Timestamp.init(rfc3339:)),
            renewTime: (spec?["renewTime"]?.stringValue).flatMap(Timestamp.init(rfc3339:)),
            leaseTransitions: Int(clamping: spec?["leaseTransitions"]?.intValue ?? 0))
    }

    /// Writes the record into a `spec`, whose other members stay.
    func written(to spec: JSONObject = [:]) -> JSONObject {
        var spec = spec
        spec["holderIdentity"] = .string(holderIdentity)
        spec["leaseDurationSeconds"] = .int(Int64(leaseDurationSeconds))
        spec["acquireTime"] = acquireTime.map { .string($0.microTime) }
        spec["renewTime"] = renewTime.map { .string($0.microTime) }
        spec["leaseTransitions"] = .int(Int64(leaseTransitions))
        return spec
    }
}
