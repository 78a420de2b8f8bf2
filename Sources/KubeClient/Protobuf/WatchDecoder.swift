/// Decodes a watch in its protobuf form from chunks of any size: frames of a 4-byte big-endian length and a
/// `metav1.WatchEvent`{1: type, 2: RawExtension{1: raw}}, whose `raw` is an envelope again.
struct WatchDecoder: WatchDecoding {
    /// Far above the largest object, so that only garbage or an attack reaches it.
    static let maximumFrameBytes = 32 << 20
    private static let lengthBytes = 4
    /// A buffer that one large object has grown is not kept for the small ones after it.
    private static let keptBufferBytes = 256 << 10

    /// The bytes of an unfinished frame, its length included.
    private var pending: [UInt8] = []

    /// Takes the next bytes and calls `event` with each event that they complete.
    mutating func feed(_ chunk: UnsafeRawBufferPointer, event: (WatchEvent) throws -> Void) throws {
        var rest = chunk[...]
        if !pending.isEmpty {
            try completePending(from: &rest, event: event)
        }
        while let length = try Self.frameLength(rest), rest.count - Self.lengthBytes >= length {
            let frame = rest.dropFirst(Self.lengthBytes).prefix(length)
            try event(Self.event(UnsafeRawBufferPointer(rebasing: frame)))
            rest = rest.dropFirst(Self.lengthBytes + length)
        }
        pending.append(contentsOf: rest)
    }

    /// A frame that is cut is no event.
    mutating func finish(event: (WatchEvent) throws -> Void) {}

    private mutating func completePending(
        from rest: inout Slice<UnsafeRawBufferPointer>, event: (WatchEvent) throws -> Void
    ) throws {
        take(from: &rest, upTo: Self.lengthBytes)
        guard let length = try pending.withUnsafeBytes({ try Self.frameLength($0[...]) }) else { return }
        take(from: &rest, upTo: Self.lengthBytes + length)
        guard pending.count == Self.lengthBytes + length else { return }
        try pending.withUnsafeBytes { bytes in
            try event(Self.event(UnsafeRawBufferPointer(rebasing: bytes[Self.lengthBytes...])))
        }
        pending.removeAll(keepingCapacity: pending.capacity <= Self.keptBufferBytes)
    }

    private mutating func take(from rest: inout Slice<UnsafeRawBufferPointer>, upTo total: Int) {
        let part = rest.prefix(max(0, total - pending.count))
        pending.append(contentsOf: part)
        rest = rest.dropFirst(part.count)
    }

    /// Nil until all four bytes are there.
    private static func frameLength(_ bytes: Slice<UnsafeRawBufferPointer>) throws(ProtobufError) -> Int? {
        guard bytes.count >= lengthBytes else { return nil }
        let length = bytes.prefix(lengthBytes).reduce(0) { $0 << 8 | Int($1) }
        guard length <= maximumFrameBytes else {
            throw ProtobufError(code: .tooLarge, detail: "a watch frame of \(length) bytes")
        }
        return length
    }

    private static func event(_ frame: UnsafeRawBufferPointer) throws(ProtobufError) -> WatchEvent {
        var type = ""
        var raw = UnsafeRawBufferPointer(start: nil, count: 0)
        var reader = ProtobufReader(frame)
        while let field = try reader.nextField() {
            switch field {
            case 1: type = try reader.string()
            case 2:
                var extensionReader = try reader.message()
                while let inner = try extensionReader.nextField() {
                    if inner == 1 { raw = try extensionReader.rawBytes() }
                }
            default: break
            }
        }
        let envelope = try Envelope(raw)
        return WatchEvent(
            type: WatchEvent.EventType(type), kind: envelope.kind,
            object: .protobuf(ProtobufReader(envelope.message)))
    }
}
