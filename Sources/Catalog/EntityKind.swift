/// A kind of entity that the catalog knows: what its `spec` holds and which fields of it name other entities.
struct EntityKind: Sendable {
    /// As written in documents; letter case counts there.
    let name: String
    let spec: Shape
    let references: [Reference]

    /// A field of `spec` that names other entities, and the pair of relations that comes of it.
    struct Reference: Sendable {
        let field: String
        /// Nil: the ref must name its kind.
        let defaultKind: String?
        /// What this entity gets.
        let relation: String
        /// What the other end gets.
        let inverse: String
    }

    /// The versions of the descriptor format; the second is accepted for old files.
    static let apiVersions: Set<String> = ["backstage.io/v1alpha1", "backstage.io/v1beta1"]

    /// The kind of a document; nil when none claims it.
    static func named(_ name: String, apiVersion: String) -> EntityKind? {
        apiVersions.contains(apiVersion) ? all[name] : nil
    }

    static let all: [String: EntityKind] = Dictionary(
        uniqueKeysWithValues: [component, api, resource, system, domain, group, user, location].map { ($0.name, $0) })
}

extension EntityKind {
    private static let component = EntityKind(
        name: "Component",
        spec: spec(
            required: ["type", "lifecycle", "owner"], texts: ["system", "subcomponentOf"],
            lists: ["providesApis", "consumesApis", "dependsOn"]),
        references: [
            .owner,
            Reference(field: "subcomponentOf", defaultKind: "Component", relation: "partOf", inverse: "hasPart"),
            Reference(field: "providesApis", defaultKind: "API", relation: "providesApi", inverse: "apiProvidedBy"),
            Reference(field: "consumesApis", defaultKind: "API", relation: "consumesApi", inverse: "apiConsumedBy"),
            .dependsOn, .dependencyOf, .system,
        ])

    private static let api = EntityKind(
        name: "API", spec: spec(required: ["type", "lifecycle", "owner", "definition"], texts: ["system"]),
        references: [.owner, .system])

    private static let resource = EntityKind(
        name: "Resource",
        spec: spec(required: ["type", "owner"], texts: ["system"], lists: ["dependsOn", "dependencyOf"]),
        references: [.owner, .dependsOn, .dependencyOf, .system])

    private static let system = EntityKind(
        name: "System", spec: spec(required: ["owner"], texts: ["domain", "type"]),
        references: [
            .owner, Reference(field: "domain", defaultKind: "Domain", relation: "partOf", inverse: "hasPart"),
        ])

    private static let domain = EntityKind(
        name: "Domain", spec: spec(required: ["owner"], texts: ["subdomainOf", "type"]),
        references: [
            .owner, Reference(field: "subdomainOf", defaultKind: "Domain", relation: "partOf", inverse: "hasPart"),
        ])

    private static let group = EntityKind(
        name: "Group",
        spec: spec(
            required: ["type"], texts: ["parent"], requiredLists: ["children"], lists: ["members"],
            more: ["profile": profile]),
        references: [
            Reference(field: "parent", defaultKind: "Group", relation: "childOf", inverse: "parentOf"),
            Reference(field: "children", defaultKind: "Group", relation: "parentOf", inverse: "childOf"),
            Reference(field: "members", defaultKind: "User", relation: "hasMember", inverse: "memberOf"),
        ])

    private static let user = EntityKind(
        name: "User", spec: spec(requiredLists: ["memberOf"], more: ["profile": profile]),
        references: [Reference(field: "memberOf", defaultKind: "Group", relation: "memberOf", inverse: "hasMember")])

    private static let location = EntityKind(
        name: "Location",
        spec: spec(
            texts: ["type", "target"], lists: ["targets"], more: ["presence": .oneOf(["required", "optional"])]),
        references: [])

    private static let profile = Shape.object(
        required: [], fields: ["displayName": .text, "email": .text, "picture": .text], others: .allowed)

    private static func spec(
        required: [String] = [], texts: [String] = [], requiredLists: [String] = [], lists: [String] = [],
        more: [String: Shape] = [:]
    ) -> Shape {
        var fields = more
        for field in required + texts { fields[field] = .text }
        for field in requiredLists + lists { fields[field] = .list(of: .text) }
        return .object(required: required + requiredLists, fields: fields, others: .allowed)
    }
}

extension EntityKind.Reference {
    fileprivate static let owner = Self(field: "owner", defaultKind: "Group", relation: "ownedBy", inverse: "ownerOf")
    fileprivate static let system = Self(field: "system", defaultKind: "System", relation: "partOf", inverse: "hasPart")
    fileprivate static let dependsOn = Self(
        field: "dependsOn", defaultKind: nil, relation: "dependsOn", inverse: "dependencyOf")
    fileprivate static let dependencyOf = Self(
        field: "dependencyOf", defaultKind: nil, relation: "dependencyOf", inverse: "dependsOn")
}
