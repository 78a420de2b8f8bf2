import TestSupport
import Testing

@testable import KubeClient

@Suite("Watch decoder")
struct WatchDecoderTests {
    private let bytes =
        Wire.event("ADDED", Wire.namespace("one", version: 1))
        + Wire.event("MODIFIED", Wire.namespace("two", version: 2, labels: ["key": "value"]))
        + Wire.event("BOOKMARK", Wire.namespace("", version: 9))
        + Wire.event("LATER", Wire.namespace("three", version: 10))
        + Wire.event("DELETED", Wire.namespace("one", version: 11))
        + Wire.event("ERROR", Wire.status(code: 410, reason: "Expired"), kind: "Status")

    private let expected = [
        "added one 1", "modified two 2", "bookmark  9", "unknown(\"LATER\") three 10", "deleted one 11", "error 410",
    ]

    private func decode(_ chunks: [some Collection<UInt8>]) throws -> [String] {
        var decoder = WatchDecoder()
        var events: [String] = []
        var context = DecodingContext()
        for chunk in chunks {
            try Array(chunk).withUnsafeBytes { raw in
                try decoder.feed(raw) { event in
                    guard event.type != .error else {
                        events.append("error \(try Status(from: event.object).code)")
                        return
                    }
                    let meta = try Resource.namespaces.decode(event.object, &context).meta
                    events.append("\(event.type) \(meta.name) \(meta.resourceVersion)")
                }
            }
        }
        decoder.finish { events.append("\($0.type) at the end") }
        return events
    }

    @Test("a watch is the same however its bytes are cut in two")
    func everySplit() throws {
        for cut in 0...bytes.count {
            #expect(try decode([bytes[..<cut], bytes[cut...]]) == expected, "cut at \(cut)")
        }
    }

    @Test("a watch is the same byte by byte and in chunks of any size", arguments: [1, 2, 5, 100])
    func chunkSizes(size: Int) throws {
        let chunks = stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
        #expect(try decode(chunks) == expected)
    }

    @Test("a watch that is cut gives its complete events, and nothing of the one that was cut")
    func truncated() throws {
        let first = Wire.event("ADDED", Wire.namespace("one", version: 1)).count
        for cut in 1..<first {
            #expect(try decode([bytes[..<cut]]).isEmpty, "cut at \(cut)")
        }
        #expect(try decode([bytes[..<first]]) == ["added one 1"])
    }

    @Test("a frame of impossible length is refused before memory is taken for it")
    func tooLarge() {
        let error = #expect(throws: ProtobufError.self) { try decode([[0x02, 0x00, 0x00, 0x01] as [UInt8]]) }
        #expect(error?.code == .tooLarge)
    }

    @Test("JSON instead of frames is refused")
    func json() {
        // The first four bytes of JSON text are a length of more than 2 GB.
        #expect(throws: ProtobufError.self) { try decode([Array(#"{"type":"ADDED","object":{}}"#.utf8)]) }
    }

    @Test("garbage never crashes it", arguments: 0..<300)
    func garbage(seed: Int) {
        var generator = SeededRandom(seed: UInt64(seed))
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        let cut = Int.random(in: 0...bytes.count, using: &generator)
        _ = try? decode([bytes[..<cut], bytes[cut...]])
    }
}
