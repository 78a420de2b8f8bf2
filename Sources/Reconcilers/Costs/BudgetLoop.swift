package import Base
package import Store

/// Stores the budgets of the configuration, so that every replica and every report sees them.
package struct BudgetLoop: CostLoop {
    private let budgets: [ScopedBudget]
    private let store: CostStore
    private let logger: Logger
    private let sleep: @Sendable (Duration) async throws -> Void
    /// After a failure.
    private static let pause: Duration = .seconds(5)
    /// A database that was restored from a backup gets them again.
    private static let period: Duration = .seconds(600)

    /// - Parameter sleep: returns when the time has passed, throws when the task is cancelled.
    package init(
        _ budgets: [ScopedBudget], store: CostStore, logger: Logger,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.budgets = budgets
        self.store = store
        self.logger = logger
        self.sleep = sleep
    }

    package func run() async {
        while !Task.isCancelled {
            let pause = await keep() ? Self.period : Self.pause
            do { try await sleep(pause) } catch { return }
        }
    }

    private func keep() async -> Bool {
        do {
            try await store.keep(budgets: budgets)
            return true
        } catch {
            logger.warning("the budgets are not stored yet", ["error": .string("\(error)")])
            return false
        }
    }
}
