import Actions
import Base
import Catalog
import MCP
import Store
import TestSupport
import Testing

@testable import API

/// What an MCP endpoint serves beside tools, asked without the protocol.
struct Content: Sendable {
    let store: Store
    let tools: ActionTools

    static let anybody = Caller(subject: "test")
    static let nobody = Caller(subject: "nobody", restrictions: [])
    static let costsOnly = Caller(
        subject: "costs", restrictions: [AccessRestriction(plugin: "callboard", permissions: nil, attributes: nil)])

    /// Runs the body over a database that holds some components, an owner and one workload.
    static func with(
        offering isOffered: @Sendable (ActionDefinition) -> Bool = { _ in true },
        _ body: @Sendable (Content) async throws -> Void
    ) async throws {
        try await Service.with { service async throws in
            try await body(try content(service.store, isOffered))
        }
    }

    static func content(
        _ store: Store, changes: ContentChanges? = nil, _ isOffered: (ActionDefinition) -> Bool = { _ in true }
    ) throws -> Content {
        let registry = try ActionRegistry(store: store, currency: "EUR")
        let tools = ActionTools(
            store: store, registry: registry, actions: registry.actions.filter { isOffered($0.definition) },
            isNamespaced: true, changes: changes, oversight: Oversight(), logger: Logger("test") { _ in })
        return Content(store: store, tools: tools)
    }

    func uris(_ items: [JSONValue]) -> [String] { items.compactMap { $0["uri"]?.stringValue } }

    /// The resource's text as JSON.
    func read(_ uri: String, for caller: Caller = anybody) async throws -> JSONValue {
        let contents = try await tools.resource(uri, for: caller)
        try #require(contents.count == 1)
        #expect(contents[0]["uri"] == .string(uri))
        #expect(contents[0]["mimeType"] == "application/json")
        return try JSONValue(parsing: Array((contents[0]["text"]?.stringValue ?? "").utf8))
    }
}
