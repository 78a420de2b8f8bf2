import Testing

@testable import Catalog

@Suite("Patterns of locations")
struct GlobTests {
    @Test(
        "a pattern matches what it says",
        arguments: [
            ("https://github.com/org/*", "https://github.com/org/repo", true),
            ("https://github.com/org/*", "https://github.com/org/repo/file", false),
            ("https://github.com/org/**", "https://github.com/org/repo/blob/main/a.yaml", true),
            ("https://github.com/**/*.yaml", "https://github.com/a/b/c.yaml", true),
            ("https://github.com/**/*.yaml", "https://github.com/c.yaml", true),
            ("https://github.com/**/*.yaml", "https://github.com/a/b/c.yml", false),
            ("https://GitHub.com/Org/**", "https://github.com/oRG/x", true),
            ("**/.backstage/*", "a/.backstage/.hidden", true),
            ("*", "a/b", false), ("**", "a/b", true), ("a?c", "abc", true), ("a?c", "a/c", false),
            ("a?c", "ac", false), ("[a-c]x", "bx", true), ("[!a-c]x", "bx", false), ("[!a-c]x", "dx", true),
            ("[a", "[a", true), ("{a,b/c}/d", "b/c/d", true), ("{a,b/c}/d", "c/d", false), ("{a}", "{a}", true),
            ("a{b,{c,d}e}", "ade", true), ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYbZ", false),
            ("a/**", "a/../secret", false), ("a/*", "a/..", false), ("a//b", "a/b", true), ("", "", true),
        ])
    func matches(pattern: String, text: String, isMatch: Bool) throws {
        #expect(try #require(Glob(pattern)).matches(text) == isMatch)
    }

    @Test("braces that stand for more than a thousand patterns are refused")
    func bounded() {
        #expect(Glob(String(repeating: "{a,b}", count: 9)) != nil)
        #expect(Glob(String(repeating: "{a,b}", count: 10)) == nil)
    }
}
