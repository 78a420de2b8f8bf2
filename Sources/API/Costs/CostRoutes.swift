internal import Actions
internal import Base
internal import HTTPServer

/// Costs under `/api/callboard/costs`: what the actions answer, as JSON or as a table.
struct CostRoutes {
    let registry: ActionRegistry

    /// As `EntityListRoutes` gives its readers.
    private static let sendingTime: Duration = .seconds(60)
    /// Rows that are asked for at once.
    private static let pageSize: Int64 = 500

    var routes: [Route] {
        [
            Route("/api/callboard/costs") { try await answer("get-cost", .groups, $0) },
            Route("/api/callboard/costs/trend") { try await answer("get-cost-trend", .trend, $0) },
            Route("/api/callboard/costs/change") { try await answer("explain-cost-change", .change, $0) },
            Route("/api/callboard/costs/dependencies") { try await answer("get-dependency-cost", .dependencies, $0) },
            Route("/api/callboard/costs/coverage") { try await answer("get-cost-coverage", .coverage, $0) },
            Route("/api/callboard/costs/budgets") { try await answer("get-budget-status", .budgets, $0) },
            Route("/api/callboard/costs/recommendations") {
                try await answer("get-recommendations", .recommendations, $0)
            },
            Route("/api/callboard/costs/recommendation") { try await answer("explain-recommendation", nil, $0) },
            Route("/api/callboard/costs/ghosts") { try await answer("list-ghost-entities", .ghosts, $0) },
            Route("/api/callboard/costs/ownership") { try await answer("get-workload-ownership", nil, $0) },
            Route("/api/callboard/costs/health") { try await answer("get-cost-data-health", nil, $0) },
            Route("/api/callboard/costs/focus") { request in
                try await FocusStream(registry.costExport, sendingTime: Self.sendingTime).response(to: request)
            },
        ]
    }

    /// - Parameter table: nil: the answer is no table.
    private func answer(_ name: String, _ table: CSVTable?, _ request: RouteRequest) async throws -> HTTPServerResponse
    {
        let id = "callboard:\(name)"
        var arguments = ActionArguments(of: registry[id]).reading(request.http.query)
        guard let table, try Self.wantsTable(request, &arguments) else {
            return .json(200, try await registry.invoke(id, arguments, for: request.caller))
        }
        return try await csv(id, arguments, table, request)
    }

    /// `format` says it; without one the `Accept` header does.
    private static func wantsTable(_ request: RouteRequest, _ arguments: inout JSONObject) throws(ActionError) -> Bool {
        let format = arguments["format"]?.stringValue
        arguments["format"] = nil
        switch format {
        case nil: return request.http.headers["Accept"]?.contains("text/csv") ?? false
        case "json": return false
        case "csv": return true
        default: throw ActionError(.input, "format: expected json or csv, but found \"\(format ?? "")\"")
        }
    }

    /// All rows, asked for page by page, unless a limit is given. The first page is asked for before anything is sent, so that
    /// what is wrong is still told.
    private func csv(
        _ id: String, _ arguments: JSONObject, _ table: CSVTable, _ request: RouteRequest
    ) async throws -> HTTPServerResponse {
        var asked = arguments
        let properties = registry[id]?.definition.input["properties"]
        if asked["limit"] == nil, properties?["limit"] != nil { asked["limit"] = .int(Self.pageSize) }
        let first = try await registry.invoke(id, asked, for: request.caller)
        let isWhole = arguments["limit"] != nil
        return .csv(name: id.dropFirst("callboard:".count) + ".csv") { [asked, registry] writer in
            try await sending(within: Self.sendingTime) {
                try await writer.write(Array((table.heading + table.rows(first)).utf8))
            }
            var (cursor, next) = (first["nextCursor"], asked)
            while !isWhole, let place = cursor {
                next["cursor"] = place
                let page = try await registry.invoke(id, next, for: request.caller)
                try await sending(within: Self.sendingTime) { try await writer.write(Array(table.rows(page).utf8)) }
                cursor = page["nextCursor"]
            }
        }
    }
}

extension HTTPServerResponse {
    /// A table that is written in pieces.
    static func csv(
        name: some StringProtocol, _ write: @escaping @Sendable (HTTPBodyWriter) async throws -> Void
    ) -> HTTPServerResponse {
        HTTPServerResponse(
            status: 200,
            headers: [
                "Content-Type": "text/csv; charset=utf-8; header=present",
                "Content-Disposition": "attachment; filename=\"\(name)\"",
            ], body: .stream(write))
    }
}
