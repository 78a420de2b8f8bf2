/// A name as somebody wrote it, with how far another one may be from it to be meant all the same.
package struct Spelling: Sendable {
    /// Letters that may be inserted, left out or replaced: none for names of one or two, one for short names, else two.
    let edits: Int
    private let scalars: [Unicode.Scalar]

    package init(of name: String) {
        scalars = Array(name.unicodeScalars.prefix(Self.maximumLength))
        edits = scalars.count < 3 ? 0 : scalars.count < 6 ? 1 : 2
    }

    /// Longer names than an entity may have are not looked at to their end.
    private static let maximumLength = 100

    /// How long a name can be that is near enough.
    package var lengths: ClosedRange<Int> { max(scalars.count - edits, 1)...max(scalars.count + edits, 1) }

    /// Parts of the name, one more than there may be edits: whatever is near enough holds one of them unchanged.
    package var pieces: [String] {
        let count = edits + 1
        return (0..<count).map { index in
            let range = scalars.count * index / count..<scalars.count * (index + 1) / count
            return String(String.UnicodeScalarView(scalars[range]))
        }.filter { !$0.isEmpty }
    }

    /// Levenshtein's distance; nil when it is greater than `edits`.
    package func distance(to other: String) -> Int? {
        let target = Array(other.unicodeScalars.prefix(Self.maximumLength + edits))
        guard abs(target.count - scalars.count) <= edits else { return nil }
        var row = Array(0...target.count)
        for (index, scalar) in scalars.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, candidate) in target.enumerated() {
                let replaced = diagonal + (scalar == candidate ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
            }
            guard row.contains(where: { $0 <= edits }) else { return nil }
        }
        return row[target.count] <= edits ? row[target.count] : nil
    }
}
