/// One label of a Kubernetes object.
package struct Label: Sendable, Hashable {
    /// The label's name with its optional prefix, such as `app.kubernetes.io/name`.
    package let key: String
    /// The label's value; may be empty.
    package let value: String

    /// A label as the object carries it; nothing is validated, since an API may hold invalid legacy labels.
    package init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}

/// The labels of one object: a map kept as an array sorted by key, so that two sets compare in one short pass and
/// a set costs one allocation.
package struct Labels: Sendable, Hashable {
    private let sorted: [Label]

    /// Takes labels in any order; of a repeated key the last value counts, as in a protobuf map.
    package init(_ labels: some Sequence<Label>) {
        var sorted: [Label] = []
        for label in labels.sorted(by: { $0.key < $1.key }) {  // the standard library's sort is stable
            if sorted.last?.key == label.key { sorted.removeLast() }
            sorted.append(label)
        }
        self.sorted = sorted
    }

    /// Takes labels from a map.
    package init(_ map: [String: String]) {
        self.sorted = map.map { Label($0.key, $0.value) }.sorted { $0.key < $1.key }
    }

    /// The value of a key; nil when the object does not have it.
    package subscript(key: String) -> String? {
        first { $0.key == key }?.value
    }
}

extension Labels: RandomAccessCollection {
    /// Always 0.
    package var startIndex: Int { sorted.startIndex }
    /// How many labels there are.
    package var endIndex: Int { sorted.endIndex }
    /// The label at a place in the order of keys.
    package subscript(position: Int) -> Label { sorted[position] }
}

extension Labels: ExpressibleByDictionaryLiteral {
    /// Takes labels as `["app": "shop"]`.
    package init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.lazy.map { Label($0.0, $0.1) })
    }
}

extension Labels: CustomStringConvertible {
    /// As Kubernetes prints a label set: `a=1,b=2`.
    package var description: String {
        map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }
}
