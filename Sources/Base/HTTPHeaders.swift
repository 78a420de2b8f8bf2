/// Header fields in the order sent. Names are compared ignoring ASCII case; repeated fields are kept apart.
package struct HTTPHeaders: Sendable, Equatable {
    private var fields: [Field] = []

    private struct Field: Sendable, Equatable {
        var name: String
        var value: String
    }

    package init() {}

    /// Appends a field, whatever is there already.
    package mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// Replaces every field of that name by one.
    package mutating func set(_ name: String, _ value: String) {
        fields.removeAll { equalIgnoringASCIICase($0.name, name) }
        add(name, value)
    }

    /// The first value of a name, or nil.
    package subscript(name: String) -> String? {
        fields.first { equalIgnoringASCIICase($0.name, name) }?.value
    }

    /// Every value of a name, in order.
    package func all(_ name: String) -> [String] {
        fields.filter { equalIgnoringASCIICase($0.name, name) }.map(\.value)
    }
}

extension HTTPHeaders: Sequence {
    /// The fields in order.
    package func makeIterator() -> some IteratorProtocol<(name: String, value: String)> {
        fields.lazy.map { (name: $0.name, value: $0.value) }.makeIterator()
    }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { add(name, value) }
    }
}

/// Compares two texts byte by byte, taking A–Z and a–z as the same.
package func equalIgnoringASCIICase(_ left: String, _ right: String) -> Bool {
    func lowered(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
    return left.utf8.count == right.utf8.count
        && zip(left.utf8, right.utf8).allSatisfy { lowered($0) == lowered($1) }
}
