import Base
import Catalog
import Testing

@Suite("final documents")
struct FinalDocumentTests {
    private func final(
        _ document: JSONValue, uid: String = "u-1", relations: [Relation] = [], status: [StatusItem] = []
    ) throws -> FinalDocument {
        FinalDocument(
            of: try EntityValidator.entity(from: document), uid: uid, location: "file:/c/a.yaml", origin: "file:/c",
            relations: relations, status: status)
    }

    @Test("the served document is the definition with uid, etag, annotations and relations")
    func golden() throws {
        let document = component("Shop") { metadata, _ in
            metadata["annotations"] = ["a": "b", "backstage.io/managed-by-location": "url:https://forged"]
        }
        let entity = try EntityValidator.entity(from: document)
        let other = EntityRef(kind: "x", namespace: "y", name: "z")
        let relations =
            Relations(of: entity).emitted
            + [
                Relation(source: entity.ref, type: "dependsOn", target: other),
                Relation(source: entity.ref, type: "dependsOn", target: other),
            ]
        let final = try final(document, relations: relations)
        let expected =
            #"{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"Shop","annotations":{"a":"b","#
            + #""backstage.io/managed-by-location":"file:/c/a.yaml","backstage.io/managed-by-origin-location":"file:/c"},"#
            + #""namespace":"default","uid":"u-1","etag":"\#(final.contentHash)"},"spec":{"type":"service","#
            + #""lifecycle":"production","owner":"team-a"},"relations":[{"type":"dependsOn","targetRef":"x:y/z"},"#
            + #"{"type":"ownedBy","targetRef":"group:default/team-a"}]}"#
        #expect(String(decoding: final.bytes, as: UTF8.self) == expected)
        #expect(final.contentHash.utf8.count == 64)
    }

    @Test("the hash tells documents apart and does not depend on the order of keys")
    func hash() throws {
        let one = try final(component { metadata, _ in metadata["labels"] = ["a": "1", "b": "2"] })
        let same = try final(component { metadata, _ in metadata["labels"] = ["b": "2", "a": "1"] })
        let other = try final(component { metadata, _ in metadata["labels"] = ["a": "1", "b": "3"] })
        #expect(one.contentHash == same.contentHash)
        #expect(one.contentHash != other.contentHash)
        #expect(try one.contentHash != final(component(), uid: "u-2").contentHash)
    }

    @Test("an etag that the author gave is kept")
    func authoredEtag() throws {
        let final = try final(component { metadata, _ in metadata["etag"] = "mine" })
        #expect(final.json["metadata"]?["etag"] == "mine")
        #expect(final.contentHash != "mine")
    }

    @Test("addresses that would run a script are replaced", arguments: ["view-url", "edit-url"])
    func scripts(name: String) throws {
        let annotation = "backstage.io/" + name
        let bad = try final(component { metadata, _ in metadata["annotations"] = [annotation: " java\nscript:x"] })
        #expect(
            bad.json["metadata"]?["annotations"]?[annotation]
                == "https://backstage.io/annotation-rejected-for-security-reasons")
        let good = try final(component { metadata, _ in metadata["annotations"] = [annotation: "https://x"] })
        #expect(good.json["metadata"]?["annotations"]?[annotation] == "https://x")
    }

    @Test("what the catalog remarks follows what the author wrote")
    func status() throws {
        var document = component().objectValue ?? [:]
        document["status"] = ["items": [["type": "mine", "level": "info", "message": "m"]], "other": 1]
        document["relations"] = [["type": "fake", "targetRef": "a:b/c"]]
        let items = [
            StatusItem(level: .error, message: "InputError: bad", errorName: "InputError"),
            StatusItem(type: "callboard.dev/selector", level: .warning, message: "a\0b"),
        ]
        let final = try final(.object(document), status: items)
        #expect(
            final.json["status"] == [
                "other": 1,
                "items": [
                    ["type": "mine", "level": "info", "message": "m"],
                    [
                        "type": "backstage.io/catalog-processing", "level": "error", "message": "InputError: bad",
                        "error": ["name": "InputError", "message": "InputError: bad"],
                    ],
                    ["type": "callboard.dev/selector", "level": "warning", "message": "a\u{FFFD}b"],
                ],
            ])
        #expect(final.json["relations"] == [])
        #expect(try self.final(component()).json["status"] == nil)
    }
}
