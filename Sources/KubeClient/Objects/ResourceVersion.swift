/// A `metadata.resourceVersion`. The API calls it opaque, yet it is etcd's revision in decimal, and comparing two of
/// one resource is allowed since Kubernetes 1.35 (KEP-5504); a longer number is the greater.
package struct ResourceVersion: Sendable, Hashable, Comparable, CustomStringConvertible, ExpressibleByStringLiteral {
    package let text: String

    package init(_ text: String) { self.text = text }
    package init(stringLiteral value: String) { self.text = value }

    package var description: String { text }

    /// By length, then bytewise, which is the order of decimal numbers without leading zeros.
    package static func < (left: Self, right: Self) -> Bool {
        let (leftCount, rightCount) = (left.text.utf8.count, right.text.utf8.count)
        guard leftCount == rightCount else { return leftCount < rightCount }
        return left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}

extension ResourceVersion {
    /// Whether this one is certainly older. False when either is no decimal number, as those of API servers that do not
    /// keep their objects in etcd may be.
    func precedes(_ other: Self) -> Bool { self < other && isDecimal && other.isDecimal }

    /// Its value; nil when it is no decimal number. Exact up to 2^53, which etcd's revisions do not reach.
    package var number: Double? { isDecimal ? Double(text) : nil }

    private var isDecimal: Bool { !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) } }

    /// The later of two; where they cannot be compared, the second.
    static func later(_ left: Self?, _ right: Self?) -> Self? {
        guard let left, let right else { return left ?? right }
        return right.precedes(left) ? left : right
    }
}
