internal import Base

/// Puts a JSON document together from parts that are JSON already; sees to the commas.
struct JSONText {
    /// Bytes that are worth passing on; the largest object that Kubernetes stores has some twenty times this.
    private static let pieceBytes = 64 << 10

    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    mutating func open(_ bracket: Unicode.Scalar) {
        separate()
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    mutating func close(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    /// Passes on what there is, once it is a piece's worth, so that a long document is never in memory as a whole.
    mutating func pass(to sink: Sink, isEnd: Bool = false) async throws {
        guard isEnd || bytes.count >= Self.pieceBytes else { return }
        let piece = bytes
        bytes = []
        try await sink(piece)
    }

    /// Takes one piece of a document after the other.
    typealias Sink = @Sendable ([UInt8]) async throws -> Void

    /// A member's key; its value follows.
    mutating func key(_ key: String) {
        separate()
        bytes += JSONValue.string(key).serialized()
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A whole value.
    mutating func value(_ json: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }
}
