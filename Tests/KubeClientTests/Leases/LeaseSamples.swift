import Base

@testable import KubeClient

extension Lease {
    /// A lease as the server would give it.
    static func sample(_ record: LeaseRecord, version: Int = 1, name: String = "lease") -> Lease {
        guard
            let lease = Lease([
                "metadata": ["name": .string(name), "resourceVersion": .string("\(version)")],
                "spec": .object(record.written()),
            ])
        else { fatalError("not a lease") }
        return lease
    }
}

extension LeaseRecord {
    static func held(by holder: String, seconds: Int = 15, renewed: Int64 = 1_000, transitions: Int = 0) -> LeaseRecord
    {
        LeaseRecord(
            holderIdentity: holder, leaseDurationSeconds: seconds, acquireTime: Timestamp(seconds: 1_000),
            renewTime: Timestamp(seconds: renewed), leaseTransitions: transitions)
    }
}

extension LeaseTimings {
    /// 15 s, 10 s and 2 s.
    static let defaults: LeaseTimings = {
        do { return try LeaseTimings() } catch { fatalError("\(error)") }
    }()
}
