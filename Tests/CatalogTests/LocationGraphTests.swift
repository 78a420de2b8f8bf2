import TestSupport
import Testing

@testable import Catalog

@Suite("What Location entities lead to")
struct LocationGraphTests {
    private static func root(_ location: String, _ targets: [String], isOptional: Bool = false) -> LocationHolder {
        LocationHolder(
            location: location, root: Provenance(location: location, source: "s:\(location)"), targets: targets,
            isOptional: isOptional)
    }

    private static func inner(_ location: String, _ targets: [String], isOptional: Bool = false) -> LocationHolder {
        LocationHolder(location: location, root: nil, targets: targets, isOptional: isOptional)
    }

    @Test("chains are followed, and the origin is the root's")
    func chain() {
        let found = LocationGraph.followed(from: [
            Self.root("r", ["a"]), Self.inner("a", ["b"]), Self.inner("x", ["y"]),
        ])
        #expect(Set(found.keys) == ["a", "b"])
        #expect(found["b"]?.provenance == Provenance(location: "b", origin: "r", source: "s:r"))
    }

    @Test("circles end, and one that lost its root is not followed")
    func circle() {
        let circle = [Self.inner("a", ["b", "a"]), Self.inner("b", ["a"])]
        #expect(Set(LocationGraph.followed(from: circle + [Self.root("r", ["a"])]).keys) == ["a", "b"])
        #expect(LocationGraph.followed(from: circle).isEmpty)
    }

    @Test("a location that a source has itself is not followed")
    func held() {
        #expect(Set(LocationGraph.followed(from: [Self.root("r", ["a", "b"])], held: ["a"]).keys) == ["b"])
    }

    @Test("of two ways the shorter gives the origin, then the first, whatever their order", arguments: [false, true])
    func origin(isReversed: Bool) {
        let holders = [Self.root("p", ["a"]), Self.root("q", ["b"]), Self.root("r", ["b"]), Self.inner("a", ["b"])]
        let found = LocationGraph.followed(from: isReversed ? holders.reversed() : holders)
        #expect(found["a"]?.provenance.origin == "p" && found["b"]?.provenance.origin == "q")
    }

    @Test("every way to a location is known, also behind it; the operator's come first and are never too many")
    func ways() {
        let many = (0..<40).map { Self.root("x\($0)", ["a"]) }
        let holders = many + [Self.root("z", ["a"]), Self.inner("a", ["b"])]
        let found = LocationGraph.followed(from: holders, operators: ["s:z"])
        for location in ["a", "b"] {
            #expect(found[location]?.provenance.origin == "z")
            #expect(found[location]?.ways.count == LocationGraph.maximumWays)
        }
        let few = LocationGraph.followed(from: [Self.root("p", ["a"]), Self.root("q", ["a"]), Self.inner("a", ["b"])])
        #expect(few["b"]?.ways.map(\.origin) == ["p", "q"])
    }

    @Test("what is missing is minded when one of those who name it does")
    func presence() {
        let optional = [Self.root("p", ["a", "b"], isOptional: true)]
        #expect(LocationGraph.followed(from: optional)["a"]?.isOptional == true)
        let both = LocationGraph.followed(from: optional + [Self.root("q", ["a"])])
        #expect(both["a"]?.isOptional == false && both["b"]?.isOptional == true)
    }

    @Test("a chain that is too long ends with a reason")
    func depth() {
        let chain = [Self.root("0", ["1"])] + (1...20).map { Self.inner("\($0)", ["\($0 + 1)"]) }
        let found = LocationGraph.followed(from: chain)
        #expect(found.count == LocationGraph.maximumDepth + 1)
        #expect(found["10"]?.problem == nil)
        #expect(found["11"]?.problem?.contains("more than 10 Location entities") == true)
    }

    @Test("in random graphs exactly what a short enough way reaches is followed", arguments: 0..<40)
    func random(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let names = (0..<12).map(String.init)
        func some() -> [String] { names.filter { _ in Int.random(in: 0..<5, using: &random) == 0 } }
        let holders = names.map { Self.inner($0, some()) } + [Self.root("r", some())]
        var reached = Set(holders.last?.targets ?? [])
        var shortEnough = reached
        for depth in 2...30 {
            let next = holders.filter { $0.root == nil && reached.contains($0.location) }.flatMap(\.targets)
            reached.formUnion(next)
            if depth <= LocationGraph.maximumDepth { shortEnough = reached }
        }
        let found = LocationGraph.followed(from: holders)
        #expect(Set(found.filter { $0.value.problem == nil }.keys) == shortEnough)
    }
}
