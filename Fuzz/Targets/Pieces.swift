/// A stream of bytes and how it is cut into chunks, both chosen by the input: its first byte says how many sizes follow,
/// and these are used in turn.
struct Pieces {
    let whole: ArraySlice<UInt8>
    private let sizes: ArraySlice<UInt8>

    init(_ input: [UInt8]) {
        let count = Int(input.first ?? 0) % 8
        sizes = input.dropFirst().prefix(count)
        whole = input.dropFirst(1 + count)
    }

    /// The same bytes in one chunk.
    var joined: Pieces { Pieces([0] + whole) }

    /// Calls `body` with each chunk, in memory of its own, so that a read beyond its end is seen.
    func forEach(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        var rest = whole
        var turn = sizes.startIndex
        while !rest.isEmpty {
            let size = sizes.isEmpty ? rest.count : Int(sizes[turn]) + 1
            turn = turn + 1 < sizes.endIndex ? turn + 1 : sizes.startIndex
            try Array(rest.prefix(size)).withUnsafeBytes(body)
            rest = rest.dropFirst(size)
        }
    }
}
