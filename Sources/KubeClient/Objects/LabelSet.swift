/// The labels of an object, sorted by key. Equal sets that came through one decoder share their memory.
package struct LabelSet: Sendable, Hashable {
    private struct Label: Hashable {
        let key: String
        let value: String
    }

    private let labels: [Label]

    /// No labels.
    package init() { labels = [] }

    /// Of a key that occurs twice the last value counts.
    package init(_ pairs: some Sequence<(String, String)>) {
        let values = Dictionary(pairs, uniquingKeysWith: { $1 })
        labels = values.map { Label(key: $0.key, value: $0.value) }.sorted { $0.key < $1.key }
    }

    /// Labels that come as servers write them: each key once, in order.
    init(sorted pairs: [(key: String, value: String)]) {
        if zip(pairs, pairs.dropFirst()).allSatisfy({ $0.key < $1.key }) {
            labels = pairs.map { Label(key: $0.key, value: $0.value) }
        } else {
            self = LabelSet(pairs.lazy.map { ($0.key, $0.value) })
        }
    }

    package var count: Int { labels.count }
    package var isEmpty: Bool { labels.isEmpty }

    /// The value of a label, or nil when there is no such label.
    package subscript(key: String) -> String? {
        // Objects have a handful of labels; a search in a row is the fastest for so few.
        labels.first { $0.key == key }?.value
    }
}

extension LabelSet: Sequence {
    /// The labels in the order of their keys.
    package func makeIterator() -> some IteratorProtocol<(key: String, value: String)> {
        labels.lazy.map { (key: $0.key, value: $0.value) }.makeIterator()
    }
}

extension LabelSet: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }
}
