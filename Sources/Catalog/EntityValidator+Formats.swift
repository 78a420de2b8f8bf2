internal import Base

extension EntityValidator {
    /// Fields whose text does not have its form. Fields that already have a problem are left out.
    static func formatProblems(_ definition: JSONObject, except wrong: Set<DocumentPath>) -> [EntityProblem] {
        let metadata = definition["metadata"]
        let single = [
            FormatCheck(.apiVersion, "apiVersion", at: [.key("apiVersion")], definition["apiVersion"]),
            FormatCheck(.kind, "kind", at: [.key("kind")], definition["kind"]),
            metadataCheck(.entityName, "name", metadata),
            metadataCheck(.namespace, "namespace", metadata),
        ]
        return (single + keyChecks(metadata) + tagChecks(metadata) + linkChecks(metadata))
            .filter { !wrong.contains($0.path) }.compactMap(\.problem)
    }

    private static func metadataCheck(_ format: FieldFormat, _ field: String, _ metadata: JSONValue?) -> FormatCheck {
        FormatCheck(format, "metadata.\(field)", at: [.key("metadata"), .key(field)], metadata?[field])
    }

    private static func keyChecks(_ metadata: JSONValue?) -> [FormatCheck] {
        let labels = members(metadata, "labels").flatMap { path, key, value in
            [
                FormatCheck(.labelKey, "labels.\(key)", at: path, .string(key)),
                FormatCheck(.labelValue, "labels.\(key)", at: path, value),
            ]
        }
        let annotations = members(metadata, "annotations").map { path, key, _ in
            FormatCheck(.annotationKey, "annotations.\(key)", at: path, .string(key))
        }
        return labels + annotations
    }

    private static func tagChecks(_ metadata: JSONValue?) -> [FormatCheck] {
        elements(metadata, "tags").map { path, index, value in FormatCheck(.tag, "tags.\(index)", at: path, value) }
    }

    private static func linkChecks(_ metadata: JSONValue?) -> [FormatCheck] {
        let formats: [(String, FieldFormat)] = [("url", .linkURL), ("title", .linkTitle), ("icon", .linkIcon)]
        return elements(metadata, "links").flatMap { path, index, link in
            formats.map { field, format in
                FormatCheck(format, "links.\(index).\(field)", at: path + [.key(field)], link[field])
            }
        }
    }

    private static func members(_ metadata: JSONValue?, _ field: String) -> [(DocumentPath, String, JSONValue)] {
        (metadata?[field]?.objectValue ?? [:]).map {
            ([.key("metadata"), .key(field), .key($0.key)], $0.key, $0.value)
        }
    }

    private static func elements(_ metadata: JSONValue?, _ field: String) -> [(DocumentPath, Int, JSONValue)] {
        (metadata?[field]?.arrayValue ?? []).enumerated().map {
            ([.key("metadata"), .key(field), .index($0.offset)], $0.offset, $0.element)
        }
    }
}

/// A field, its text and the form that it must have.
private struct FormatCheck {
    let format: FieldFormat
    /// As messages name it.
    let field: String
    let path: DocumentPath
    /// Nil when there is no such field, or when it is no string.
    let text: String?

    init(_ format: FieldFormat, _ field: String, at path: DocumentPath, _ value: JSONValue?) {
        self.format = format
        self.field = field
        self.path = path
        text = value?.stringValue
    }

    var problem: EntityProblem? {
        guard let text, !format.accepts(text) else { return nil }
        return EntityProblem(.format, at: path, format.message(field: field, value: text))
    }
}
