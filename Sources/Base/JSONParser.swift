internal import CSimdjson

/// Reads one JSON text after the other in place: nothing is built until a value is asked for. It keeps its memory from
/// text to text, so it is to be kept where many texts come. Not for use by several tasks at once.
package final class JSONParser {
    /// Memory that one large text needed is not kept for the small ones after it. simdjson takes about ten times this.
    private static let keptCapacity = 1 << 20

    private var document: OpaquePointer

    package init() { document = Self.emptyDocument() }

    deinit { callboard_json_free(document) }

    /// Parses a text (strict UTF-8, nothing after it, at most `JSONValue.maximumDepth` nested containers) and lends its
    /// root, which is valid until `body` returns.
    ///
    /// - Throws: `JSONError`, also for an integer beyond 64 bits; whatever `body` throws.
    package func read<Result>(_ bytes: UnsafeRawBufferPointer, _ body: (JSONView) throws -> Result) throws -> Result {
        if callboard_json_capacity(document) > Self.keptCapacity, bytes.count <= Self.keptCapacity {
            callboard_json_free(document)
            document = Self.emptyDocument()
        }
        var message: UnsafePointer<CChar>?
        let start = bytes.bindMemory(to: UInt8.self).baseAddress
        guard callboard_json_read(document, start, bytes.count, JSONValue.maximumDepth, &message) else {
            throw JSONError(message: message.map { String(cString: $0) } ?? "unknown error")
        }
        // The view does not keep the parser: one that nobody else holds would be freed before the body has read the tape.
        return try withExtendedLifetime(self) {
            try body(
                JSONView(
                    tape: callboard_json_tape(document), strings: UnsafeRawPointer(callboard_json_strings(document)),
                    position: 1))
        }
    }

    private static func emptyDocument() -> OpaquePointer {
        guard let document = callboard_json_create() else { preconditionFailure("out of memory for a JSON parser") }
        return document
    }
}
