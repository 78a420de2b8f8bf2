internal import Base
internal import Costs
package import Store

/// The charges of days as they are handed to other programs, for who may read costs.
package struct CostExport: Sendable {
    /// ISO 4217 code of all amounts.
    package let currency: String
    private let store: Store
    private let now: @Sendable () -> Timestamp
    private static let window = "last-month"

    init(_ desk: CostDesk) {
        currency = desk.currency
        store = desk.store
        now = desk.now
    }

    /// Charges of a window, to be read page by page.
    package struct Charges: Sendable {
        let costs: CostStore
        let days: Range<Timestamp>
        let source: CostSource?

        /// - Parameter place: of the last charge of the page before; nil: the first page.
        /// - Throws: `StoreError`.
        package func page(after place: ChargePlace?, limit: Int) async throws -> [DailyCharge] {
            try await costs.charges(days, after: place, source: source, limit: limit)
        }
    }

    /// - Parameters:
    ///   - window: as actions take it, in whole days; nil: last-month.
    ///   - source: a source's name; nil: of each cluster the one that counts.
    /// - Throws: `ActionError`.
    package func charges(window: String?, source: String?, for caller: Caller) throws(ActionError) -> Charges {
        try caller.check(.readCosts)
        let text = window ?? Self.window
        let days = try CostWindowArgument(text, now: now()).window
        // At some hours also a window of hours begins with a day.
        guard !text.hasSuffix("h") || text.hasSuffix("month") else {
            throw ActionError(.input, "window: expected whole days, but found \"\(text)\"")
        }
        return Charges(costs: store.costs, days: days, source: try source.map(Self.source))
    }

    private static func source(_ name: String) throws(ActionError) -> CostSource {
        guard let source = CostSource(name: name) else {
            let names = CostSource.allCases.map(\.name).joined(separator: ", ")
            throw ActionError(.input, "source: expected one of \(names), but found \"\(name)\"")
        }
        return source
    }
}
