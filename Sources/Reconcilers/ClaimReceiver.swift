package import Matching

/// Who is told which entities claim which workloads, as far as that is stored.
package protocol ClaimReceiver: Sendable {
    /// All claims there are: what else is known is gone.
    func claimsReplaced(by claims: [String: EntitySelector]) async

    /// Claims that may be others, by entity ref; nil: the entity claims nothing any more.
    func claimsChanged(_ claims: [String: EntitySelector?]) async
}

extension WorkloadReconciler: ClaimReceiver {}
