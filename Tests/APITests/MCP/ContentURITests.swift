import Base
import Catalog
import TestSupport
import Testing

@testable import API

@Suite("URIs of resources")
struct ContentURITests {
    @Test(
        "a URI names an aspect of an entity, in any letter case of its parts",
        arguments: [
            ("callboard://entity/component/default/shop", ContentURI.Aspect.entity, "component:default/shop"),
            ("callboard://entity/Component/Default/Shop", .entity, "component:default/shop"),
            ("callboard://entity/api/a/b/workloads", .workloads, "api:a/b"),
            ("callboard://entity/api/a/b/cost", .cost, "api:a/b"),
            ("callboard://entity/api/a/b%2Fc%20d", .entity, "api:a/b/c d"),
            ("callboard://team/default/payments", .team, "group:default/payments"),
        ])
    func good(text: String, aspect: ContentURI.Aspect, ref: String) throws {
        let uri = try #require(ContentURI(text))
        #expect(uri.aspect == aspect)
        #expect(uri.ref.canonical == ref)
    }

    @Test(
        "what is no URI of ours is none",
        arguments: [
            "", "callboard://", "callboard://entity", "callboard://entity/a/b", "callboard://entity/a/b/c/d",
            "callboard://entity/a/b/c/entity", "callboard://entity/a/b/c/team", "callboard://entity/a//c",
            "callboard://entity/a/b/", "callboard://entity/a/b/%zz", "callboard://entity/a/b/%",
            "callboard://entity/a/b/%00",
            "callboard://entity/a/b/%ff", "callboard://team/a", "callboard://team/a/b/c", "https://entity/a/b/c",
            "callboard:entity/a/b/c", "callboard://entity/a/b/c/cost/x",
        ])
    func bad(text: String) {
        #expect(ContentURI(text) == nil)
    }

    @Test("what is written is read as the same, whatever the name", arguments: 0..<50)
    func random(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let letters = Array("abcZ09-._~/:%? #ä€{}")
        func part() -> String {
            String(
                (0..<Int.random(in: 1..<12, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" })
        }
        let ref = EntityRef(kind: "component", namespace: part(), name: part())
        for aspect in ContentURI.Aspect.allCases where aspect != .team {
            let uri = ContentURI(aspect, ref)
            #expect(ContentURI(uri.text) == uri)
        }
        let team = ContentURI(.team, EntityRef(kind: "group", namespace: part(), name: part()))
        #expect(ContentURI(team.text) == team)
    }

    @Test("a group's document is a part of two resources, any other's of one")
    func all() {
        #expect(
            ContentURI.all(of: "component:default/shop").map(\.text) == ["callboard://entity/component/default/shop"])
        #expect(
            ContentURI.all(of: "group:default/payments").map(\.text) == [
                "callboard://entity/group/default/payments", "callboard://team/default/payments",
            ])
    }
}
