/// The members of a JSON object in the order in which they were first set. Look-ups are constant time.
package struct JSONObject: Sendable {
    private var members: [(key: String, value: JSONValue)] = []
    /// Positions by key, kept only above `indexThreshold` members: most objects are small, and a scan is faster there.
    private var positions: [String: Int] = [:]
    private static let indexThreshold = 12

    /// An empty object.
    package init() {}

    /// An object with these members; a later value of a repeated key replaces the earlier one.
    package init(_ elements: some Sequence<(String, JSONValue)>) {
        for (key, value) in elements { self[key] = value }
    }

    /// How many members there are.
    package var count: Int { members.count }

    /// True when there is no member.
    package var isEmpty: Bool { members.isEmpty }

    /// The keys in order.
    package var keys: [String] { members.map(\.key) }

    /// A member's value. Setting nil removes the member; setting a new key appends it.
    package subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let found?, let value?): members[found].value = value
            case (let found?, nil): remove(at: found)
            case (nil, let value?): append(key, value)
            case (nil, nil): break
            }
        }
    }

    /// These members, then those of the other object, which win.
    package func merging(_ other: JSONObject) -> JSONObject {
        var merged = self
        for (key, value) in other.members { merged[key] = value }
        return merged
    }

    private func position(of key: String) -> Int? {
        if members.count > Self.indexThreshold { return positions[key] }
        return members.firstIndex { $0.key == key }
    }

    private mutating func append(_ key: String, _ value: JSONValue) {
        members.append((key, value))
        if members.count == Self.indexThreshold + 1 {
            rebuildIndex()
        } else if members.count > Self.indexThreshold {
            positions[key] = members.count - 1
        }
    }

    private mutating func remove(at position: Int) {
        members.remove(at: position)
        rebuildIndex()
    }

    private mutating func rebuildIndex() {
        positions = [:]
        guard members.count > Self.indexThreshold else { return }
        for (position, member) in members.enumerated() { positions[member.key] = position }
    }
}

extension JSONObject: Sequence {
    /// The members in order.
    package func makeIterator() -> IndexingIterator<[(key: String, value: JSONValue)]> { members.makeIterator() }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// An object with its members in the order written.
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}

extension JSONObject: Hashable {
    /// Two objects are equal when they have the same members, in whatever order.
    package static func == (left: Self, right: Self) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }

    /// Hashes the members without regard to their order.
    package func hash(into hasher: inout Hasher) {
        var combined = 0
        for member in self {
            var one = Hasher()
            one.combine(member.key)
            one.combine(member.value)
            combined ^= one.finalize()
        }
        hasher.combine(combined)
    }
}
