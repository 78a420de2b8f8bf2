package import Base
package import Store

/// Keeps the audit's partitions ready and drops the days that need not be kept any longer.
package struct AuditRetention: CostLoop {
    private let store: AuditStore
    private let kept: Duration
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Timestamp
    private static let interval: Duration = .seconds(3_600)

    /// - Parameters:
    ///   - store: fenced for the catalog's shard.
    ///   - kept: how long events are kept.
    package init(
        _ store: AuditStore, kept: Duration, logger: Logger, clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Timestamp = { .now() }
    ) {
        self.store = store
        self.kept = kept
        self.logger = logger
        self.clock = clock
        self.now = now
    }

    package func run() async {
        while !Task.isCancelled {
            do {
                try await store.makePartitions(now: now())
                let dropped = try await store.drop(before: now().adding(seconds: -kept.components.seconds))
                if !dropped.isEmpty {
                    logger.info("dropped expired events", ["tables": .array(dropped.map { .string($0) })])
                }
            } catch {
                if !Task.isCancelled {
                    logger.warning("the audit's partitions were not looked after", ["error": .string("\(error)")])
                }
            }
            try? await clock.sleep(for: Self.interval)
        }
    }
}
