import Actions
import Base
import Catalog
import Testing

@Suite("Which actions a filter lets pass")
struct ActionFilterTests {
    private static func rule(
        _ id: String? = nil, destructive: Bool? = nil, readOnly: Bool? = nil, idempotent: Bool? = nil
    ) -> ActionRule {
        var rule = ActionRule()
        rule.id = id.flatMap(Glob.init)
        (rule.isDestructive, rule.isReadOnly, rule.isIdempotent) = (destructive, readOnly, idempotent)
        return rule
    }

    private static func passing(_ include: [ActionRule]?, _ exclude: [ActionRule] = []) throws -> Set<String> {
        var filter = ActionFilter()
        (filter.include, filter.exclude) = (include, exclude)
        return Set(try Scene.withoutDatabase().registry.actions.map(\.definition).filter(filter.lets).map(\.id))
    }

    private static func all() throws -> Set<String> {
        Set(try Scene.withoutDatabase().registry.actions.map(\.definition.id))
    }

    @Test("without rules everything passes; an empty list of what is included lets nothing pass")
    func none() throws {
        #expect(try Self.passing(nil) == Self.all())
        #expect(try Self.passing([]).isEmpty)
    }

    @Test("one of what is included must fit, by the form of its id")
    func include() throws {
        let catalog = try Self.all().filter { $0.hasPrefix("catalog:") }
        #expect(try Self.passing([Self.rule("catalog:*")]) == catalog)
        #expect(
            try Self.passing([Self.rule("catalog:*"), Self.rule("auth:who-am-i")]) == catalog.union(["auth:who-am-i"]))
        #expect(try Self.passing([Self.rule("catalog")]).isEmpty)
    }

    @Test("what is excluded goes, also when it is included")
    func exclude() throws {
        #expect(
            try Self.passing([Self.rule("callboard:list-*")], [Self.rule("*:*-clusters"), Self.rule("*:*ghost*")]) == [
                "callboard:list-catalog-problems", "callboard:list-orphan-workloads",
            ])
        #expect(try Self.passing([Self.rule("catalog:*")], [Self.rule("catalog:*")]).isEmpty)
    }

    @Test("all that one rule says must hold; attributes are those that tools are listed with")
    func attributes() throws {
        let changing: Set = ["catalog:register-entity", "catalog:unregister-entity", "catalog:refresh-catalog-entity"]
        #expect(try Self.passing(nil, [Self.rule(readOnly: true)]) == changing)
        #expect(try Self.passing([Self.rule("callboard:*", readOnly: false)]).isEmpty)
        #expect(try Self.passing([Self.rule(destructive: true)]) == ["catalog:unregister-entity"])
        #expect(try Self.passing([Self.rule("catalog:*", idempotent: false)]).isSubset(of: changing))
    }
}
