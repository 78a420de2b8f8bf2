/// Reads YAML files of one or more documents.
package enum YAML {
    /// Reads every document; empty ones are left out. A document that cannot be read is one failure, and the others are
    /// read all the same.
    ///
    /// libyaml stops at the first error of a stream, so the text is cut at its document markers first. That is exact:
    /// YAML 1.2 forbids `---` and `...` at the start of a line inside any scalar (rule c-forbidden, §9.1.2).
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
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var chunkLine = 0
        var line = 0
        var position = start
        while position < bytes.count {
            if position > start, isMarker(bytes, at: position) {
                chunks.append(Chunk(range: start..<position, firstLine: chunkLine))
                (start, chunkLine) = (position, line)
            }
            position = (bytes[position...].firstIndex(of: 0x0A) ?? bytes.count - 1) + 1
            line += 1
        }
        if start < bytes.count { chunks.append(Chunk(range: start..<bytes.count, firstLine: chunkLine)) }
        return chunks
    }

    /// `---` at the start of a line, followed by white space or the end.
    private static func isMarker(_ bytes: [UInt8], at position: Int) -> Bool {
        guard bytes.count >= position + 3, bytes[position..<position + 3].allSatisfy({ $0 == UInt8(ascii: "-") }) else {
            return false
        }
        return bytes.count == position + 3 || [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position + 3])
    }
}
