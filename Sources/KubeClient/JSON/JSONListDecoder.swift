internal import Base

/// Decodes a list in its JSON form from chunks of any size, item by item, so that the list is never held in memory. The
/// list's own metadata may stand before the items or after them.
struct JSONListDecoder: ListDecoding {
    /// Longer items cannot exist: etcd's limit is about 1.5 MB.
    static let maximumItemBytes = 32 << 20

    /// What has been read of the list itself.
    fileprivate struct Head {
        var metadata = ListMetadata()
        var kind = ""
        var hasItems = false
        let parser = JSONParser()
    }

    private var head = Head()
    private var scanner = JSONListScanner(
        list: "items", members: ["kind", "metadata"], maximumValueBytes: Self.maximumItemBytes)

    var metadata: ListMetadata { head.metadata }

    mutating func feed(_ chunk: UnsafeRawBufferPointer, item: (WireObject) throws -> Void) throws {
        try Self.feed(&scanner, chunk, &head, item)
    }

    private static func feed(
        _ scanner: inout JSONListScanner, _ chunk: UnsafeRawBufferPointer, _ head: inout Head,
        _ item: (WireObject) throws -> Void
    ) throws {
        try scanner.feed(chunk) { part, bytes in try head.take(part, bytes, item) }
    }

    func finish() throws {
        guard scanner.isComplete else {
            throw JSONStreamError(code: .truncated, detail: "the body ended inside the list")
        }
        guard head.hasItems || scanner.hasList, head.kind != "Status" else {
            throw JSONStreamError(
                code: .notAList, detail: "a \(head.kind.isEmpty ? "document" : head.kind) without items")
        }
    }
}

extension JSONListDecoder.Head {
    fileprivate mutating func take(
        _ part: JSONListScanner.Part, _ bytes: UnsafeRawBufferPointer, _ item: (WireObject) throws -> Void
    ) throws {
        switch part {
        case .element:
            guard bytes.first == UInt8(ascii: "{") else {
                throw JSONStreamError(code: .malformed, detail: "an item that is no object")
            }
            try parser.readAnyObject(bytes) { try item(.json($0)) }
        case .member("metadata"): metadata = try parser.read(bytes) { ListMetadata(from: $0) }
        case .member("kind"): kind = try parser.read(bytes) { $0.stringValue ?? "" }
        // The items of an empty list may be null.
        case .member: hasItems = bytes.elementsEqual("null".utf8)
        }
    }
}
