import Base
import Costs
import Store
import Synchronization
import TestSupport
import Testing

@testable import Reconcilers

@Suite("The loop of budgets", .enabled(if: TestDatabase.isAvailable))
struct BudgetLoopTests {
    private static func budgets() throws -> [ScopedBudget] {
        [
            ScopedBudget(
                kind: .owner, ref: "group:default/a", budget: try Budget(amount: Money(nanoDollars: 5)),
                currency: "EUR")
        ]
    }

    @Test("the configured budgets are stored, others go, and a database that comes later gets them too")
    func stored() async throws {
        try await TestDatabase.with { database in
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            let clock = ManualClock()
            let lines = Mutex("")
            let budgets = try Self.budgets()
            let logger = Logger("budgets") { line in lines.withLock { $0 += String(decoding: line, as: UTF8.self) } }
            let loop = BudgetLoop(budgets, store: store.costs, logger: logger) { try await clock.sleep(for: $0) }
            let task = Task { await loop.run() }
            // There is no schema yet.
            #expect(await eventually { clock.sleeperCount == 1 })
            #expect(lines.withLock { $0.contains("not stored yet") })
            _ = try await store.migrate()
            let old = ScopedBudget(
                kind: .cluster, ref: "gone", budget: try Budget(amount: Money(nanoDollars: 1)), currency: "EUR")
            try await store.costs.keep(budgets: [old])
            clock.advance(by: .seconds(5))
            #expect(await eventually { (try? await store.costs.budgets()) == budgets })
            #expect(await eventually { clock.sleeperCount == 1 })
            task.cancel()
            await task.value
            await store.close()
        }
    }
}
