import Matching
import TestSupport
import Testing

struct OwnerChoiceTests {
    private func selector(
        _ ref: String, _ text: String, namespaces: Set<String> = [], clusters: Set<String> = []
    ) throws -> EntitySelector {
        try #require(
            EntitySelector(
                entityRef: ref, selector: LabelSelector(parsing: text), rule: .labelSelector,
                namespaces: namespaces, clusters: clusters))
    }

    @Test("nobody owns where nobody matches")
    func none() {
        #expect(OwnerChoice.among([]) == nil)
    }

    @Test("the only match owns")
    func only() throws {
        let choice = try #require(OwnerChoice.among([selector("c:d/a", "a=b")]))
        #expect(choice.owner == "c:d/a" && choice.runnerUp == nil && choice.reason == .onlyMatch)
        #expect(choice.description == "c:d/a owns: no other entity matches")
    }

    @Test(
        "of two selectors the more specific one owns, whatever the order of asking",
        arguments: [
            // The first of each pair owns; its reference sorts last, so that only the rule can decide.
            (("a=b", ["n"], ["c"]), ("a=b,c=d,e=f", ["n"], []), OwnerChoice.Reason.pinned),
            (("a", ["n"], []), ("a=b,c=d", [], []), .pinned),
            (("a", [], ["c"]), ("a=b,c=d", [], []), .pinned),
            (("a=b,c=d", ["n"], []), ("a=b", [], ["c"]), .requirements),
            (("a=b,c", [], []), ("a=b", [], []), .requirements),
            (("a,!c", [], []), ("a=b,a==b", [], []), .requirements),
            (("a=b", [], []), ("a in (b)", [], []), .equalities),
            (("a==b,c=d", [], []), ("a=b,c", [], []), .equalities),
        ] as [((String, Set<String>, Set<String>), (String, Set<String>, Set<String>), OwnerChoice.Reason)])
    func rules(
        owner: (String, Set<String>, Set<String>), other: (String, Set<String>, Set<String>),
        reason: OwnerChoice.Reason
    ) throws {
        let first = try selector("c:d/z", owner.0, namespaces: owner.1, clusters: owner.2)
        let second = try selector("c:d/a", other.0, namespaces: other.1, clusters: other.2)
        for order in [[first, second], [second, first]] {
            let choice = try #require(OwnerChoice.among(order))
            #expect(choice.owner == "c:d/z" && choice.runnerUp == "c:d/a" && choice.reason == reason)
        }
    }

    @Test("between equals the reference that sorts first owns, and the explanation names the runner-up")
    func tie() throws {
        let choice = try #require(
            OwnerChoice.among([selector("c:d/c", "a=b"), selector("c:d/a", "a==b"), selector("c:d/b", "a=b")]))
        #expect(choice.reason == .entityRef)
        #expect(
            choice.description
                == "c:d/a owns before c:d/b: both are equally specific and its reference sorts first")
    }

    @Test("the runner-up is the second best of many in every order")
    func runnerUp() throws {
        var selectors = [
            try selector("c:d/1", "a=b"), try selector("c:d/2", "a=b,c=d"),
            try selector("c:d/3", "a", namespaces: ["n"]),
            try selector("c:d/4", "a in (b)"), try selector("c:d/5", "a=b,c"),
        ]
        var random = SeededRandom(seed: 3)
        for _ in 0..<100 {
            selectors.shuffle(using: &random)
            let choice = OwnerChoice.among(selectors)
            #expect(choice?.owner == "c:d/3" && choice?.runnerUp == "c:d/2" && choice?.reason == .pinned)
        }
    }
}
