internal import Base

/// Decodes a list in its JSON form from chunks of any size. A scanner finds where each item ends, and only the bytes of
/// one item at a time are given to the parser, so that the list is never held in memory. The list's own metadata may
/// stand before the items or after them.
struct JSONListDecoder: ListDecoding {
    /// Longer items cannot exist: etcd's limit is about 1.5 MB.
    static let maximumItemBytes = 32 << 20
    /// A buffer that one large item has grown is not kept for the small ones after it.
    private static let keptBufferBytes = 256 << 10

    /// A member of the list that is read.
    private enum Member: Equatable { case kind, metadata, items, other }

    private enum State: Equatable {
        case beforeList
        case beforeKey
        case key
        case beforeColon(Member)
        case beforeValue(Member)
        case value(Member)
        /// Within the array of items, between two of them.
        case beforeItem
        case item
        case complete
    }

    private(set) var metadata = ListMetadata()
    private var kind = ""
    private var hasItems = false

    private var state = State.beforeList
    private var extent = JSONExtent()
    /// The part of a value that came with earlier chunks.
    private var pending: [UInt8] = []
    private let parser = JSONParser()

    mutating func feed(_ chunk: UnsafeRawBufferPointer, item: (WireObject) throws -> Void) throws {
        var position = 0
        while position < chunk.count {
            switch state {
            case .key, .value, .item: try collect(chunk, from: &position, item: item)
            default: try readMark(chunk[position], at: &position)
            }
        }
    }

    func finish() throws {
        guard state == .complete else {
            throw JSONStreamError(code: .truncated, detail: "the body ended inside the list")
        }
        guard hasItems, kind != "Status" else {
            throw JSONStreamError(code: .notAList, detail: "a \(kind.isEmpty ? "document" : kind) without items")
        }
    }

    /// Reads a byte of the list's own structure. The first byte of a value stays to be read with the value.
    private mutating func readMark(_ byte: UInt8, at position: inout Int) throws {
        position += 1
        guard !isJSONSpace(byte) else { return }
        switch (state, byte) {
        case (.beforeList, UInt8(ascii: "{")): state = .beforeKey
        case (.beforeKey, UInt8(ascii: ",")), (.beforeItem, UInt8(ascii: ",")): break
        case (.beforeKey, UInt8(ascii: "}")): state = .complete
        case (.beforeKey, UInt8(ascii: "\"")): begin(.key, &position)
        case (.beforeColon(let member), UInt8(ascii: ":")): state = .beforeValue(member)
        case (.beforeValue(.items), UInt8(ascii: "[")): (state, hasItems) = (.beforeItem, true)
        case (.beforeValue(let member), _): begin(.value(member), &position)
        case (.beforeItem, UInt8(ascii: "]")): state = .beforeKey
        case (.beforeItem, UInt8(ascii: "{")): begin(.item, &position)
        default:
            throw JSONStreamError(code: .malformed, detail: "byte \(byte) where a list has none such")
        }
    }

    private mutating func begin(_ value: State, _ position: inout Int) {
        (state, extent) = (value, JSONExtent())
        position -= 1
    }

    private mutating func collect(
        _ chunk: UnsafeRawBufferPointer, from position: inout Int, item: (WireObject) throws -> Void
    ) throws {
        let (end, isComplete) = extent.advance(in: chunk, from: position)
        let part = UnsafeRawBufferPointer(rebasing: chunk[position..<end])
        position = end
        guard pending.count + part.count <= Self.maximumItemBytes else {
            throw JSONStreamError(code: .tooLarge, detail: "more than \(Self.maximumItemBytes) bytes in one value")
        }
        if isComplete, pending.isEmpty { return try deliver(part, item: item) }
        // What nobody reads is not kept.
        if state != .value(.other) { pending.append(contentsOf: part) }
        guard isComplete else { return }
        let whole = pending
        pending = []
        try whole.withUnsafeBytes { try deliver($0, item: item) }
        if whole.capacity <= Self.keptBufferBytes {
            pending = whole
            pending.removeAll(keepingCapacity: true)
        }
    }

    private mutating func deliver(_ bytes: UnsafeRawBufferPointer, item: (WireObject) throws -> Void) throws {
        switch state {
        case .item:
            try parser.readAnyObject(bytes) { try item(.json($0)) }
            state = .beforeItem
        case .key:
            state = .beforeColon(try parser.read(bytes) { Self.member(named: $0) })
        case .value(.metadata):
            metadata = try parser.read(bytes) { ListMetadata(from: $0) }
            state = .beforeKey
        case .value(.kind):
            kind = try parser.read(bytes) { $0.stringValue ?? "" }
            state = .beforeKey
        case .value(let member):
            // The items of an empty list may be null.
            if member == .items { hasItems = bytes.elementsEqual("null".utf8) }
            state = .beforeKey
        default: break
        }
    }

    private static func member(named name: JSONView) -> Member {
        switch name.stringValue {
        case "kind": .kind
        case "metadata": .metadata
        case "items": .items
        default: .other
        }
    }
}
