import Base
import Catalog
import TestSupport
import Testing

@Suite("entity refs")
struct EntityRefTests {
    @Test(
        "a ref may leave out its kind and namespace",
        arguments: [
            ("component:default/shop", "component:default/shop"),
            ("component:shop", "component:default/shop"),
            ("shop", "fallback:default/shop"),
            ("tools/shop", "fallback:tools/shop"),
            ("Component:Tools/SHOP", "component:tools/shop"),
            // The `/` comes first, so the later `:` belongs to the name.
            ("tools/shop:v2", "fallback:tools/shop:v2"),
            ("api:tools/a/b:c", "api:tools/a/b:c"),
            ("api:a:b", "api:default/a:b"),
            ("user:ÄRGER", "user:default/ärger"),
        ])
    func shortened(text: String, canonical: String) throws {
        #expect(try EntityRef(parsing: text, defaultKind: "Fallback").canonical == canonical)
    }

    @Test("the caller's namespace stands in for a missing one")
    func defaultNamespace() throws {
        #expect(try EntityRef(parsing: "group:a", defaultNamespace: "Ops").canonical == "group:ops/a")
        #expect(try EntityRef(parsing: "group:x/a", defaultNamespace: "Ops").canonical == "group:x/a")
    }

    @Test(
        "a part that is present but empty is refused",
        arguments: [":shop", "component:", "component:/shop", "/shop", "component:default/", ":", "/", "a\0b"])
    func emptyPart(text: String) {
        let expected = CatalogInputError(
            .entityRef, "Entity reference \"\(text)\" was not on the form [<kind>:][<namespace>/]<name>")
        #expect(throws: expected) { try EntityRef(parsing: text, defaultKind: "x") }
    }

    @Test("an empty ref is refused")
    func empty() {
        #expect(throws: CatalogInputError(.entityRef, "Entity reference must not be empty")) {
            try EntityRef(parsing: "")
        }
    }

    @Test("a ref without kind is refused when none is implied", arguments: ["shop", "default/shop", "a/b:c"])
    func missingKind(text: String) {
        let expected = CatalogInputError(
            .entityRef,
            "Entity reference \"\(text)\" had missing or empty kind (e.g. did not start with \"component:\" or similar)"
        )
        #expect(throws: expected) { try EntityRef(parsing: text) }
    }

    @Test("an empty default counts as missing")
    func emptyDefaults() {
        #expect(throws: CatalogInputError.self) { try EntityRef(parsing: "shop", defaultKind: "") }
        let expected = CatalogInputError(.entityRef, "Entity reference \"a:b\" had missing or empty namespace")
        #expect(throws: expected) { try EntityRef(parsing: "a:b", defaultNamespace: "") }
    }

    @Test("what is printed is read back as the same ref")
    func roundTrip() throws {
        var random = SeededRandom(seed: 1)
        for _ in 0..<2_000 {
            let ref = EntityRef(
                kind: random.text(of: "abcXYZ19Ä", lengths: 1...8),
                namespace: random.text(of: "ab-:XZ0é", lengths: 1...8),
                name: random.text(of: "ab:/.-_XZ0 ,=İ", lengths: 1...12))
            #expect(try EntityRef(parsing: ref.description) == ref)
        }
    }

    @Test("reading any text either fails or gives a ref that prints and reads the same")
    func anyText() {
        var random = SeededRandom(seed: 2)
        for _ in 0..<5_000 {
            let text = random.text(of: "a:/B\r\n\0 é", lengths: 0...8)
            guard let ref = try? EntityRef(parsing: text, defaultKind: "k") else { continue }
            #expect((try? EntityRef(parsing: ref.canonical)) == ref)
        }
    }

    @Test("refs sort as their canonical texts do")
    func order() throws {
        // As triples these two would come the other way round: "-" sorts before ":".
        let long = EntityRef(kind: "a-b", namespace: "n", name: "x")
        let short = EntityRef(kind: "a", namespace: "n", name: "x")
        #expect(long < short)
        #expect(long.canonical < short.canonical)
    }
}
