import Actions
import Base
import HTTPServer
import TestSupport
import Testing

@testable import API

@Suite("Pages for persons")
struct PageTests {
    private static func text(_ response: HTTPServerResponse) -> String {
        guard case .bytes(let bytes) = response.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "a foreign text stays text",
        arguments: [
            ("<script>", "&lt;script&gt;"), ("\" onclick=\"x", "&quot; onclick=&quot;x"), ("'", "&#39;"),
            ("&amp;", "&amp;amp;"), ("a\u{0}b\u{7F}c\u{85}", "abc"), ("ann\u{202E}nna", "annnna"), ("é 漢", "é 漢"),
        ])
    func escaping(text: String, expected: String) {
        let piece: HTML = "<b title=\"\(text)\">\(text)</b>"
        #expect(piece.text == "<b title=\"\(expected)\">\(expected)</b>")
        #expect(("<p>\(piece)</p>" as HTML).text == "<p>\(piece.text)</p>")
    }

    @Test("no text makes a tag or ends an attribute, whatever it is")
    func random() {
        var random = SeededRandom(seed: 6)
        for _ in 0..<500 {
            let scalars = (0..<20).compactMap { _ in Unicode.Scalar(UInt32.random(in: 0...0x2070, using: &random)) }
            let text = String(String.UnicodeScalarView(scalars))
            let piece: HTML = "\(text)"
            #expect(!piece.text.utf8.contains { "<>\"'".utf8.contains($0) })
        }
    }

    @Test("a page is shown in no frame, loads nothing, is kept by nobody and has the one style that its policy names")
    func headers() throws {
        let response = Page("Ann's \"page\"", status: 403, "<p>hello</p>").response
        #expect(response.status == 403 && response.headers["Content-Type"] == "text/html; charset=utf-8")
        #expect(response.headers["Cache-Control"] == "no-store" && response.headers["Referrer-Policy"] == "same-origin")
        let document = Self.text(response)
        #expect(document.contains("<h1>Ann&#39;s &quot;page&quot;</h1>") && !document.contains("<script"))
        let style = try #require(document.firstRange(of: "<style>")?.upperBound)
        let end = try #require(document.firstRange(of: "</style>")?.lowerBound)
        let hash = Base64.encode(sha256(Array(document[style..<end].utf8)))
        #expect(
            response.headers["Content-Security-Policy"]
                == "default-src 'none'; style-src 'sha256-\(hash)'; base-uri 'none'; frame-ancestors 'none'; "
                + "form-action 'self'")
    }

    @Test("a form that leads to another site has a page without a rule for it; a redirect tells nobody where it was")
    func elsewhere() {
        let open = Page("x", formTargets: nil, "").response.headers["Content-Security-Policy"]
        #expect(open?.contains("form-action") == false && open?.contains("frame-ancestors 'none'") == true)
        let redirect = Page.redirect(to: "/here")
        #expect(redirect.status == 303 && redirect.headers["Location"] == "/here")
        #expect(redirect.headers["Referrer-Policy"] == "no-referrer" && redirect.headers["Cache-Control"] == "no-store")
    }

    private static func form(_ body: [UInt8], type: String = "application/x-www-form-urlencoded") throws -> FormFields {
        try FormFields(
            HTTPServerRequest(
                method: "POST", target: #require(RequestTarget("/")), headers: ["Content-Type": type], body: body,
                remoteAddress: "", id: ""))
    }

    @Test("a form's fields are decoded, and one that came twice counts as none")
    func fields() throws {
        let form = try Self.form(
            Array("a=1+2%263&b=&c=x&c=y&d=http%3A%2F%2Fx".utf8),
            type: "Application/x-www-form-urlencoded; charset=utf-8")
        #expect(form["a"] == "1 2&3" && form["b"] == "" && form["c"] == nil && form["d"] == "http://x")
        #expect(form["e"] == nil)
    }

    @Test("what is no form, or too long a one, is refused")
    func noForm() {
        #expect(throws: ActionError.self) { try Self.form(Array("{}".utf8), type: "application/json") }
        #expect(throws: ActionError.self) { try Self.form([0x61, 0xFF]) }
        #expect(throws: ActionError.self) {
            try Self.form([UInt8](repeating: 0x61, count: FormFields.maximumBytes + 1))
        }
    }
}
