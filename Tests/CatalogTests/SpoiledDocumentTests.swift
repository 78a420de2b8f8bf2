import Base
import Catalog
import TestSupport
import Testing

@Suite("spoiled documents")
struct SpoiledDocumentTests {
    @Test("the documents that are spoiled are good", arguments: 0..<GoodDocuments.count)
    func good(number: Int) {
        let documents = CatalogFile.documents(
            Array(GoodDocuments.document(number, name: "shop").utf8), name: "good.yaml")
        #expect(documents.count == 1)
        #expect(documents.first?.problems.map(\.description) == [])
    }

    @Test("each gives entities that hold, or errors with a place in the file; most are errors")
    func spoiled() throws {
        var random = SeededRandom(seed: 1_000)
        var refused = 0
        for number in 0..<4_000 {
            let bytes = SpoiledDocument.make(of: GoodDocuments.document(number, name: "shop"), using: &random)
            let documents = CatalogFile.documents(bytes, name: "spoiled.yaml")
            for document in documents { check(document, lines: lines(bytes), "number \(number)") }
            if documents.contains(where: { $0.entity == nil }) { refused += 1 }
        }
        #expect((2_000..<3_900).contains(refused))
    }

    /// libyaml counts lines by every line break that Unicode has.
    private func lines(_ bytes: [UInt8]) -> Int {
        bytes.count { [0x0A, 0x0D, 0x85, 0xA8, 0xA9].contains($0) } + 1
    }

    private func check(_ document: ParsedDocument, lines: Int, _ comment: Comment) {
        switch document.outcome {
        case .entity(let entity):
            #expect((try? EntityValidator.entity(from: .object(entity.definition))) == entity, comment)
            #expect((try? EntityRef(parsing: entity.ref.canonical)) == entity.ref, comment)
        case .invalid(let problems):
            #expect(!problems.isEmpty, comment)
            for problem in problems {
                #expect(
                    problem.location.position.map { (1...lines + 1).contains($0.line) && $0.column > 0 } == true,
                    comment)
                #expect(!problem.message.isEmpty && !problem.label.isEmpty, comment)
            }
        }
    }
}
