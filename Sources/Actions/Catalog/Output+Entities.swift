internal import Base
internal import Catalog
internal import Store

extension Output {
    private static let maximumDescription = 200

    /// An entity in a list: what tells it from others.
    static func entity(_ ref: String, _ summary: EntitySummary?) -> JSONObject {
        let parsed = try? EntityRef(parsing: ref)
        return [
            "entityRef": .string(ref), "kind": text(parsed?.kind), "namespace": text(parsed?.namespace),
            "name": text(parsed?.name), "title": text(summary?.title),
            "description": text(summary?.description.map(clipped)), "type": text(summary?.type),
            "lifecycle": text(summary?.lifecycle), "ownerRef": text(summary?.ownerRef),
        ]
    }

    static let entitySchema: JSONObject = [
        "entityRef": Schema.string("kind:namespace/name."), "kind": nullableText("In lower case."),
        "namespace": nullableText("In lower case."), "name": nullableText("In lower case."),
        "title": nullableText("Its title."), "description": nullableText("The beginning of its description."),
        "type": nullableText("spec.type, such as service."), "lifecycle": nullableText("Such as production."),
        "ownerRef": nullableText("Who owns it."),
    ]

    static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

    private static func nullableText(_ description: String) -> JSONValue { Schema.orNull(Schema.text(description)) }

    private static func clipped(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard scalars.count > maximumDescription else { return text }
        return String(String.UnicodeScalarView(scalars.prefix(maximumDescription))) + "…"
    }
}
