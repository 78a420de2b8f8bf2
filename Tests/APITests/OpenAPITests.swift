import Actions
import Base
import CostSources
import KubeClient
import MCP
import Store
import Testing

@testable import API

@Suite("Descriptions of the REST routes")
struct OpenAPITests {
    /// Such as `GET /api/catalog/locations/{id}`; HEAD goes without saying.
    private typealias Operations = [String]

    private static let store = Store(PostgresPool.Configuration(uri: "postgresql://nobody@127.0.0.1:1/none"))

    private static func descriptions() throws -> [JSONValue] {
        let registry = try ActionRegistry(store: store, currency: "EUR")
        let texts = [OpenAPIRoutes.catalogTexts, OpenAPIRoutes.callboardTexts, OpenAPIRoutes.scaleOpsTexts]
        return try texts.map {
            try OpenAPIDescription($0, registry: registry).json
        }
    }

    private static func described(_ description: JSONValue) -> Operations {
        (description["paths"]?.objectValue ?? [:]).flatMap { path, item in
            (item.objectValue?.keys ?? []).filter(OpenAPIDescription.methods.contains).map {
                "\($0.uppercased()) \(path)"
            }
        }
    }

    /// Every operation of the descriptions.
    private static func operations() throws -> [(name: String, json: JSONValue)] {
        try descriptions().flatMap { description in
            described(description).map { name in
                let parts = name.split(separator: " ").map(String.init)
                return (name, description["paths"]?[parts[1]]?[parts[0].lowercased()] ?? .null)
            }
        }
    }

    @Test("every REST route is described once, and what is described is a route")
    func routes() throws {
        let kubernetes = KubernetesObjects(
            directory: ClusterDirectory([]), configuration: KubernetesObjectsConfiguration(),
            metrics: MetricsRegistry())
        let server = APIServer(
            store: Self.store, registry: try ActionRegistry(store: Self.store, currency: "EUR"),
            authenticator: Authenticator(tokens: []), mcp: MCPConfiguration(version: "1"), kubernetes: kubernetes,
            scaleOps: ScaleOpsAPIConfiguration(endpoints: ScaleOpsEndpoints([])),
            metrics: MetricsRegistry(), logger: Logger("api") { _ in }, readiness: { [] })
        // MCP is a protocol of its own, which its specification describes.
        let rest = server.routes.filter { !$0.pattern.hasPrefix("/api/mcp-actions/") }
        let routes = rest.flatMap { route in
            let segments = route.pattern.split(separator: "/").map { segment in
                segment == "*" ? "{path}" : segment.hasPrefix(":") ? "{\(segment.dropFirst())}" : String(segment)
            }
            return route.methods.subtracting(["HEAD"]).map { "\($0) /" + segments.joined(separator: "/") }
        }
        #expect(routes.count > 40)
        #expect(try Self.descriptions().flatMap(Self.described).sorted() == routes.sorted())
    }

    @Test("what is open is described as open, and nothing else")
    func open() throws {
        let open = try Self.operations().filter { $0.json["security"] == [] }.map(\.name)
        #expect(
            open.sorted() == [
                "GET /.backstage/health/v1/liveness", "GET /.backstage/health/v1/readiness", "GET /api/scaleops/health",
                "GET /livez", "GET /metrics", "GET /readyz",
            ])
    }

    @Test("every operation has a name of its own, a summary, and says what happens without a token or the database")
    func operations() throws {
        let operations = try Self.operations()
        let names = operations.compactMap { $0.json["operationId"]?.stringValue }
        #expect(names.count == operations.count && Set(names).count == names.count)
        for (name, operation) in operations {
            #expect(operation["summary"]?.stringValue?.isEmpty == false, "\(name)")
            let guarded = operation["security"] == nil ? ["401", "403"] : []
            for status in guarded + ["500", "503"] {
                #expect(operation["responses"]?[status] != nil, "\(name): \(status)")
            }
        }
    }

    @Test("every reference leads somewhere, and our own words do not come out")
    func references() throws {
        for description in try Self.descriptions() {
            let (references, keys) = Self.walk(description)
            #expect(references.count > 20)
            for reference in references {
                let found = reference.dropFirst(2).split(separator: "/").reduce(Optional(description)) {
                    $0?[String($1)]
                }
                #expect(reference.hasPrefix("#/") && found != nil, "\(reference)")
            }
            #expect(!keys.contains { $0.hasPrefix("x-") })
        }
    }

    private static func walk(_ json: JSONValue) -> (references: [String], keys: Set<String>) {
        if let elements = json.arrayValue {
            return elements.map(walk).reduce(([], [])) { ($0.0 + $1.references, $0.1.union($1.keys)) }
        }
        guard let object = json.objectValue else { return ([], []) }
        let inner = object.map { walk($0.value) }
        return (
            inner.flatMap(\.references) + [object["$ref"]?.stringValue].compactMap(\.self),
            inner.reduce(Set(object.keys)) { $0.union($1.keys) }
        )
    }

    @Test("an operation keeps its own response where all have one, and an open one needs no token")
    func responses() throws {
        let text = """
            x-every-operation: {"500": {description: ours}, "503": {description: away}}
            x-every-guarded-operation: {"401": {description: who}}
            paths:
              /a:
                get: {responses: {"500": {description: its own}}}
                post: {security: [], responses: {"200": {description: done}}}
            """
        let registry = try ActionRegistry(store: Self.store, currency: "EUR")
        let paths = try OpenAPIDescription([Array(text.utf8)], registry: registry).json["paths"]
        #expect(
            paths?["/a"]?["get"]?["responses"] == [
                "401": ["description": "who"], "500": ["description": "its own"], "503": ["description": "away"],
            ])
        #expect(
            paths?["/a"]?["post"]?["responses"] == [
                "200": ["description": "done"], "500": ["description": "ours"], "503": ["description": "away"],
            ])
    }

    @Test(
        "texts that do not go together are refused, saying what is wrong",
        arguments: [
            (["info: {title: a}", "info: {title: b}"], "info/title is described twice"),
            (["a: {x-output-of: 'callboard:none'}"], "there is no action callboard:none"),
            (["- a"], "expected one mapping in each text"), (["a: 1\n---\nb: 1"], "expected one mapping in each text"),
        ])
    func refused(texts: [String], message: String) throws {
        let registry = try ActionRegistry(store: Self.store, currency: "EUR")
        let error = #expect(throws: OpenAPIDescriptionError.self) {
            try OpenAPIDescription(texts.map { Array($0.utf8) }, registry: registry)
        }
        #expect(error?.description == message)
    }

    @Test("the descriptions are answered to whoever has a token")
    func answered() async throws {
        try await Service.with(Self.store) { service async throws in
            let descriptions = try Self.descriptions()
            for (path, expected) in zip(["/api/catalog/openapi.json", "/api/callboard/openapi.json"], descriptions) {
                let answer = try await service.client(Service.costsOnly).get(path)
                #expect(answer.status == 200 && answer.headers["Content-Type"] == "application/json; charset=utf-8")
                #expect(answer.json == expected)
                #expect(try await service.client(nil).get(path).status == 401)
            }
        }
    }
}
