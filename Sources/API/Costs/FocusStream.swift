internal import Actions
internal import HTTPServer
internal import Store

/// Sends the charges of days as a table, which is read a page at a time, so that it is never held as a whole.
struct FocusStream: Sendable {
    private let export: CostExport
    private let sendingTime: Duration
    private static let pageSize = 500
    private static let parameters: Set<String> = ["window", "source"]

    /// - Parameter sendingTime: for the reader to take one page.
    init(_ export: CostExport, sendingTime: Duration) {
        self.export = export
        self.sendingTime = sendingTime
    }

    /// The first page is read before anything is sent, so that what is wrong is still told.
    ///
    /// - Throws: `ActionError`, `StoreError`. What fails later cuts the answer.
    func response(to request: RouteRequest) async throws -> HTTPServerResponse {
        if let unknown = request.http.query.first(where: { !Self.parameters.contains($0.name) }) {
            throw ActionError(.input, "\(unknown.name) is not allowed; expected window or source")
        }
        let charges = try export.charges(
            window: request.http.queryValue("window"), source: request.http.queryValue("source"), for: request.caller)
        let first = try await charges.page(after: nil, limit: Self.pageSize)
        let table = FocusTable(currency: export.currency)
        return .csv(name: "focus.csv") { writer in
            try await writer.write(Array(FocusTable.heading.utf8))
            var page = first
            while let last = page.last {
                let lines = page.map(table.lines).joined()
                try await sending(within: sendingTime) { try await writer.write(Array(lines.utf8)) }
                page = page.count < Self.pageSize ? [] : try await charges.page(after: last.place, limit: Self.pageSize)
            }
        }
    }
}
