import Base
import Catalog
import Testing

@Suite("location refs")
struct LocationRefTests {
    @Test(
        "type and target are what stands before and behind the first colon, trimmed",
        arguments: [
            ("url:https://host/path", "url", "https://host/path"), (" url : https://host/a ", "url", "https://host/a"),
            ("file:./a:b.yaml", "file", "./a:b.yaml"), ("github-discovery:x", "github-discovery", "x"),
        ])
    func reads(text: String, type: String, target: String) throws {
        let ref = try LocationRef(parsing: text)
        #expect((ref.type, ref.target) == (type, target))
        #expect(try LocationRef(parsing: ref.description) == ref)
    }

    @Test(
        "what is no location ref is refused in Backstage's words",
        arguments: [
            ("", "Unable to parse location ref '', expected '<type>:<target>', e.g. 'url:https://host/path'"),
            ("url", "Unable to parse location ref 'url', expected '<type>:<target>', e.g. 'url:https://host/path'"),
            ("url: ", "Unable to parse location ref 'url: ', expected '<type>:<target>', e.g. 'url:https://host/path'"),
            (":x", "Unable to parse location ref ':x', expected '<type>:<target>', e.g. 'url:https://host/path'"),
            (
                "https://host/a",
                "Invalid location ref 'https://host/a', please prefix it with 'url:', e.g. 'url:https://host/a'"
            ),
            ("http:x", "Invalid location ref 'http:x', please prefix it with 'url:', e.g. 'url:http:x'"),
            ("url:javascript:x", "Invalid location ref 'url:javascript:x', target is a javascript: URL"),
            (
                "url:\u{1} java\nSCRIPT:x",
                "Invalid location ref 'url:\u{1} java\nSCRIPT:x', target is a javascript: URL"
            ),
        ])
    func refuses(text: String, message: String) {
        #expect(throws: CatalogInputError(.locationRef, message)) { try LocationRef(parsing: text) }
    }

    /// The digest is that of `printf %s url:https://example.com/a.yaml | sha1sum`.
    @Test("a registered location stands in the catalog as a generated Location entity")
    func entity() throws {
        let ref = LocationRef(type: "url", target: "https://example.com/a.yaml")
        let name = "generated-17fb6f13ffb6251438be1e4f37c6482b83ede45c"
        #expect(ref.entityRef.canonical == "location:default/\(name)")
        let entity = try EntityValidator.entity(from: .object(ref.entity))
        #expect(entity.ref == ref.entityRef)
        #expect(entity.spec == ["type": "url", "target": "https://example.com/a.yaml"])
        #expect(LocationRef(registrationKey: ref.registrationKey) == ref)
        #expect(LocationRef(registrationKey: ref.description) == nil)
    }

    @Test("the managed-by annotations of a registration name what it points to")
    func annotations() throws {
        let ref = LocationRef(type: "url", target: "https://example.com/a.yaml")
        let entity = try EntityValidator.entity(from: .object(ref.entity))
        let document = FinalDocument(
            of: entity, uid: "u", location: ref.registrationKey, origin: ref.registrationKey, relations: [])
        let annotations = document.json["metadata"]?["annotations"]
        #expect(annotations?["backstage.io/managed-by-location"] == "url:https://example.com/a.yaml")
        #expect(annotations?["backstage.io/managed-by-origin-location"] == "url:https://example.com/a.yaml")
    }

    @Test(
        "a target is a URL when it is absolute and has a host",
        arguments: [
            ("https://host/a", true), ("ftp://host/a", true), ("host/a", false), ("./a", false), ("mailto:x", false),
            ("https://ho st/a", false), ("https://host/a b", false), ("https://", false),
            ("https://host/a\u{7}", false),
        ])
    func urls(target: String, isURL: Bool) {
        #expect(LocationRef(type: "url", target: target).isURL == isURL)
    }
}

@Suite("cursors of locations")
struct LocationCursorTests {
    @Test("a cursor reads what it wrote", arguments: [nil, ["type": "url"]] as [JSONValue?])
    func roundTrip(query: JSONValue?) throws {
        let cursor = LocationCursor(limit: 7, afterID: "0b", query: query)
        #expect(try LocationCursor(decoding: cursor.encoded) == cursor)
    }

    @Test(
        "what is none is refused",
        arguments: [
            ("?", "Malformed cursor, unknown encoding"), ("bm90IGpzb24=", "Malformed cursor, unknown encoding"),
            (json(#"{"afterId":"a"}"#), "Malformed cursor: limit is missing or invalid"),
            (json(#"{"limit":0,"afterId":"a"}"#), "Malformed cursor: limit is missing or invalid"),
            (json(#"{"limit":1}"#), "Malformed cursor: afterId is missing or invalid"),
            (json(#"{"limit":1,"afterId":"\u0000"}"#), "Malformed cursor: afterId is missing or invalid"),
            (json(#"{"limit":1,"afterId":"a","query":[]}"#), "Malformed cursor: query is invalid"),
        ])
    func refuses(text: String, message: String) {
        #expect(throws: CatalogInputError(.cursor, message)) { try LocationCursor(decoding: text) }
    }
}

private func json(_ text: String) -> String { Base64.encode(Array(text.utf8)) }
