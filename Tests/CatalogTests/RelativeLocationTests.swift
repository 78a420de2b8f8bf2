import TestSupport
import Testing

@testable import Catalog

@Suite("What a location names")
struct RelativeLocationTests {
    private static func resolve(_ text: String, _ type: String?, _ base: String) -> String {
        do {
            return try RelativeLocation.resolve(text, type: type, from: base)
        } catch {
            return error.description
        }
    }

    private static let blob = "url:https://github.com/o/r/blob/main/dir/catalog-info.yaml"

    @Test(
        "targets are resolved against the place where they stand",
        arguments: [
            ("./a.yaml", nil, "url:https://h/x/y.yaml", "url:https://h/x/a.yaml"),
            ("a.yaml", nil, "url:https://h/x/y.yaml", "url:https://h/x/a.yaml"),
            ("../a.yaml", "url", blob, "url:https://github.com/o/r/blob/main/a.yaml"),
            ("/docs/a.yaml", nil, blob, "url:https://github.com/o/r/blob/main/docs/a.yaml"),
            ("/a.yaml", nil, "url:https://h/x/y.yaml", "url:https://h/a.yaml"),
            ("../../../../a", nil, "url:https://h/x/y.yaml", "url:https://h/a"),
            ("a.yaml", nil, "url:https://h:8/x?at=main#L1", "url:https://h:8/a.yaml?at=main"),
            ("a.yaml?at=b", nil, "url:https://h/x?at=main", "url:https://h/a.yaml?at=b"),
            ("//k/a", nil, "url:https://h/x", "url:https://k/a"),
            ("https://k/a", nil, "url:https://h/x", "url:https://k/a"),
            ("https://k/a", nil, "file:/srv/a.yaml", "url:https://k/a"),
            ("https://k/a", nil, "configmap:c/n/m/a.yaml", "url:https://k/a"),
            ("./b.yaml", nil, "file:/srv/a.yaml", "file:/srv/b.yaml"),
            ("../x/./b.yaml", "file", "file:/srv/c/a.yaml", "file:/srv/x/b.yaml"),
            ("/etc/b.yaml", "file", "file:/srv/a.yaml", "file:/etc/b.yaml"),
        ] as [(String, String?, String, String)])
    func resolved(text: String, type: String?, base: String, expected: String) {
        #expect(Self.resolve(text, type, base) == expected)
    }

    @Test(
        "what cannot be made out is refused with the reason",
        arguments: [
            ("b.yaml", nil, "file:a.yaml", "The relative path b.yaml cannot count from the relative path a.yaml"),
            (
                "b.yaml", "file", "url:https://h/a",
                "The relative path b.yaml stands at url:https://h/a, which is no file"
            ),
            (
                "b.yaml", nil, "configmap:c/n/m/a.yaml",
                "The relative URL b.yaml stands at configmap:c/n/m/a.yaml, which is no URL; expected https://…"
            ),
            (
                "javascript:alert(1)", "url", "url:https://h/a",
                "The URL javascript:alert(1) is not read; expected https:// or http://"
            ),
            ("ftp://h/a", "url", "url:https://h/a", "The URL ftp://h/a is not read; expected https:// or http://"),
            (
                "https://bot:S3cret@h/a?t=S3cret", nil, "url:https://h/a",
                "The URL https://…@h/a names a user; expected one without user and password"
            ),
            (
                "//bot:S3cret@h/a", nil, "url:https://h/a",
                "The URL //…@h/a names a user; expected one without user and password"
            ),
            (
                "ftp://bot:S3cret@h/a", nil, "url:https://h/a",
                "The URL ftp://…@h/a is not read; expected https:// or http://"
            ),
            (
                "https://bot:S3cret@h/a", "file", "url:https://h/a",
                "The relative path https://…@h/a stands at url:https://h/a, which is no file"
            ),
            ("x", "gitlab", "url:https://h/a", "No processor was able to handle reading of gitlab:x"),
        ] as [(String, String?, String, String)])
    func refused(text: String, type: String?, base: String, expected: String) {
        #expect(Self.resolve(text, type, base) == expected)
    }

    @Test("a resolved location is absolute and holds no dots, whatever was named", arguments: 0..<50)
    func random(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let parts = ["..", ".", "a", "b", "", "c.yaml"]
        let text = (0..<Int.random(in: 1...8, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }
            .joined(separator: "/")
        guard !text.hasPrefix("//") else { return }
        for base in ["url:https://h/x/y/z.yaml", "file:/srv/x/z.yaml"] {
            let found = try RelativeLocation.resolve(text, from: base)
            let path = found.dropFirst(base.hasPrefix("url:") ? "url:https://h".count : "file:".count)
            #expect(path.hasPrefix("/"))
            #expect(!path.split(separator: "/").contains { $0 == "." || $0 == ".." })
        }
    }

    @Test(
        "only the operator's files may name files, and only below what is configured",
        arguments: [
            ("file:/srv/a.yaml", "file:/srv", "/srv/b/c.yaml", true),
            ("file:/srv/a.yaml", "file:/srv", "/srvx/c.yaml", false),
            ("file:/srv/a.yaml", "file:/srv", "/etc/x", false),
            ("file:/srv/a.yaml", "file:/srv/a.yaml", "/srv/b.yaml", true),
            ("file:/srv/a.yaml", "file:/srv/a.yaml", "/etc/b.yaml", false),
            ("file:/a.yaml", "file:/a.yaml", "/b.yaml", false),
            ("url:https://h/a", "github:o", "/srv/b.yaml", false),
            ("configmap:c/n/m/k.yaml", "configmap:c", "/srv/b.yaml", false),
        ])
    func files(location: String, source: String, path: String, isAllowed: Bool) {
        #expect(Provenance(location: location, source: source).mayRead(file: path) == isAllowed)
        let far = Provenance(location: "url:https://h/b", origin: location, source: source)
        #expect(!far.mayRead(file: path))
    }
}
