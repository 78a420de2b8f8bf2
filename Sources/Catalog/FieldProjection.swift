package import Base

/// Which fields of an entity a client wants (the `fields` parameter): dotted paths into the document.
package struct FieldProjection: Sendable, Hashable {
    /// In the order asked for.
    package let fields: [String]

    /// A longer path leads nowhere: it bounds the work that a hostile path can cause.
    private static let maximumPathBytes = 2_000

    /// Reads the values of all `fields` parameters, each a comma list.
    ///
    /// - Returns: nil when all are blank, which means the whole document.
    /// - Throws: for a field with `[`.
    package static func parsing(_ parameters: [String]) throws(CatalogInputError) -> FieldProjection? {
        let fields = parameters.flatMap(\.commaList)
        for field in fields where field.utf8.contains(UInt8(ascii: "[")) {
            throw CatalogInputError(.fields, "Invalid field \"\(field)\", array type fields are not supported")
        }
        return fields.isEmpty ? nil : FieldProjection(fields: fields)
    }

    private init(fields: [String]) {
        self.fields = fields
    }

    /// The fields of a document that were asked for and exist, in the order asked for.
    package func apply(to document: JSONObject) -> JSONObject {
        var result = JSONObject()
        for field in fields where field.utf8.count <= Self.maximumPathBytes {
            guard let (path, value) = Self.find(field, in: document) else { continue }
            Self.set(value, at: path[...], in: &result)
        }
        return result
    }

    /// Follows a dotted path. Keys may hold dots themselves, so the shortest run of parts that is a key is taken at
    /// each step.
    private static func find(_ field: String, in document: JSONObject) -> (path: [String], value: JSONValue)? {
        var path: [String] = []
        var value = JSONValue.object(document)
        var key: String?
        for part in field.parts(separatedBy: ".") {
            let candidate = key.map { "\($0).\(part)" } ?? part
            if let member = value[candidate] {
                path.append(candidate)
                value = member
                key = nil
            } else {
                key = candidate
            }
        }
        return key == nil ? (path, value) : nil
    }

    private static func set(_ value: JSONValue, at path: ArraySlice<String>, in object: inout JSONObject) {
        guard let key = path.first else { return }
        guard path.count > 1 else { return object[key] = value }
        var inner = object[key]?.objectValue ?? [:]
        set(value, at: path.dropFirst(), in: &inner)
        object[key] = .object(inner)
    }
}
