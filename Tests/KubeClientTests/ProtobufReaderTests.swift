import TestSupport
import Testing

@testable import KubeClient

@Suite("Protobuf reader")
struct ProtobufReaderTests {
    /// Reads everything of a message, into embedded messages as far as they look like one.
    private func consume(_ bytes: UnsafeRawBufferPointer, depth: Int = 0) throws {
        var reader = ProtobufReader(bytes)
        while try reader.nextField() != nil {
            if let inner = try? reader.rawBytes(), depth < 4 { try? consume(inner, depth: depth + 1) }
        }
    }

    @Test("fields of every wire type are read or skipped")
    func everyWireType() throws {
        let bytes = ProtobufWriter {
            $0.varint(1, 300)
            $0.fixed64(2, .max)
            $0.string(3, "text")
            $0.group(4) {
                $0.varint(1, 1)
                $0.group(2) { $0.string(9, "deep") }
            }
            $0.fixed32(5, 7)
            $0.varint(6, UInt64(bitPattern: -5))
            $0.varint(7, 1)
            $0.varint(0x1FFF_FFFF, 9)
        }.bytes
        let read = try bytes.withUnsafeBytes { raw in
            var reader = ProtobufReader(raw)
            var read: [String] = []
            while let field = try reader.nextField() {
                switch field {
                case 1: read.append("1: \(try reader.varint())")
                case 3: read.append("3: \(try reader.string())")
                case 6: read.append("6: \(try reader.int32())")
                case 7: read.append("7: \(try reader.bool())")
                case 0x1FFF_FFFF: read.append("last: \(try reader.int64())")
                default: read.append("\(field)")
                }
            }
            return read
        }
        #expect(read == ["1: 300", "2", "3: text", "4", "5", "6: -5", "7: true", "last: 9"])
    }

    @Test(
        "broken messages are refused with what is wrong",
        arguments: [
            ([0x08], .truncated),  // a tag without its value
            ([0x08, 0x80], .truncated),
            ([0x0A, 0x05, 0x61], .truncated),  // five bytes promised, one there
            ([0x09, 1, 2, 3], .truncated),  // a fixed64 of three bytes
            ([0x00, 0x00], .malformed),  // field number 0
            ([0x0E, 0x00], .malformed),  // wire type 6
            ([0x0C], .malformed),  // the end of a group that was not begun
            ([0x0B, 0x08, 0x01], .malformed),  // a group without an end
            ([0x0B, 0x14], .malformed),  // a group that ends as another
            ([0x08] + [UInt8](repeating: 0xFF, count: 11), .malformed),  // an endless varint
            ([UInt8](repeating: 0x0B, count: 200), .malformed),  // groups in groups
        ] as [([UInt8], ProtobufError.Code)])
    func broken(bytes: [UInt8], code: ProtobufError.Code) {
        let error = #expect(throws: ProtobufError.self) {
            try bytes.withUnsafeBytes { raw in
                var reader = ProtobufReader(raw)
                while try reader.nextField() != nil {}
            }
        }
        #expect(error?.code == code)
    }

    @Test("a field of another type than asked for is refused")
    func wrongType() {
        let bytes = ProtobufWriter { $0.varint(1, 1) }.bytes
        let error = #expect(throws: ProtobufError.self) {
            try bytes.withUnsafeBytes { raw in
                var reader = ProtobufReader(raw)
                _ = try reader.nextField()
                _ = try reader.string()
            }
        }
        #expect(error?.code == .wrongType)
    }

    @Test("no cut and no garbage makes a decoder crash or read beyond the end", arguments: 0..<200)
    func garbage(seed: Int) {
        var generator = SeededRandom(seed: UInt64(seed))
        var bytes = Samples.pod
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        let cut = Int.random(in: 0...bytes.count, using: &generator)
        Array(bytes[..<cut]).withUnsafeBytes { raw in
            try? consume(raw)
            var context = DecodingContext(annotations: .all)
            _ = try? Resource.pods.decode(ProtobufReader(raw), &context)
            _ = try? Resource.deployments.decode(ProtobufReader(raw), &context)
            _ = try? Resource.cronJobs.decode(ProtobufReader(raw), &context)
            _ = try? Resource.nodes.decode(ProtobufReader(raw), &context)
            _ = try? Resource.configMaps.decode(ProtobufReader(raw), &context)
            _ = try? Status(from: ProtobufReader(raw))
            _ = try? Envelope(raw)
        }
    }
}
