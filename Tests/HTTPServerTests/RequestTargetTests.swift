import Testing

@testable import HTTPServer

@Suite struct RequestTargetTests {
    @Test(
        "a path is split into decoded segments",
        arguments: [
            ("/", []), ("/a", ["a"]), ("/a/b/", ["a", "b"]), ("/a//b", ["a", "", "b"]),
            ("/a%2Fb/%C3%A9", ["a/b", "é"]),
            ("/a+b", ["a+b"]), ("/..", [".."]), ("*", ["*"]), ("http://host/a?x=1", ["a"]), ("http://host", []),
        ])
    func segments(_ target: String, _ expected: [String]) throws {
        #expect(try #require(RequestTarget(target)).pathSegments == expected)
    }

    @Test("a malformed path is refused", arguments: ["/%", "/%2", "/%zz", "/a/%c3", "/%00", "/a%2"])
    func malformed(_ target: String) { #expect(RequestTarget(target) == nil) }

    @Test(
        "a query is split into decoded parameters, and what cannot be decoded stays",
        arguments: [
            ("/?a=1&b=2&a=3", ["a=1", "b=2", "a=3"]), ("/?a", ["a="]), ("/?a=x+y%20z", ["a=x y z"]),
            ("/?a=b=c", ["a=b=c"]),
            ("/?a=100%", ["a=100%"]), ("/?", []), ("/?&&", []), ("/?%61=%C3%A9", ["a=é"]), ("/?a=?", ["a=?"]),
            ("/?filter=kind=user,x", ["filter=kind=user,x"]),
        ])
    func query(_ target: String, _ expected: [String]) throws {
        #expect(try #require(RequestTarget(target)).query.map { "\($0.name)=\($0.value)" } == expected)
    }
}
