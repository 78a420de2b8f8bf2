/// Decodes a list in its protobuf form from chunks of any size. Each item is handed over as soon as its last byte has
/// come, from the chunk itself where it lies there whole, so that the list is never held in memory.
///
/// The form: `k8s\0`, `runtime.Unknown`{1: TypeMeta, 2: raw}, in `raw` the list {1: ListMeta, 2: item …}.
struct ListDecoder: ListDecoding {
    /// Longer items cannot exist: etcd's limit is about 1.5 MB.
    static let maximumItemBytes = 32 << 20
    /// A buffer that one large item has grown is not kept for the small ones after it.
    private static let keptBufferBytes = 256 << 10

    private enum Level { case unknown, list }

    private enum State: Equatable {
        /// Reads the magic number, of which so many bytes have come.
        case magic(Int)
        /// Reads a field's tag.
        case tag
        /// Reads a length, or a number that nobody needs.
        case length(field: Int)
        case number
        /// Collects the bytes of a field.
        case body(field: Int, count: Int)
        case skip(UInt64)
    }

    /// Known as soon as it has come: servers write it before the items.
    private(set) var metadata = ListMetadata()
    private(set) var type = TypeMeta()

    private var state = State.magic(0)
    private var level = Level.unknown
    /// Bytes of the list that have not been read.
    private var listBytesLeft: UInt64 = 0
    private var listIsComplete = false
    private var varint: UInt64 = 0
    private var varintShift: UInt64 = 0
    private var pending: [UInt8] = []

    /// Takes the next bytes and calls `item` with each item that they complete.
    mutating func feed(
        _ chunk: UnsafeRawBufferPointer, item: (WireObject) throws -> Void
    ) throws {
        var position = 0
        while position < chunk.count || isReadyWithoutBytes {
            switch state {
            case .magic(let count):
                try readMagic(chunk[position], at: count)
                position += 1
            case .tag, .length, .number:
                let byte = chunk[position]
                position += 1
                try count(1)
                try readVarint(byte)
            case .skip(let left):
                let taken = min(left, UInt64(chunk.count - position))
                position += Int(taken)
                try count(taken)
                state = left == taken ? .tag : .skip(left - taken)
                leaveListIfRead()
            case .body(let field, let total):
                let taken = min(total - pending.count, chunk.count - position)
                let part = UnsafeRawBufferPointer(rebasing: chunk[position..<position + taken])
                position += taken
                try count(UInt64(taken))
                try collect(part, field: field, total: total, item: item)
            }
        }
    }

    /// Checks that the list is complete; call it at the end of the body.
    func finish() throws(ProtobufError) {
        guard listIsComplete, state == .tag, varintShift == 0 else {
            throw ProtobufError(code: .truncated, detail: "the body ended inside the list")
        }
    }

    /// A body or a skip of no bytes is complete before the next byte comes.
    private var isReadyWithoutBytes: Bool {
        switch state {
        case .body(_, let total): total == pending.count
        case .skip(let left): left == 0
        default: false
        }
    }

    private mutating func readMagic(_ byte: UInt8, at index: Int) throws(ProtobufError) {
        guard byte == Envelope.magic[index] else {
            throw ProtobufError(code: .notKubernetes, detail: "the body does not begin with k8s\\0")
        }
        state = index + 1 < Envelope.magic.count ? .magic(index + 1) : .tag
    }

    /// Keeps within the list's own length.
    private mutating func count(_ bytes: UInt64) throws(ProtobufError) {
        guard level == .list else { return }
        guard bytes <= listBytesLeft else {
            throw ProtobufError(code: .malformed, detail: "a field reaches beyond the end of the list")
        }
        listBytesLeft -= bytes
    }

    private mutating func readVarint(_ byte: UInt8) throws(ProtobufError) {
        varint |= UInt64(byte & 0x7F) << varintShift
        guard byte < 0x80 else {
            varintShift += 7
            guard varintShift < 64 else {
                throw ProtobufError(code: .malformed, detail: "varint of more than 10 bytes")
            }
            return
        }
        let value = varint
        (varint, varintShift) = (0, 0)
        switch state {
        case .tag: try begin(tag: value)
        case .length(let field): try begin(field: field, length: value)
        default:
            state = .tag
            leaveListIfRead()
        }
    }

    private mutating func begin(tag: UInt64) throws(ProtobufError) {
        switch tag & 7 {
        case 0: state = .number
        case 1: state = .skip(8)
        case 2: state = .length(field: Int(truncatingIfNeeded: tag >> 3))
        case 5: state = .skip(4)
        default: throw ProtobufError(code: .malformed, detail: "tag \(tag) in a list")
        }
    }

    private mutating func begin(field: Int, length: UInt64) throws(ProtobufError) {
        switch (level, field) {
        case (.unknown, 2) where !listIsComplete:
            (level, listBytesLeft, state) = (.list, length, .tag)
            leaveListIfRead()
        case (.unknown, 1), (.list, 1), (.list, 2):
            guard length <= UInt64(Self.maximumItemBytes) else {
                throw ProtobufError(code: .tooLarge, detail: "\(length) bytes in field \(field) of a list")
            }
            state = .body(field: field, count: Int(length))
        default:
            state = .skip(length)
        }
    }

    private mutating func collect(
        _ part: UnsafeRawBufferPointer, field: Int, total: Int, item: (WireObject) throws -> Void
    ) throws {
        if part.count == total {
            try deliver(part, field: field, item: item)
        } else {
            pending.append(contentsOf: part)
            guard pending.count == total else { return }
            try pending.withUnsafeBytes { try deliver($0, field: field, item: item) }
            pending.removeAll(keepingCapacity: pending.capacity <= Self.keptBufferBytes)
        }
        state = .tag
        leaveListIfRead()
    }

    private mutating func deliver(
        _ bytes: UnsafeRawBufferPointer, field: Int, item: (WireObject) throws -> Void
    ) throws {
        let reader = ProtobufReader(bytes)
        switch (level, field) {
        case (.list, 2): try item(.protobuf(reader))
        case (.list, _): metadata = try ListMetadata(from: reader)
        case (.unknown, _): type = try TypeMeta(from: reader)
        }
    }

    private mutating func leaveListIfRead() {
        guard level == .list, listBytesLeft == 0, state == .tag else { return }
        (level, listIsComplete) = (.unknown, true)
    }
}
