import Base
import TestSupport
import Testing

@testable import KubeClient

@Suite("List decoder for JSON")
struct JSONListDecoderTests {
    private static let items = [
        #"{"metadata":{"name":"one"},"spec":{"text":"\"}]{[\\","more":[[],{},[1,-2e3]]}}"#,
        #"{ "metadata" : {"name":"grün 🌳"} , "empty":null }"#,
        #"{"metadata":{"name":"three"},"a":"\u00e9\\\\","b":{"c":{"d":"]}"}}}"#,
    ]
    private static let metadata = #""metadata":{"resourceVersion":"19","continue":"next","remainingItemCount":3}"#
    private static let head = #"{"apiVersion":"example.com/v1","kind":"ThingList""#
    private static let array = #""items":[\#(items.joined(separator: ",\n "))]"#

    /// The list's own metadata before the items, after them, and with white space and unknown members around.
    private static let lists = [
        "\(head),\(metadata),\(array)}\n", "\(head),\(array),\(metadata)}",
        " {\n \"other\" : [{\"items\":[{}]}], \"n\" : -1.5 ,\(array),\"t\":true, \(metadata), \"x\":\"\\\"]\" }\r\n",
    ]

    private struct Decoded: Equatable {
        var names: [String] = []
        var metadata = ListMetadata()
    }

    private let expected = Decoded(
        names: ["one", "grün 🌳", "three"], metadata: ListMetadata(resourceVersion: "19", continueToken: "next"))

    private func decode(_ chunks: [some Collection<UInt8>]) throws -> Decoded {
        var decoder = JSONListDecoder()
        var decoded = Decoded()
        for chunk in chunks {
            try Array(chunk).withUnsafeBytes { bytes in
                try decoder.feed(bytes) { item in
                    guard case .json(let view) = item else { return }
                    decoded.names.append(view["metadata"]?["name"]?.stringValue ?? "")
                }
            }
        }
        try decoder.finish()
        decoded.metadata = decoder.metadata
        return decoded
    }

    private func decode(_ text: String) throws -> Decoded { try decode([Array(text.utf8)]) }

    @Test("a list is the same however its bytes are cut in two, also inside characters and escapes", arguments: lists)
    func everySplit(list: String) throws {
        let bytes = Array(list.utf8)
        for cut in 0...bytes.count {
            #expect(try decode([bytes[..<cut], bytes[cut...]]) == expected, "cut at \(cut)")
        }
    }

    @Test("a list is the same byte by byte and in chunks of any size", arguments: [1, 2, 3, 7, 64])
    func chunkSizes(size: Int) throws {
        for list in Self.lists {
            let bytes = Array(list.utf8)
            let chunks = stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
            #expect(try decode(chunks) == expected)
        }
    }

    @Test("items are handed over before the list has ended")
    func itemsAtOnce() throws {
        var decoder = JSONListDecoder()
        var count = 0
        let bytes = Array(Self.lists[1].utf8.prefix(200))
        try bytes.withUnsafeBytes { try decoder.feed($0) { _ in count += 1 } }
        #expect(count == 2)
    }

    @Test("an empty list is complete, also when its items are null", arguments: ["[]", "[ ]", "null"])
    func emptyList(items: String) throws {
        #expect(try decode(#"{"metadata":{"resourceVersion":"3","continue":null},"items":\#(items)}"#).names.isEmpty)
    }

    @Test("a list that is cut anywhere is not taken as complete")
    func truncated() {
        let bytes = Array(Self.lists[0].utf8.dropLast())
        for cut in 0..<bytes.count {
            #expect(throws: (any Error).self, "cut at \(cut)") { try decode([bytes[..<cut]]) }
        }
    }

    @Test(
        "what is no list is refused",
        arguments: [
            "{}", #"{"items":1}"#, #"{"kind":"Status","status":"Failure","message":"no"}"#, "<html>", "[]",
            #"{"items":[1]}"#, #"{"items":[{"a":}]}"#, #"{"items":[]}}"#, #"{"kind":"Status","items":[]}"#, "",
            #"{"metadata":[}],"items":[]}"#,
        ])
    func notAList(text: String) {
        #expect(throws: (any Error).self) { try decode(text) }
    }

    @Test("what the parser does not read becomes floating point or null, and all else stays as it is")
    func limits() throws {
        func read(_ item: String) throws -> JSONValue? {
            var decoder = JSONListDecoder()
            var values: [JSONValue] = []
            try Array(#"{"items":[\#(item)]}"#.utf8).withUnsafeBytes { bytes in
                try decoder.feed(bytes) { if case .json(let view) = $0 { values.append(view.value()) } }
            }
            try decoder.finish()
            return values.count == 1 ? values[0] : nil
        }
        let numbers = #"-1,18446744073709551615,-9223372036854775808,1.5e3,"18446744073709551616\\\" ]","#
        #expect(
            try read(#"{"a":[\#(numbers)18446744073709551616 , -9223372036854775809],"b":100000000000000000000}"#)
                == [
                    "a": [
                        -1, .uint(.max), .int(.min), .double(1500), "18446744073709551616\\\" ]",
                        .double(18446744073709551616),
                        .double(-9223372036854775808),
                    ],
                    "b": .double(1e20),
                ])
        func nested(_ depth: Int, _ inner: JSONValue) -> JSONValue {
            (0..<depth).reduce(inner) { value, _ in ["a": value] }
        }
        for depth in [126, 127, 128, 129, 200] {
            let text = String(repeating: #"{"a":"#, count: depth) + #""}""# + String(repeating: "}", count: depth)
            let expected = depth < 128 ? nested(depth, "}") : nested(127, .null)
            #expect(try read(text) == expected, "\(depth) containers")
        }
    }

    @Test(
        "what is no JSON is refused, also beside what is only too much",
        arguments: [
            #"{"a":18446744073709551616,"b":}"#, #"{"a":018446744073709551616}"#, #"{"a":18446744073709551616-}"#,
            #"{"a":--18446744073709551616}"#, #"{"a":-}"#,
        ])
    func noItem(item: String) {
        #expect(throws: JSONError.self) { try decode(#"{"items":[\#(item)]}"#) }
    }

    @Test("an item of impossible length is refused while it comes")
    func tooLarge() throws {
        var decoder = JSONListDecoder()
        let feed = { (bytes: [UInt8]) in try bytes.withUnsafeBytes { try decoder.feed($0) { _ in } } }
        try feed(Array(#"{"items":[{"a":""#.utf8))
        let piece = [UInt8](repeating: 0x61, count: 1 << 20)
        let error = #expect(throws: JSONStreamError.self) { for _ in 0...32 { try feed(piece) } }
        #expect(error?.code == .tooLarge)
    }

    @Test("garbage never crashes it", arguments: 0..<300)
    func garbage(seed: Int) {
        var generator = SeededRandom(seed: UInt64(seed))
        var bytes = Array(Self.lists[seed % 3].utf8)
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        let cut = Int.random(in: 0...bytes.count, using: &generator)
        _ = try? decode([bytes[..<cut], bytes[cut...]])
    }
}
