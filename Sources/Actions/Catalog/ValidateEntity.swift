internal import Base
internal import Catalog
internal import Matching
internal import Store

/// Checks an entity's document as ingestion would, and stores nothing.
struct ValidateEntity: Action {
    let store: Store
    /// Which kinds may come from where; nil: nobody is told.
    let rules: CatalogRules?

    struct Input: Sendable {
        let text: String
        /// Nil: it does not matter.
        let location: String?
    }

    private static let defaultLocation = "url:https://localhost/entity-validator"

    static let definition = ActionDefinition(
        plugin: "catalog", name: "validate-entity", title: "Validate a catalog entity",
        description: """
            Checks the YAML (or JSON) text of one entity, as it would stand in catalog-info.yaml, without storing \
            anything. Every error has its line and column, and the rule that is broken. Warnings tell what is valid \
            and hardly meant: references to entities that the catalog does not have, and a workload selector that \
            cannot be used. Use it before you propose a catalog-info.yaml or register one.
            """,
        attributes: .readOnly, permissions: [.validateEntities],
        input: Schema.object(
            [
                "entity": Schema.string("YAML text of one entity."),
                "location": Schema.string(
                    """
                    Where the text is to stand, url:<target>. With it, it is checked too whether catalog.rules let such an \
                    entity in from there.
                    """),
            ], required: ["entity"]),
        output: Schema.object(
            [
                "isValid": Schema.flag("Whether the catalog would take it."),
                "isValidYaml": Schema.flag("Whether the text is YAML."),
                "errors": Schema.list(
                    Schema.complete([
                        "name": Schema.string("InputError."), "message": Schema.string("What is wrong."),
                        "code": Schema.string("The rule that is broken, such as envelope, format, kind, syntax."),
                        "line": Schema.orNull(Schema.count("Line in the text, from 1.")),
                        "column": Schema.orNull(Schema.count("Column in the line, from 1.")),
                    ]), "Everything that is wrong."),
                "warnings": Schema.list(["type": "string"], "What is valid and hardly meant."),
                "entity": EntityOutput.schema,
            ], required: ["isValid", "isValidYaml", "errors", "warnings"]), aliases: ["validate"])

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        Input(
            text: arguments["entity"]?.stringValue ?? "",
            location: try arguments["location"]?.stringValue.map(location))
    }

    /// A bare URL is taken for the target.
    private static func location(_ text: String) throws(ActionError) -> String {
        let isURL = text.hasPrefix("https://") || text.hasPrefix("http://")
        let location = isURL ? "url:\(text)" : text
        guard location.hasPrefix("url:"), location.utf8.count > 4 else {
            throw ActionError(
                .input,
                "Invalid location ref \(text), only 'url:<target>' is supported, e.g. url:https://host/path")
        }
        return location
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let documents = CatalogFile(Array(input.text.utf8), name: "entity").documentsAlone()
        guard documents.count == 1, let document = documents.first else {
            return Self.refusal(documents, "Expected one document, found \(documents.count)")
        }
        guard let entity = document.entity else { return Self.refusal(documents, nil) }
        if let refusal = refusal(of: entity, at: input.location) {
            return Self.refusal([], refusal, code: "not_allowed")
        }
        return [
            "isValid": true, "isValidYaml": true, "errors": [],
            "warnings": .array(try await warnings(entity, for: caller).map(JSONValue.string)),
            "entity": .object(entity.definition(at: input.location ?? Self.defaultLocation)),
        ]
    }

    /// Why `catalog.rules` would not let it in from there.
    private func refusal(of entity: Entity, at location: String?) -> String? {
        location.flatMap {
            rules?.refusal(of: entity, at: Provenance(location: $0, origin: $0, source: "registered:locations"))
        }
    }

    private static func refusal(
        _ documents: [ParsedDocument], _ more: String?, code: String = "envelope"
    ) -> JSONValue {
        let problems = documents.flatMap(\.problems)
        let errors = problems.map { error($0.message, $0.label, $0.location.position) }
        return [
            "isValid": false, "isValidYaml": .bool(!problems.contains { $0.code == .syntax }),
            "errors": .array((more.map { [error($0, code, nil)] } ?? []) + errors), "warnings": [],
        ]
    }

    private static func error(_ message: String, _ code: String, _ position: SourcePosition?) -> JSONValue {
        [
            "name": "InputError", "message": .string(message), "code": .string(code),
            "line": Output.count(position?.line), "column": Output.count(position?.column),
        ]
    }

    private func warnings(_ entity: Entity, for caller: Caller) async throws -> [String] {
        let annotations = WorkloadSelectorAnnotations(entity)
        let claim = EntitySelector.make(
            ref: entity.ref.canonical, labelSelector: annotations.labelSelector, kubernetesID: annotations.kubernetesID,
            namespaces: annotations.namespaces, clusters: annotations.clusters)
        let selector = if case .refused(let refusal) = claim { [refusal.description] } else { [String]() }
        // What is in the catalog is told to those alone who may read it.
        return caller.may(.readEntities) ? selector + (try await missing(entity)) : selector
    }

    private func missing(_ entity: Entity) async throws -> [String] {
        let targets = EntityReferences(of: entity).targets.map(\.target.canonical)
        let known = try await store.catalog.summaries(of: targets)
        return targets.filter { known[$0] == nil }.map { "The catalog has no entity \($0)" }
    }
}

extension Entity {
    /// The definition with both annotations of its origin, which the author's own come before.
    fileprivate func definition(at location: String) -> JSONObject {
        var annotations = metadata["annotations"]?.objectValue ?? [:]
        for name in ["backstage.io/managed-by-location", "backstage.io/managed-by-origin-location"]
        where annotations[name] == nil {
            annotations[name] = .string(location)
        }
        var metadata = metadata
        metadata["annotations"] = .object(annotations)
        var definition = definition
        definition["metadata"] = .object(metadata)
        return definition
    }
}
