import Actions
import Base
import Testing

@Suite("Who may use which action")
struct AccessTests {
    private static let valid: [String: JSONObject] = [
        "catalog:get-catalog-entity": ["name": "shop"], "catalog:query-catalog-entities": [:],
        "callboard:get-entity-workloads": ["entityRef": "shop"], "callboard:get-entity-cost": ["entityRef": "shop"],
        "callboard:list-orphan-workloads": [:], "callboard:list-clusters": [:], "callboard:plan-canonical": [:],
        "catalog:resolve-entity": ["name": "shop"], "catalog:get-entity-relationships": ["entityRef": "shop"],
        "catalog:get-entity-api-specs": ["entityRef": "shop"], offline: [:],
        "catalog:validate-entity": [
            "entity": """
            {apiVersion: backstage.io/v1alpha1, kind: System, metadata: {name: a}, spec: {owner: b}}
            """
        ],
        "catalog-mcp:get_entities_by_owner": ["owner": "a"],
        "catalog-mcp:get_entities_by_annotation": ["annotation": "a"],
        "catalog-mcp:get_entity_types_for_kind": ["kind": "api"],
        "catalog-mcp:get_all_entities_by_kind_and_type": ["kind": "api", "type": "grpc"],
        "catalog-mcp:get_entities_with_custom_query": [:], "callboard:list-catalog-problems": [:],
        "catalog:find-api-specs": ["queryString": "orders"],
        "catalog:register-entity": ["locationUrl": "https://host/a.yaml"],
        "catalog:unregister-entity": ["type": ["locationId": "5f2b9f1c-8c1f-4f7e-9f43-b6a0c8c2d1aa"]],
        "catalog:refresh-catalog-entity": ["name": "shop"],
        "callboard:get-cost": [:], "callboard:get-cost-trend": [:], "callboard:explain-cost-change": [:],
        "callboard:get-dependency-cost": ["entityRef": "shop"], "callboard:get-cost-coverage": [:],
        "callboard:get-budget-status": [:], "callboard:get-recommendations": [:],
        "callboard:explain-recommendation": ["name": "shop"], "callboard:get-cost-data-health": [:],
        "callboard:list-ghost-entities": [:], "callboard:get-workload-ownership": ["name": "shop"],
    ]
    /// Asks nothing of the database.
    private static let offline = "catalog:get-catalog-model-description"
    /// Needs no permission but a person.
    private static let ofPersons = "auth:who-am-i"

    private static func caller(_ restrictions: [AccessRestriction]?) -> Caller {
        Caller(subject: "token", restrictions: restrictions)
    }

    private static func restriction(
        _ plugin: String, _ permissions: Set<String>? = nil, _ attributes: Set<Permission.Attribute>? = nil
    ) -> AccessRestriction {
        AccessRestriction(plugin: plugin, permissions: permissions, attributes: attributes)
    }

    private static let catalog = Set(valid.keys.filter { $0.hasPrefix("catalog") })
    private static let reading = catalog.subtracting([
        "catalog:validate-entity", "catalog:register-entity", "catalog:unregister-entity",
        "catalog:refresh-catalog-entity",
    ])
    private static let workloads: Set = [
        "callboard:get-entity-workloads", "callboard:list-clusters", "callboard:list-orphan-workloads",
        "callboard:get-workload-ownership",
    ]
    private static let costs: Set = [
        "callboard:get-entity-cost", "callboard:get-cost", "callboard:get-cost-trend", "callboard:explain-cost-change",
        "callboard:get-dependency-cost", "callboard:get-cost-coverage", "callboard:get-budget-status",
        "callboard:get-recommendations", "callboard:explain-recommendation", "callboard:get-cost-data-health",
        "callboard:list-ghost-entities",
    ]
    private static let clusters: Set = ["callboard:list-clusters", "callboard:get-workload-ownership"]
    private static let plans: Set = ["callboard:plan-canonical"]
    /// What needs nothing of the catalog's permissions.
    private static let observing = Set(valid.keys).subtracting(catalog).subtracting(plans)

    @Test(
        "attributes let pass the permissions that have one of them, and none that has none",
        arguments: [
            (nil, ["read", "delete", "refresh", "validate"]), ([.read], ["read"]),
            ([.delete, .update], ["delete", "refresh"]),
            ([], []), (Set(Permission.Attribute.allCases), ["read", "delete", "refresh"]),
        ] as [(Set<Permission.Attribute>?, Set<String>)])
    func attributes(attributes: Set<Permission.Attribute>?, allowed: Set<String>) {
        let caller = Self.caller([Self.restriction("catalog", nil, attributes)])
        let permissions: [String: Permission] = [
            "read": .readEntities, "delete": .deleteEntities, "refresh": .refreshEntities,
            "validate": .validateEntities,
        ]
        #expect(Set(permissions.filter { caller.may($1) }.keys) == allowed)
    }

    @Test(
        "a token is held to its plugins, permissions and attributes",
        arguments: [
            (nil, Set(valid.keys)), ([], []),
            ([restriction("catalog")], catalog),
            ([restriction("callboard")], observing),
            ([restriction("catalog"), restriction("callboard")], Set(valid.keys)),
            ([restriction("callboard", ["callboard.cost.read"])], costs),
            ([restriction("callboard", ["callboard.workload.read"], [.read])], clusters),
            (
                [restriction("callboard", ["callboard.workload.read", "callboard.cost.read"], [.read])],
                workloads.union(costs)
            ),
            (
                [restriction("callboard", ["callboard.source.read"]), restriction("catalog", ["catalog.entity.read"])],
                reading.union(plans).union(["callboard:list-catalog-problems"])
            ),
            ([restriction("callboard", ["callboard.source.read"])], ["callboard:list-catalog-problems"]),
            ([restriction("catalog", nil, [.read])], reading),
            ([restriction("catalog", ["catalog.entity.read"])], reading),
            ([restriction("catalog", nil, [.update, .delete])], ["catalog:unregister-entity"]),
            ([restriction("catalog", nil, [.create])], ["catalog:register-entity"]),
            (
                [restriction("catalog", ["catalog.entity.read", "catalog.entity.refresh"])],
                reading.union(["catalog:refresh-catalog-entity"])
            ),
            ([restriction("catalog", [])], []), ([restriction("scaffolder")], []),
            ([restriction("catalog", ["callboard.cost.read"])], []),
            ([restriction("callboard", ["callboard.cost.read"]), restriction("catalog")], costs.union(catalog)),
        ] as [([AccessRestriction]?, Set<String>)])
    func restricted(restrictions: [AccessRestriction]?, allowed: Set<String>) async throws {
        let scene = try Scene.withoutDatabase()
        #expect(Set(scene.registry.actions.map(\.definition.id)) == Set(Self.valid.keys).union([Self.ofPersons]))
        let caller = Self.caller(restrictions)
        for (id, arguments) in Self.valid {
            let error = try await scene.refusal(id, arguments, for: caller)
            // Who may goes on to the database, which does not answer here.
            let answered = id == Self.offline ? nil : ActionError.Kind.unavailable
            #expect(error?.kind == (allowed.contains(id) ? answered : .notAllowed), "\(id)")
            let definition = try #require(scene.registry[id]).definition
            #expect(definition.permissions.allSatisfy(caller.may) == allowed.contains(id))
        }
    }

    @Test("a refusal names the plugins that the token is for, or the permission that it lacks")
    func messages() async throws {
        let scene = try Scene.withoutDatabase()
        let other = Self.caller([Self.restriction("scaffolder"), Self.restriction("catalog")])
        #expect(
            try await scene.refusal("callboard:list-orphan-workloads", for: other)?.message
                == "This token's access is restricted to plugin(s) 'catalog', 'scaffolder'")
        let narrow = Self.caller([Self.restriction("callboard", ["callboard.workload.read"])])
        #expect(
            try await scene.refusal("callboard:list-orphan-workloads", for: narrow)?.message
                == "This token's access does not include the permission callboard.cost.read")
    }

    @Test("whether one may is asked before what one asks for, so that a refusal tells nothing")
    func order() async throws {
        let scene = try Scene.withoutDatabase()
        let nobody = Self.caller([])
        #expect(
            try await scene.refusal("catalog:get-catalog-entity", ["name": 5], for: nobody)?.kind == .notAllowed)
    }

    @Test("an action that does not exist is not found")
    func unknown() async throws {
        let scene = try Scene.withoutDatabase()
        #expect(
            try await scene.refusal("callboard:nothing")
                == ActionError(.notFound, "Action \"callboard:nothing\" not found"))
    }
}

@Suite("Definitions of actions")
struct ActionDefinitionTests {
    @Test("every action says what an agent needs to choose it, and its permission is one that is known")
    func definitions() throws {
        let definitions = try Scene.withoutDatabase().registry.actions.map(\.definition)
        #expect(definitions.count == 34)
        for definition in definitions {
            #expect(!definition.title.isEmpty)
            #expect(definition.description.count > 100)
            #expect(definition.permissions.isEmpty == (definition.id == "auth:who-am-i"))
            #expect(definition.permissions.allSatisfy(Permission.all.contains))
            let changes = ["register-entity", "unregister-entity", "refresh-catalog-entity"].contains(definition.name)
            #expect((definition.attributes == .readOnly) != changes)
            #expect(definition.id == "\(definition.plugin):\(definition.name)")
            for schema in [definition.input, definition.output] {
                #expect(schema["type"] == "object")
                for (name, property) in schema["properties"]?.objectValue ?? [:] where property["type"] == nil {
                    #expect(property["anyOf"] != nil, "\(definition.id): \(name)")
                }
            }
            #expect(definition.input["additionalProperties"] == false)
        }
    }
}
