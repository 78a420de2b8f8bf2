/// Reads the fields of one protobuf message in place: nothing is copied until a value is asked for, every access is
/// checked against the end of the message, and a field that nobody asks for is skipped.
///
/// A reader is valid only while the bytes that it was given are; it must not outlive the closure that lent them.
///
///     while let field = try reader.nextField() {
///         switch field {
///         case 1: name = try reader.string()
///         default: break
///         }
///     }
struct ProtobufReader {
    /// The wire types of the protobuf encoding.
    private enum WireType: UInt8 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case startGroup = 3
        case endGroup = 4
        case fixed32 = 5
    }

    /// Groups are long out of use; a deeper nest than this is an attack on the stack or the time.
    private static let maximumGroupDepth = 16

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var field = 0
    private var wireType = WireType.varint
    private var valueIsPending = false

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The number of the next field, or nil at the end of the message. A value that was not read is skipped.
    mutating func nextField() throws(ProtobufError) -> Int? {
        if valueIsPending { try skipValue(depth: 0) }
        guard position < bytes.count else { return nil }
        try readTag()
        valueIsPending = true
        return field
    }

    /// The value of an integer field; int32, int64, uint and enum share this form.
    mutating func varint() throws(ProtobufError) -> UInt64 {
        try expect(.varint)
        return try rawVarint()
    }

    mutating func int64() throws(ProtobufError) -> Int64 { Int64(bitPattern: try varint()) }

    /// A negative int32 is written with ten bytes, so the low half is its value.
    mutating func int32() throws(ProtobufError) -> Int32 { Int32(truncatingIfNeeded: try varint()) }

    mutating func bool() throws(ProtobufError) -> Bool { try varint() != 0 }

    /// The bytes of a string, bytes or message field, in place.
    mutating func rawBytes() throws(ProtobufError) -> UnsafeRawBufferPointer {
        try expect(.lengthDelimited)
        return try rawLengthDelimited()
    }

    /// A string of its own. Bytes that are no UTF-8 become U+FFFD.
    mutating func string() throws(ProtobufError) -> String { String(decoding: try rawBytes(), as: UTF8.self) }

    /// A reader of an embedded message.
    mutating func message() throws(ProtobufError) -> ProtobufReader { ProtobufReader(try rawBytes()) }

    private mutating func expect(_ expected: WireType) throws(ProtobufError) {
        guard wireType == expected else {
            throw ProtobufError(
                code: .wrongType, detail: "field \(field) has wire type \(wireType.rawValue), not \(expected.rawValue)")
        }
        valueIsPending = false
    }

    private mutating func readTag() throws(ProtobufError) {
        let tag = try rawVarint()
        guard let type = WireType(rawValue: UInt8(tag & 7)), (1...0x1FFF_FFFF).contains(tag >> 3) else {
            throw ProtobufError(code: .malformed, detail: "tag \(tag) at byte \(position)")
        }
        (field, wireType) = (Int(tag >> 3), type)
    }

    private mutating func rawVarint() throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            guard shift < 64 else { throw ProtobufError(code: .malformed, detail: "varint of more than 10 bytes") }
        }
        throw ProtobufError(code: .truncated, detail: "the message ends inside a varint")
    }

    private mutating func rawLengthDelimited() throws(ProtobufError) -> UnsafeRawBufferPointer {
        let length = try rawVarint()
        return try take(length)
    }

    private mutating func take(_ length: UInt64) throws(ProtobufError) -> UnsafeRawBufferPointer {
        guard length <= UInt64(bytes.count - position) else {
            throw ProtobufError(
                code: .truncated, detail: "field \(field) wants \(length) bytes, \(bytes.count - position) are left")
        }
        let start = position
        position += Int(length)
        return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    }

    private mutating func skipValue(depth: Int) throws(ProtobufError) {
        valueIsPending = false
        switch wireType {
        case .varint: _ = try rawVarint()
        case .fixed64: _ = try take(8)
        case .fixed32: _ = try take(4)
        case .lengthDelimited: _ = try rawLengthDelimited()
        case .startGroup: try skipGroup(depth: depth)
        case .endGroup: throw ProtobufError(code: .malformed, detail: "end of a group that was not begun")
        }
    }

    private mutating func skipGroup(depth: Int) throws(ProtobufError) {
        guard depth < Self.maximumGroupDepth else {
            throw ProtobufError(code: .malformed, detail: "groups nested deeper than \(Self.maximumGroupDepth)")
        }
        let group = field
        while position < bytes.count {
            try readTag()
            if wireType == .endGroup {
                guard field == group else { break }
                return
            }
            try skipValue(depth: depth + 1)
        }
        throw ProtobufError(code: .malformed, detail: "group \(group) has no end")
    }
}
