import TestSupport
import Testing

@testable import Catalog

private let long63 = String(repeating: "a", count: 63)
private let long64 = String(repeating: "a", count: 64)
private let prefix253 =
    Array(repeating: long63, count: 3).joined(separator: ".") + "." + String(repeating: "b", count: 61)

@Suite("field formats")
struct FieldFormatTests {
    static let accepted: [(FieldFormat, [String])] = [
        (.apiVersion, ["v1", "backstage.io/v1alpha1", "a.b-c/V2", long63, "\(prefix253)/v1"]),
        (.kind, ["Component", "a", "A9", long63]),
        (.entityName, ["a", "A-b_c.d", "9", "a--b", "a.-_b", long63]),
        (.namespace, ["default", "a-b", "a--b", "0", long63]),
        (.labelKey, ["a", "example.com/a", "a/b_c.d-E", "\(prefix253)/x", "x/\(long63)"]),
        (.labelValue, ["", "a", "A.b-c_d", long63]),
        (.annotationKey, ["backstage.io/kubernetes-id", "a"]),
        (.tag, ["java", "c++", "c#", "a:b", "a-b", "+", long63]),
        (
            .linkURL,
            [
                "https://host", "http://user:pw@host:8080/p?q#f", "mailto:a@b.c", "slack://channel?id=1", "x:",
                "https:host", "HTTPS://HOST", " https://host ", "https://[::1]:443/", "file:///etc/a", "https://ä.de",
                "urn:isbn:1", "app:///x", "https://host:/", "ftp://h%41/", "https://ho\nst/",
            ]
        ),
        (.linkTitle, ["a", " a "]),
        (.linkIcon, ["dashboard", "a.b-c_d", long63]),
    ]

    static let refused: [(FieldFormat, [String])] = [
        (.apiVersion, ["", "a/", "/v1", "a/b/c", "a/v-1", "A.b/v1", long64, "a..b/v1", "\(prefix253)b/v1", "v1\n"]),
        (.kind, ["", "9a", "a-b", "a.b", "a b", long64, "Ä"]),
        (.entityName, ["", "-a", "a-", "a b", "a/b", "a:b", "ä", long64, "a\n"]),
        (.namespace, ["", "A", "a.b", "-a", "a-", "a_b", long64]),
        (.labelKey, ["", "/a", "a/", "a/b/c", "Example.com/x", "a_b/c", "\(prefix253)b/x", "x/\(long64)"]),
        (.labelValue, [" ", "-", "a b", long64]),
        (.annotationKey, ["", "Example.com/x", "a/b/c"]),
        (.tag, ["", "Java", "a--b", "-a", "a-", "a_b", "AI/ML", long64]),
        (
            .linkURL,
            [
                "", "host", "/path", "//host/path", "https://", "https:///", "1a://x", "https://a b/", "https://h:x/",
                "https://h:65536/", "https://[::1/", "https://[x]/", "https://a<b/", "http://u@/", "a b:c", ":x",
                "https://h:999999999999999999999/", "x://a b/",
            ]
        ),
        (.linkTitle, ["", "  ", "\t\u{FEFF}"]),
        (.linkIcon, ["", "a b", long64]),
    ]

    @Test("valid texts are accepted", arguments: accepted)
    func valid(format: FieldFormat, texts: [String]) {
        for text in texts { #expect(format.accepts(text), "\(text)") }
    }

    @Test("invalid texts are refused", arguments: refused)
    func invalid(format: FieldFormat, texts: [String]) {
        for text in texts { #expect(!format.accepts(text), "\(text)") }
    }

    @Test("the tables have every format")
    func complete() {
        #expect(Set(Self.accepted.map(\.0)) == Set(FieldFormat.allCases))
        #expect(Set(Self.refused.map(\.0)) == Set(FieldFormat.allCases))
    }

    @Test("any text is judged without failing, and an accepted one is short and without control characters")
    func anyText() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<5_000 {
            let text = random.text(of: "aZ9-_./:@[]#?\\ \n\0é+", lengths: 0...70)
            for format in FieldFormat.allCases where format.accepts(text) {
                guard format != .linkURL, format != .linkTitle else { continue }
                #expect(text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
                #expect(text.utf8.count <= 253 + 1 + 63)
            }
        }
    }
}

@Suite("javascript URLs")
struct JavaScriptURLTests {
    @Test(
        "every spelling that a browser runs is found",
        arguments: [
            "javascript:alert()", "JavaScript:x", " \u{1}javascript:x", "java\nscript:x", "j\ta\rvascript\n:x",
            "javascript:",
        ])
    func found(text: String) { #expect(isJavaScriptURL(text)) }

    @Test(
        "other texts are left alone",
        arguments: ["", "javascript", "https://javascript:1/", "xjavascript:y", "java script:x", "url:javascript:x"])
    func others(text: String) { #expect(!isJavaScriptURL(text)) }
}
