import Testing

@testable import Base

@Suite("Elements of a list in a JSON document")
struct JSONListScannerTests {
    private struct Found: Equatable {
        var elements: [String] = []
        var members: [String: String] = [:]
        var isComplete = false
    }

    private func scan(_ chunks: [some Collection<UInt8>], maximum: Int = 1 << 20) throws -> Found {
        var scanner = JSONListScanner(list: "rows", members: ["kind"], maximumValueBytes: maximum)
        var found = Found()
        for chunk in chunks {
            try Array(chunk).withUnsafeBytes { bytes in
                try scanner.feed(bytes) { part, value in
                    let text = String(decoding: value, as: UTF8.self)
                    switch part {
                    case .element: found.elements.append(text)
                    case .member(let name): found.members[name] = text
                    }
                }
            }
        }
        found.isComplete = scanner.isComplete
        return found
    }

    private func scan(_ text: String) throws -> Found { try scan([Array(text.utf8)]) }

    @Test("elements of every kind are found however the bytes are cut, and of the members those that are wanted")
    func everySplit() throws {
        let elements = [#"{"a":"\"}]","b":[{}]}"#, "-1.5e3", #""x, ]\\""#, "null", "[[],[1]]", "true"]
        let text = #" {"other":{"rows":[1]}, "rows" : [\#(elements.joined(separator: " ,\n"))], "kind": "K","n":3}"#
        let expected = Found(elements: elements, members: ["kind": #""K""#], isComplete: true)
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            #expect(try scan([bytes[..<cut], bytes[cut...]]) == expected, "cut at \(cut)")
            if cut < bytes.count { #expect(try !scan([bytes[..<cut]]).isComplete) }
        }
    }

    @Test("what stands where the list should be is told", arguments: ["null", "3", "{}", #""[]""#])
    func noList(value: String) throws {
        #expect(try scan(#"{"rows": \#(value)}"#) == Found(members: ["rows": value], isComplete: true))
    }

    @Test("what is no document is refused", arguments: ["<html>", "[]", "{} x", "{1:2}", #"{"a" 1}"#, "null"])
    func noDocument(text: String) {
        let error = #expect(throws: JSONStreamError.self) { try scan(text) }
        #expect(error?.code == .malformed)
    }

    @Test("a value that is too long is refused while it comes; many that are not are none")
    func tooLarge() throws {
        let element = "\"" + String(repeating: "x", count: 98) + "\""
        let list = #"{"rows":["# + [String](repeating: element, count: 50).joined(separator: ",") + "]}"
        #expect(try scan([Array(list.utf8)], maximum: 100).elements.count == 50)
        let error = #expect(throws: JSONStreamError.self) {
            try scan([Array(#"{"rows":[""#.utf8), [UInt8](repeating: 0x78, count: 100)], maximum: 100)
        }
        #expect(error?.code == .tooLarge)
    }
}
