import API
import Actions
import Base
import Catalog
import Testing

@testable import Controller

@Suite("Configured actions")
struct ConfigurationActionsTests {
    @Test("without a word every action is offered, under names with their plugins, by one server")
    func standard() throws {
        let actions = try configuration("").actions
        #expect(actions.pluginSources == nil)
        #expect(actions.hasNamespacedNames)
        #expect(actions.servers.isEmpty)
    }

    @Test("Backstage's keys are read: plugins, filters, names and servers")
    func keys() throws {
        let read = try configuration(
            """
            backend:
              actions:
                pluginSources: [catalog, callboard]
                filter:
                  exclude: [{attributes: {destructive: true}}]
            mcpActions:
              namespacedToolNames: false
              servers:
                costs:
                  name: Costs
                  description: What things cost
                  instructions: Totals first
                  filter:
                    include: [{id: "callboard:*", attributes: {readOnly: true}}, {id: "catalog:get-*"}]
                    exclude: [{id: "*:plan-*"}]
                everything: {name: Everything}
            """)
        #expect(!read.warnings.contains { $0.contains("unknown") })
        let actions = read.actions
        #expect(actions.pluginSources == ["catalog", "callboard"])
        #expect(actions.filter.include == nil)
        #expect(actions.filter.exclude.map(\.isDestructive) == [true])
        #expect(!actions.hasNamespacedNames)
        #expect(actions.servers.map(\.key) == ["costs", "everything"])
        let costs = try #require(actions.servers.first)
        #expect([costs.name, costs.description, costs.instructions] == ["Costs", "What things cost", "Totals first"])
        #expect(costs.filter.include?.map { $0.id?.text } == ["callboard:*", "catalog:get-*"])
        #expect(costs.filter.include?.map(\.isReadOnly) == [true, nil])
        #expect(costs.filter.exclude.count == 1)
    }

    @Test(
        "what would narrow nothing by mistake is refused",
        arguments: [
            (
                "mcpActions: {servers: {Costs: {name: a}}}",
                "Invalid MCP server key \"Costs\": must be lowercase alphanumeric with hyphens"
            ),
            ("mcpActions: {servers: {-a: {name: a}}}", "Invalid MCP server key \"-a\""),
            ("mcpActions: {servers: {a: {}}}", "mcpActions.servers.a.name: is missing; expected the server's name"),
            ("mcpActions: {servers: [a]}", "expected an object of servers by key"),
            ("mcpActions: {servers: {a: {name: a, filters: {}}}}", "unknown key filters"),
            (
                "mcpActions: {servers: {a: {name: a, filter: {includes: []}}}}",
                "unknown key includes, expected exclude, include"
            ),
            ("mcpActions: {servers: {a: {name: a, filter: }}}", "expected an object with include and exclude"),
            (
                "mcpActions: {servers: {a: {name: a, filter: {include: [{}]}}}}",
                "expected id or attributes in this rule"
            ),
            ("mcpActions: {servers: {a: {name: a, filter: {include: [{id: ''}]}}}}", "expected a form of ids"),
            ("backend: {actions: {filter: {exclude: [{attributes: {destroying: true}}]}}}", "unknown key destroying"),
            ("backend: {actions: {filter: {exclude: [{attributes: {readOnly: maybe}}]}}}", "expected true or false"),
            ("backend: {actions: {pluginSources: }}", "expected a list of plugins' ids"),
            ("mcpActions: {namespacedToolNames: maybe}", "expected true or false"),
        ])
    func refused(text: String, expected: String) throws {
        #expect(try refusal(text).contains(expected))
    }
}
