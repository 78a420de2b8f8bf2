/// Finds the elements of one list in a JSON document `{"items": […], …}` that comes in chunks of any size. Only the bytes
/// of one value at a time are held, never the list; whether they are JSON is for a parser to say.
package struct JSONListScanner {
    /// What the bytes are that have been found.
    package enum Part: Equatable, Sendable {
        case element
        /// The value of a wanted member, or what the list's member has instead of a list.
        case member(String)
    }

    private enum State: Equatable {
        case beforeDocument, beforeKey, key
        /// Of a member; nil: nobody wants it.
        case beforeColon(String?), beforeValue(String?), value(String?)
        /// Within the list, between two elements.
        case beforeElement
        case element
        case complete
    }

    /// A buffer that one large value has grown is not kept for the small ones after it.
    private static let keptBufferBytes = 256 << 10

    private let list: String
    private let wanted: Set<String>
    private let maximumValueBytes: Int
    private var state = State.beforeDocument
    private var extent = JSONExtent()
    /// The part of a value that came with earlier chunks.
    private var pending: [UInt8] = []
    private let parser = JSONParser()
    /// Whether the list has begun.
    package private(set) var hasList = false

    /// - Parameters:
    ///   - list: the member that is the list.
    ///   - members: the others that are wanted.
    ///   - maximumValueBytes: a longer value is an error.
    package init(list: String, members: Set<String> = [], maximumValueBytes: Int) {
        (self.list, self.maximumValueBytes) = (list, maximumValueBytes)
        wanted = members.union([list])
    }

    /// Whether the document has ended.
    package var isComplete: Bool { state == .complete }

    /// Takes the next bytes.
    ///
    /// - Parameter found: called with each element and wanted value that they complete; valid until it returns.
    /// - Throws: `JSONStreamError`: `malformed`, `tooLarge`; `JSONError`: a member's name is no JSON; what `found` throws.
    package mutating func feed(
        _ chunk: UnsafeRawBufferPointer, _ found: (Part, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var position = 0
        while position < chunk.count {
            switch state {
            case .key, .value, .element: try collect(chunk, from: &position, found)
            default: try readMark(chunk[position], at: &position)
            }
        }
    }

    /// Reads a byte of the document's own structure. The first byte of a value stays to be read with the value.
    private mutating func readMark(_ byte: UInt8, at position: inout Int) throws {
        position += 1
        guard !isJSONSpace(byte) else { return }
        switch (state, byte) {
        case (.beforeDocument, UInt8(ascii: "{")): state = .beforeKey
        case (.beforeKey, UInt8(ascii: ",")), (.beforeElement, UInt8(ascii: ",")): break
        case (.beforeKey, UInt8(ascii: "}")): state = .complete
        case (.beforeKey, UInt8(ascii: "\"")): begin(.key, &position)
        case (.beforeColon(let member), UInt8(ascii: ":")): state = .beforeValue(member)
        case (.beforeValue(list), UInt8(ascii: "[")): (state, hasList) = (.beforeElement, true)
        case (.beforeValue(let member), _): begin(.value(member), &position)
        case (.beforeElement, UInt8(ascii: "]")): state = .beforeKey
        case (.beforeElement, _): begin(.element, &position)
        default: throw JSONStreamError(code: .malformed, detail: "byte \(byte) where a document has none such")
        }
    }

    private mutating func begin(_ value: State, _ position: inout Int) {
        (state, extent) = (value, JSONExtent())
        position -= 1
    }

    private mutating func collect(
        _ chunk: UnsafeRawBufferPointer, from position: inout Int,
        _ found: (Part, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let (end, isComplete) = extent.advance(in: chunk, from: position)
        let part = UnsafeRawBufferPointer(rebasing: chunk[position..<end])
        position = end
        guard pending.count + part.count <= maximumValueBytes else {
            throw JSONStreamError(code: .tooLarge, detail: "more than \(maximumValueBytes) bytes in one value")
        }
        if isComplete, pending.isEmpty { return try deliver(part, found) }
        // What nobody reads is not kept.
        if state != .value(nil) { pending.append(contentsOf: part) }
        guard isComplete else { return }
        let whole = pending
        pending = []
        try whole.withUnsafeBytes { try deliver($0, found) }
        if whole.capacity <= Self.keptBufferBytes {
            pending = whole
            pending.removeAll(keepingCapacity: true)
        }
    }

    private mutating func deliver(
        _ bytes: UnsafeRawBufferPointer, _ found: (Part, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        switch state {
        case .element:
            try found(.element, bytes)
            state = .beforeElement
        case .key:
            let name = try parser.read(bytes) { $0.stringValue }
            state = .beforeColon(name.flatMap { wanted.contains($0) ? $0 : nil })
        case .value(let member):
            if let member { try found(.member(member), bytes) }
            state = .beforeKey
        default: break
        }
    }
}
