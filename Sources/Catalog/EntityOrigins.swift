package import Base

/// Where the fields of a served document come from.
package struct EntityOrigins: Sendable {
    /// What gives a field.
    package enum Layer: String, Sendable, CaseIterable {
        /// The document that an author wrote.
        case definition
        /// A canonical file.
        case canonical
        /// The catalog itself: uid, etag, relations, remarks, and the annotations that say where the entity was read.
        case callboard
    }

    package struct Field: Sendable, Hashable {
        /// A JSON pointer (RFC 6901); a list is one field.
        package let pointer: String
        package let layer: Layer
    }

    /// In the order of the document.
    package private(set) var fields: [Field] = []
    private let layer: Layer

    /// - Parameters:
    ///   - document: as served.
    ///   - definition: as it was read.
    ///   - location: where that was.
    package init(of document: JSONObject, definition: JSONObject, location: String) {
        layer = CanonicalSettings.name(of: location) == nil ? .definition : .canonical
        collect(.object(document), .object(definition), at: [])
    }

    private mutating func collect(_ value: JSONValue, _ given: JSONValue?, at path: DocumentPath) {
        guard case .object(let members) = value, !members.isEmpty else {
            fields.append(Field(pointer: path.pointer, layer: value == given ? layer : .callboard))
            return
        }
        for (key, member) in members { collect(member, given?[key], at: path + [.key(key)]) }
    }
}
