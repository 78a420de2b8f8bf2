internal import Base
internal import HTTPServer
internal import Store

/// What the audit says of a request to a route: Backstage's event where Backstage has one.
struct AuditedRoute {
    let plugin: String
    let event: String
    var severity = AuditSeverity.low
    /// Taken down only when reads are.
    var isRead = false
    var meta: JSONObject = [:]
    /// Members of the body, if that is an object, that say on what it was done.
    var bodyMembers: [String] = []
    /// Parameters of the query that say it.
    var queryMembers: [String] = []

    static let actionCall = "action-invoke"

    /// Nil: requests there are no business of the audit, unless they are refused.
    init?(_ method: String, _ pattern: String) {
        if let found = Self.table["\(method == "HEAD" ? "GET" : method) \(pattern)"] {
            self = found
        } else if pattern.contains("/.backstage/actions/") {
            self = method == "POST" ? .change("actions", Self.actionCall) : .read("actions", "action-list")
        } else if pattern == "/api/scaleops/api/*" {
            self = method == "GET" ? .read("scaleops", "proxy") : .change("scaleops", "proxy", severity: .high)
        } else if pattern.hasPrefix("/api/kubernetes/") {
            self = .read("kubernetes", pattern == "/api/kubernetes/clusters" ? "cluster-fetch" : "resource-fetch")
        } else {
            return nil
        }
    }

    private init(plugin: String, event: String) {
        self.plugin = plugin
        self.event = event
    }

    private static func read(_ plugin: String, _ event: String, _ meta: JSONObject = [:]) -> AuditedRoute {
        var route = AuditedRoute(plugin: plugin, event: event)
        route.isRead = true
        route.meta = meta
        return route
    }

    static func change(
        _ plugin: String, _ event: String, _ action: String? = nil, severity: AuditSeverity = .medium,
        body: [String] = [], query: [String] = []
    ) -> AuditedRoute {
        var route = AuditedRoute(plugin: plugin, event: event)
        route.severity = severity
        if let action { route.meta = ["actionType": .string(action)] }
        route.bodyMembers = body
        route.queryMembers = query
        return route
    }

    private static let table: [String: AuditedRoute] = {
        let entities = "/api/catalog/entities"
        let locations = "/api/catalog/locations"
        return [
            "GET \(entities)": .read("catalog", "entity-fetch", ["queryType": "all"]),
            "GET \(entities)/by-query": .read("catalog", "entity-fetch", ["queryType": "by-query"]),
            "POST \(entities)/by-query": .read("catalog", "entity-fetch", ["queryType": "by-query"]),
            "GET \(entities)/by-uid/:uid": .read("catalog", "entity-fetch", ["queryType": "by-uid"]),
            "GET \(entities)/by-name/:kind/:namespace/:name": .read(
                "catalog", "entity-fetch", ["queryType": "by-name"]),
            "POST \(entities)/by-refs": .read("catalog", "entity-fetch", ["queryType": "by-refs"]),
            "GET \(entities)/by-name/:kind/:namespace/:name/ancestry": .read(
                "catalog", "entity-fetch", ["actionType": "ancestry"]),
            "DELETE \(entities)/by-uid/:uid": .change("catalog", "entity-mutate", "delete"),
            "POST /api/catalog/refresh": .change("catalog", "entity-mutate", "refresh", body: ["entityRef"]),
            "GET /api/catalog/entity-facets": .read("catalog", "entity-facets"),
            "POST /api/catalog/entity-facets": .read("catalog", "entity-facets"),
            "POST /api/catalog/validate-entity": .read("catalog", "entity-validate"),
            "GET \(locations)": .read("catalog", "location-fetch", ["queryType": "all"]),
            "POST \(locations)/by-query": .read("catalog", "location-fetch", ["queryType": "by-query"]),
            "GET \(locations)/by-entity/:kind/:namespace/:name": .read(
                "catalog", "location-fetch", ["queryType": "by-entity"]),
            "GET \(locations)/:id": .read("catalog", "location-fetch", ["queryType": "by-id"]),
            "POST \(locations)": .change("catalog", "location-mutate", "create", body: ["type", "target"]),
            "PUT \(locations)/:id": .change("catalog", "location-mutate", "update", body: ["type", "target"]),
            "DELETE \(locations)/:id": .change("catalog", "location-mutate", "delete"),
            "POST /api/catalog/analyze-location": .read("catalog", "location-analyze"),
            "GET /api/callboard/canonical/:name/plan": .read("callboard", "canonical-plan"),
            "POST /api/callboard/canonical/:name/plan": .read("callboard", "canonical-plan"),
            "POST /api/callboard/canonical/:name/apply": .change("callboard", "canonical-apply", severity: .high),
            "GET /api/callboard/audit": .change("callboard", "audit-fetch"),
            "GET /api/callboard/grants": .read("callboard", "grant-fetch"),
            "DELETE /api/callboard/grants": .change(
                "callboard", "grant-mutate", "end", severity: .high, query: ["person", "client"]),
        ]
    }()
}
