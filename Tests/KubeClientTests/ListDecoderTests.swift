import TestSupport
import Testing

@testable import KubeClient

@Suite("List decoder")
struct ListDecoderTests {
    private let items = [
        Wire.namespace("default", version: 7), Wire.namespace("", version: 1), [],
        Wire.namespace("kube-system", version: 12, labels: ["a": "b", "long-label-key-of-a-team": "long-label-value"]),
    ]

    private struct Decoded: Equatable {
        var names: [String] = []
        var metadata = ListMetadata()
        var kind = ""
    }

    private func decode(_ chunks: [some Collection<UInt8>]) throws -> Decoded {
        var decoder = ListDecoder()
        var decoded = Decoded()
        var context = DecodingContext()
        for chunk in chunks {
            try Array(chunk).withUnsafeBytes { bytes in
                try decoder.feed(bytes) {
                    decoded.names.append(try Resource.namespaces.decode($0, &context).meta.name)
                }
            }
        }
        try decoder.finish()
        (decoded.metadata, decoded.kind) = (decoder.metadata, decoder.type.kind)
        return decoded
    }

    private var expected: Decoded {
        Decoded(
            names: ["default", "", "", "kube-system"],
            metadata: ListMetadata(resourceVersion: "19", continueToken: "next"), kind: "NamespaceList")
    }

    @Test("a list is the same however its bytes are cut in two")
    func everySplit() throws {
        let bytes = Wire.list(items, resourceVersion: "19", continueToken: "next")
        for cut in 0...bytes.count {
            #expect(try decode([bytes[..<cut], bytes[cut...]]) == expected, "cut at \(cut)")
        }
    }

    @Test("a list is the same byte by byte and in chunks of any size", arguments: [1, 2, 3, 7, 64, 4096])
    func chunkSizes(size: Int) throws {
        let bytes = Wire.list(items, resourceVersion: "19", continueToken: "next")
        let chunks = stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
        #expect(try decode(chunks) == expected)
    }

    @Test("an empty list is complete")
    func emptyList() throws {
        let decoded = try decode([Wire.list([], resourceVersion: "3")])
        #expect(decoded.names.isEmpty)
        #expect(decoded.metadata.resourceVersion == "3")
    }

    @Test("items are handed over before the list has ended")
    func itemsAtOnce() throws {
        let bytes = Wire.list(items, resourceVersion: "19")
        var decoder = ListDecoder()
        var count = 0
        try Array(bytes.prefix(bytes.count / 2)).withUnsafeBytes { try decoder.feed($0) { _ in count += 1 } }
        #expect(count >= 1)
        #expect(decoder.metadata.resourceVersion == "19")
    }

    @Test("a list that is cut anywhere is not taken as complete")
    func truncated() {
        let bytes = Wire.list(items, resourceVersion: "19")
        // After the list itself come two empty fields of the envelope; a cut between them loses nothing.
        for cut in 0..<bytes.count - 4 {
            #expect(throws: ProtobufError.self, "cut at \(cut)") { try decode([bytes[..<cut]]) }
        }
    }

    @Test("unknown fields of all kinds are skipped")
    func unknownFields() throws {
        let list = ProtobufWriter {
            $0.varint(9, 1)
            $0.message(1) { $0.string(2, "19") }
            $0.fixed64(10, 1)
            $0.data(2, items[0])
            $0.fixed32(11, 1)
            $0.string(12, "more")
            $0.string(13, "")
        }.bytes
        for size in [1, 1000] {
            let bytes = Wire.envelope("NamespaceList", list)
            let chunks = stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
            #expect(try decode(chunks).names == ["default"])
        }
    }

    @Test("a body in another form is refused at its first byte")
    func notProtobuf() {
        let error = #expect(throws: ProtobufError.self) { try decode([Array(#"{"kind":"NamespaceList"}"#.utf8)]) }
        #expect(error?.code == .notKubernetes)
    }

    @Test("an item of impossible length is refused before memory is taken for it")
    func tooLarge() {
        let tail: [UInt8] = [0x12, 0x90, 0x80, 0x80, 0x80, 0x08, 0x12, 0x80, 0x80, 0x80, 0x80, 0x08]
        let error = #expect(throws: ProtobufError.self) { try decode([Envelope.magic + tail]) }
        #expect(error?.code == .tooLarge)
    }

    @Test("a field that reaches beyond the list is refused")
    func beyondTheEnd() {
        let error = #expect(throws: ProtobufError.self) {
            try decode([Envelope.magic + [0x12, 0x03, 0x12, 0x05, 0x01, 0x02, 0x03, 0x04, 0x05]])
        }
        #expect(error?.code == .malformed)
    }

    @Test("garbage never crashes it", arguments: 0..<300)
    func garbage(seed: Int) {
        var generator = SeededRandom(seed: UInt64(seed))
        var bytes = Wire.list(items, resourceVersion: "19")
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            bytes[Int.random(in: 4..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        let cut = Int.random(in: 0...bytes.count, using: &generator)
        _ = try? decode([bytes[..<cut], bytes[cut...]])
    }
}
