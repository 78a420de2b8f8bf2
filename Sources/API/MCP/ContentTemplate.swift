internal import Base

/// Resources that are read by filling in a template.
struct ContentTemplate: Sendable {
    let aspect: ContentURI.Aspect
    let uri: String
    let name: String
    let title: String
    let description: String

    static let all = [
        ContentTemplate(
            aspect: .entity, uri: "callboard://entity/{kind}/{namespace}/{name}", name: "entity",
            title: "Catalog entity",
            description: "An entity of the software catalog: metadata, spec, relations and status."),
        ContentTemplate(
            aspect: .workloads, uri: "callboard://entity/{kind}/{namespace}/{name}/workloads", name: "entity-workloads",
            title: "Workloads of an entity",
            description: "What runs for an entity in the clusters, with requests, health and hourly cost."),
        ContentTemplate(
            aspect: .cost, uri: "callboard://entity/{kind}/{namespace}/{name}/cost", name: "entity-cost",
            title: "Cost of an entity", description: "What an entity's workloads cost this month so far, by workload."),
        ContentTemplate(
            aspect: .team, uri: "callboard://team/{namespace}/{name}", name: "team", title: "Team overview",
            description: "A group with the entities that it owns and what they cost."),
    ]

    var item: JSONValue {
        [
            "uriTemplate": .string(uri), "name": .string(name), "title": .string(title),
            "description": .string(description), "mimeType": "application/json",
        ]
    }

    /// The variables of the template.
    var variables: [String] {
        uri.split(separator: "{").dropFirst().map { String($0.prefix { $0 != "}" }) }
    }
}

extension ContentURI.Aspect {
    /// The actions that it is read with.
    var actions: [String] {
        switch self {
        case .entity: ["catalog:get-catalog-entity"]
        case .workloads: ["callboard:get-entity-workloads"]
        case .cost: ["callboard:get-entity-cost"]
        case .team: ["catalog:get-catalog-entity", "catalog-mcp:get_entities_by_owner", "callboard:get-cost"]
        }
    }
}
