package import Base
internal import Costs
package import Store

/// Gives up what waits for too long and removes what came to its end long ago. Loops of targets do so too; where there is no
/// target any more, this alone does.
package struct NotificationSweep: CostLoop {
    private let log: NotificationStore
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let sleep: @Sendable (Duration) async throws -> Void

    /// Notifications that came to their end are kept so long, in seconds.
    private static let retention: Int64 = 90 * 86_400
    /// Between two looks.
    private static let interval: Duration = .seconds(3_600)

    /// - Parameter log: fenced for the catalog's shard.
    package init(
        _ log: NotificationStore, logger: Logger, now: @escaping @Sendable () -> Timestamp = { .now() },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        (self.log, self.logger, self.now, self.sleep) = (log, logger, now, sleep)
    }

    package func run() async {
        repeat {
            do { try await sweep() } catch {
                if !Task.isCancelled {
                    logger.warning("the log of notifications was not cleared", ["error": .string("\(error)")])
                }
            }
        } while (try? await sleep(Self.interval)) != nil
    }

    /// - Throws: `StoreError`.
    func sweep() async throws {
        let moment = now()
        let given = try await log.clear(
            waitingSince: moment.adding(seconds: -DeliveryRule.maximumAge),
            endedBefore: moment.adding(seconds: -Self.retention))
        if given > 0 { logger.error("notifications were given up", ["count": .int(Int64(given))]) }
    }
}
