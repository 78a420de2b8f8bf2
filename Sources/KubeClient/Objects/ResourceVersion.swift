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
