internal import Base
internal import KubeClient

/// The lease by which a replica shows the others that it is there. Nobody else wants it.
struct ReplicaPresence {
    private static let prefix = "callboard-replica-"

    private let lease: any LeaseResource
    private let identity: String
    private let timings: LeaseTimings
    private var last: Lease?

    init(_ leases: any ShardLeases, identity: String, timings: LeaseTimings) {
        lease = leases.presence(of: identity)
        self.identity = identity
        self.timings = timings
    }

    /// `callboard-replica-<hash of the identity>`.
    static func leaseName(of identity: String) -> String {
        prefix + sha256Hex(Array(identity.utf8)).prefix(16)
    }

    static func isPresence(_ lease: Lease) -> Bool { lease.name.hasPrefix(prefix) }

    /// Shows that it is there now.
    ///
    /// - Throws: `KubernetesError`; the next call reads the lease first.
    mutating func renew(at timeOfDay: Timestamp) async throws {
        let known = last
        last = nil
        let limit = timings.requestTimeout
        let record = LeaseRecord(
            holderIdentity: identity, leaseDurationSeconds: Int(timings.leaseDuration.components.seconds),
            acquireTime: known?.record.acquireTime ?? timeOfDay, renewTime: timeOfDay)
        if let known {
            last = try await lease.update(known, to: record, within: limit)
        } else if let found = try await lease.get(within: limit) {
            last = try await lease.update(found, to: record, within: limit)
        } else {
            last = try await lease.create(record, within: limit)
        }
    }

    /// The lease as it is now; nil when there is none. What was written last is not known when a write was cut off.
    func present() async throws -> Lease? {
        if let last { return last }
        return try await lease.get(within: timings.requestTimeout)
    }
}
