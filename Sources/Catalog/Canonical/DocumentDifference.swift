package import Base

/// A field of a document that is another than before.
package struct FieldChange: Sendable, Hashable {
    /// A JSON pointer (RFC 6901).
    package let pointer: String
    /// Nil: it was not there.
    package let before: JSONValue?
    /// Nil: it is not there any more.
    package let after: JSONValue?

    package init(pointer: String, before: JSONValue?, after: JSONValue?) {
        self.pointer = pointer
        self.before = before
        self.after = after
    }
}

extension FieldChange {
    /// What differs between two documents, in the order of the pointers. Objects are compared field by field, lists as wholes.
    package static func all(from before: JSONObject, to after: JSONObject) -> [FieldChange] {
        var changes: [FieldChange] = []
        collect(.object(before), .object(after), at: [], into: &changes)
        return changes.sorted { $0.pointer < $1.pointer }
    }

    private static func collect(
        _ before: JSONValue?, _ after: JSONValue?, at path: DocumentPath, into changes: inout [FieldChange]
    ) {
        guard case .object(let old)? = before, case .object(let new)? = after else {
            if before != after { changes.append(FieldChange(pointer: path.pointer, before: before, after: after)) }
            return
        }
        for key in old.keys + new.keys.filter({ old[$0] == nil }) {
            collect(old[key], new[key], at: path + [.key(key)], into: &changes)
        }
    }
}
