@testable import Reconcilers

extension WorkloadReconciler {
    /// Runs it and its caches until the task is cancelled.
    func runWithCaches() async {
        async let following: Void = follower.run()
        await run()
        await following
    }
}
