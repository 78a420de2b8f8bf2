internal import Base
internal import Glibc

/// Decodes a watch in its JSON form from chunks of any size: one event a line, `{"type": …, "object": {…}}`. A line may
/// also be a bare `Status`, from a proxy or an old server; it counts as an error event.
struct JSONWatchDecoder: WatchDecoding {
    /// Far above the largest object, so that only garbage or an attack reaches it.
    static let maximumLineBytes = 32 << 20
    /// A buffer that one large object has grown is not kept for the small ones after it.
    private static let keptBufferBytes = 256 << 10

    /// The bytes of an unfinished line.
    private var pending: [UInt8] = []
    private let parser = JSONParser()

    mutating func feed(_ chunk: UnsafeRawBufferPointer, event: (WatchEvent) throws -> Void) throws {
        var rest = chunk
        while let end = Self.lineBreak(in: rest) {
            let line = UnsafeRawBufferPointer(rebasing: rest[..<end])
            rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
            if pending.isEmpty {
                try read(line, event)
            } else {
                try keep(line)
                try readPending(event)
            }
        }
        try keep(rest)
    }

    /// The last line may lack its line break. One that is cut inside is not JSON and says nothing.
    mutating func finish(event: (WatchEvent) throws -> Void) throws {
        do {
            try readPending(event)
        } catch is JSONError {
            return
        }
    }

    private static func lineBreak(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let start = bytes.baseAddress, let found = memchr(start, 0x0A, bytes.count) else { return nil }
        return UnsafeRawPointer(found) - start
    }

    private mutating func keep(_ part: UnsafeRawBufferPointer) throws {
        guard pending.count + part.count <= Self.maximumLineBytes else {
            throw JSONStreamError(code: .tooLarge, detail: "a line of more than \(Self.maximumLineBytes) bytes")
        }
        pending.append(contentsOf: part)
    }

    private mutating func readPending(_ event: (WatchEvent) throws -> Void) throws {
        defer { pending.removeAll(keepingCapacity: pending.capacity <= Self.keptBufferBytes) }
        try pending.withUnsafeBytes { try read($0, event) }
    }

    private func read(_ line: UnsafeRawBufferPointer, _ event: (WatchEvent) throws -> Void) throws {
        guard !line.allSatisfy(isJSONSpace) else { return }
        try parser.readAnyObject(line) { document in
            if let type = document["type"]?.stringValue, let object = document["object"], !object.isNull {
                let kind = object["kind"]?.stringValue ?? ""
                try event(WatchEvent(type: WatchEvent.EventType(type), kind: kind, object: .json(object)))
            } else if document["kind"]?.stringValue == "Status" {
                try event(WatchEvent(type: .error, kind: "Status", object: .json(document)))
            } else {
                throw JSONStreamError(code: .malformed, detail: "a line that is neither an event nor a Status")
            }
        }
    }
}
