import Base
import Catalog
import Testing

@Suite("URLs with wildcards")
struct URLPatternTests {
    @Test(
        "a star in the path of a file on a code host makes a pattern; anywhere else it does not",
        arguments: [
            ("https://github.com/o/r/blob/main/**/catalog-info.yaml", true),
            ("https://github.com/o/r/tree/main/services/*/a.yaml", true),
            ("https://ghe.host:8443/o/r/raw/main/*.yaml", true),
            ("https://github.com/o/r/blob/main/a.yaml", false), ("https://github.com/o/r/blob/*/a.yaml", false),
            ("https://github.com/o/*/blob/main/*.yaml", false), ("https://host/*.yaml", false),
            ("https://github.com/o/r/blob/main/a.yaml?x=*", false),
            ("https://github.com/o/r/blob/main/%2A.yaml", false),
            ("https://github.com/o/r/issues/main/*.yaml", false), ("o/r/blob/main/x/*.yaml", false), ("", false),
        ])
    func patterns(url: String, isPattern: Bool) {
        #expect((URLPattern(url) != nil) == isPattern)
        #expect((URLPattern(location: "url:\(url)") != nil) == isPattern)
        #expect(URLPattern(location: "file:\(url)") == nil)
    }

    @Test(
        "the files that match are told by a valid Location entity, also when there is none",
        arguments: [[], ["a", "b"]])
    func document(names: [String]) throws {
        let pattern = try #require(URLPattern("https://github.com/o/r/blob/main/*/a.yaml"))
        let urls = names.map { "https://github.com/o/r/blob/main/\($0)/a.yaml" }
        let bytes = pattern.document(of: urls)
        #expect(URLPattern.urls(in: bytes) == urls)
        let entity = try #require(CatalogFile.documents(bytes, name: "x").first?.entity)
        #expect(entity.ref == pattern.entityRef)
        #expect(LocationTargets(of: entity, at: "url:\(pattern.url)").targets == urls.map { "url:\($0)" })
        #expect(URLPattern.urls(in: Array("kind: [".utf8)) == nil)
    }
}
