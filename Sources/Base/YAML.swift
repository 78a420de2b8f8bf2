/// Reads YAML files of one or more documents.
package enum YAML {
    /// Reads every document; empty ones are left out. A document that cannot be read is one failure, and the others are
    /// read all the same.
    ///
    /// libyaml stops at the first error of a stream, so the text is cut at its document markers first. That is exact:
    /// YAML 1.2 forbids `---` and `...` at the start of a line inside any scalar (rule c-forbidden, §9.1.2). Comments and
    /// directives (`%YAML 1.2`) belong to the document that follows them.
    package static func documents(_ bytes: [UInt8]) -> [Result<YAMLNode, YAMLError>] {
        var results: [Result<YAMLNode, YAMLError>] = []
        for chunk in chunks(of: bytes) {
            do throws(YAMLError) {
                if let node = try YAMLParser.document(Array(bytes[chunk.range]), lineOffset: chunk.firstLine) {
                    results.append(.success(node))
                }
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }

    private struct Chunk {
        var range: Range<Int>
        /// Lines before the chunk.
        var firstLine: Int
    }

    private static func chunks(of bytes: [UInt8]) -> [Chunk] {
        var chunks: [Chunk] = []
        var chunk = Chunk(range: 0..<0, firstLine: 0)
        // Whether the chunk holds more than what may stand before a document.
        var hasBegun = false
        var position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var line = 0
        func cut() {
            if hasBegun { chunks.append(chunk) }
            chunk = Chunk(range: position..<position, firstLine: line)
            hasBegun = false
        }
        cut()
        while position < bytes.count {
            let isStart = isMarker(UInt8(ascii: "-"), bytes, at: position)
            let isEnd = isMarker(UInt8(ascii: "."), bytes, at: position)
            if isStart, hasBegun { cut() }
            if !hasBegun, !isEnd { hasBegun = isStart || !isBeforeDocument(bytes, lineAt: position) }
            position = (bytes[position...].firstIndex(of: 0x0A) ?? bytes.count - 1) + 1
            line += 1
            chunk.range = chunk.range.lowerBound..<position
            if isEnd { cut() }
        }
        cut()
        return chunks
    }

    /// `---` or `...` at the start of a line, followed by white space or the end.
    private static func isMarker(_ character: UInt8, _ bytes: [UInt8], at position: Int) -> Bool {
        guard bytes.count >= position + 3, bytes[position..<position + 3].allSatisfy({ $0 == character }) else {
            return false
        }
        return bytes.count == position + 3 || [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position + 3])
    }

    /// Whether a line is empty, a comment or a directive.
    private static func isBeforeDocument(_ bytes: [UInt8], lineAt position: Int) -> Bool {
        if bytes[position] == UInt8(ascii: "%") { return true }
        let first = bytes[position...].first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
        return first == nil || first == 0x0A || first == UInt8(ascii: "#")
    }
}
