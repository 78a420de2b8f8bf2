/// The fields that every kind of entity has.
enum EntityShape {
    /// Keys that the root of an entity may have.
    static let rootKeys: Set<String> = ["apiVersion", "kind", "metadata", "spec", "relations", "status"]

    static let document = Shape.object(
        required: ["apiVersion", "kind", "metadata"],
        fields: [
            "apiVersion": .text, "kind": .text, "metadata": metadata,
            "spec": .object(required: [], fields: [:], others: .allowed),
            "relations": .list(of: relation), "status": status,
        ],
        others: .allowed)

    private static let metadata = Shape.object(
        required: ["name"],
        fields: [
            "uid": .text, "etag": .text, "name": .text, "namespace": .text, "title": .text, "description": .anyText,
            "labels": .object(required: [], fields: [:], others: .like(.anyText)),
            "annotations": .object(required: [], fields: [:], others: .like(.anyText)),
            "tags": .list(of: .text), "links": .list(of: link),
        ],
        others: .allowed)

    private static let link = Shape.object(
        required: ["url"], fields: ["url": .text, "title": .text, "icon": .text, "type": .text], others: .allowed)

    private static let relation = Shape.object(
        required: ["type", "targetRef"],
        fields: [
            "type": .word, "targetRef": .text,
            "target": .object(
                required: ["kind", "namespace", "name"], fields: ["kind": .text, "namespace": .text, "name": .text],
                others: .refused),
        ],
        others: .refused)

    private static let status = Shape.object(
        required: [],
        fields: [
            "items": .list(
                of: .object(
                    required: ["type", "level", "message"],
                    fields: [
                        "type": .text, "level": .oneOf(["info", "warning", "error"]), "message": .anyText,
                        "error": .object(
                            required: ["name", "message"],
                            fields: ["name": .text, "message": .anyText, "code": .text, "stack": .text],
                            others: .allowed),
                    ],
                    others: .allowed))
        ],
        others: .allowed)
}
