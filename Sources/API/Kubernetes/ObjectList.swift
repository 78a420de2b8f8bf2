internal import Base

/// A list as an API server gave it, whose objects are passed on byte for byte.
struct ObjectList: Sendable {
    /// The whole answer.
    let body: [UInt8]
    /// Where in it the objects stand.
    let items: [Range<Int>]
    /// Of the objects: that of the list without its ending `List`; empty when the list has none.
    let kind: String
    /// The server has more than it was asked for.
    let isIncomplete: Bool

    /// What the body takes of the memory for lists, as long as somebody has the list; nil: it is not counted.
    private let share: ListAllowance.Share?

    /// The answer is no list.
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    init(_ body: [UInt8], _ share: ListAllowance.Share? = nil) throws(Malformed) {
        do {
            try JSONValue.validate(body)
        } catch {
            throw Malformed(description: "the answer is \(error)")
        }
        let slices = JSONSlices(bytes: body)
        let root = slices.root
        guard let found = slices.member("items", of: root) else {
            throw Malformed(description: "the answer is no list: it has no items")
        }
        // Go writes an empty list as null too.
        guard let items = body[found].elementsEqual("null".utf8) ? [] : slices.elements(of: found),
            items.allSatisfy({ body[$0.lowerBound] == UInt8(ascii: "{") })
        else { throw Malformed(description: "the answer is no list: its items are no objects") }
        func text(_ key: String, of object: Range<Int>) -> String {
            let value = slices.member(key, of: object).flatMap { try? JSONValue(parsing: Array(body[$0])) }
            return value?.stringValue ?? ""
        }
        let kind = text("kind", of: root)
        self.kind = kind.hasSuffix("List") ? String(kind.dropLast(4)) : kind
        isIncomplete = slices.member("metadata", of: root).map { !text("continue", of: $0).isEmpty } ?? false
        self.items = items
        self.body = body
        self.share = share
    }

    /// The objects' bytes, each as it came.
    var objects: some Sequence<ArraySlice<UInt8>> { items.lazy.map { body[$0] } }

    /// The same with the `kind` that objects in lists need not have; made when asked for, because it is a copy.
    var objectsWithKind: some Sequence<ArraySlice<UInt8>> { items.lazy.map(objectWithKind) }

    private func objectWithKind(_ item: Range<Int>) -> ArraySlice<UInt8> {
        let slices = JSONSlices(bytes: body)
        guard !kind.isEmpty, slices.member("kind", of: item) == nil else { return body[item] }
        let isEmpty = slices.isEmpty(item)
        let member = Array("{\"kind\":".utf8) + JSONValue.string(kind).serialized() + (isEmpty ? [] : [0x2C])
        return member + body[(item.lowerBound + 1)..<item.upperBound]
    }

    /// How many bytes the objects have together.
    var byteCount: Int { items.reduce(0) { $0 + $1.count } }
}
