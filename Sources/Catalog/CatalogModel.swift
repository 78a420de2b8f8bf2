/// The model of the catalog as its rules have it, told in Markdown: what is checked is what is described.
package enum CatalogModel {
    /// Markdown; ends with a line break.
    package static let description = [introduction, kinds, relations, annotations].joined(separator: "\n") + "\n"

    private static let introduction = """
        # The catalog's model

        An entity is a YAML document with `apiVersion` (\(apiVersions)), `kind`, `metadata` and `spec`. Other fields at the
        root are refused; other fields of `metadata` and `spec` are kept as they are.

        - `metadata.name` (required): \(FieldFormat.entityName.expectation).
        - `metadata.namespace`: \(FieldFormat.namespace.expectation); `default` when left out.
        - `metadata.title`, `metadata.description`: text. `metadata.labels`, `metadata.annotations`: texts by key.
          `metadata.tags`: a list. `metadata.links`: a list of `url` with `title`, `icon`, `type`.
        - A reference to an entity is `[<kind>:][<namespace>/]<name>`, in any letter case. The namespace is that of the entity
          that refers when left out, and the kind that of the field (see below).

        """

    private static var apiVersions: String {
        EntityKind.apiVersions.sorted().map { "`\($0)`" }.joined(separator: " or ")
    }

    private static var sortedKinds: [EntityKind] { EntityKind.all.values.sorted { $0.name < $1.name } }

    private static var kinds: String { "## Kinds\n\n" + sortedKinds.map(section).joined(separator: "\n") }

    private static func section(_ kind: EntityKind) -> String {
        let rows = fields(of: kind).map { name, isRequired, form in
            "| `spec.\(name)` | \(isRequired ? "yes" : "no") | \(form) | \(meaning(of: name, in: kind)) |\n"
        }
        let table = "| field | required | form | names |\n|---|---|---|---|\n" + rows.joined()
        return "### \(kind.name)\n\n" + table
    }

    private static func fields(of kind: EntityKind) -> [(name: String, isRequired: Bool, form: String)] {
        guard case .object(let required, var fields, _) = kind.spec else { return [] }
        // Honoured as a reference though the schema leaves it open.
        for reference in kind.references where fields[reference.field] == nil {
            fields[reference.field] = .list(of: .text)
        }
        let optional = fields.keys.filter { !required.contains($0) }.sorted()
        return (required + optional).map { ($0, required.contains($0), form(of: fields[$0] ?? .any)) }
    }

    private static func form(of shape: Shape) -> String {
        switch shape {
        case .any: "anything"
        case .text, .anyText, .word: "text"
        case .oneOf(let choices): choices.map { "`\($0)`" }.joined(separator: " or ")
        case .list(let element): "list of \(form(of: element))"
        case .object(_, let fields, _): "object with " + fields.keys.sorted().map { "`\($0)`" }.joined(separator: ", ")
        }
    }

    private static func meaning(of field: String, in kind: EntityKind) -> String {
        guard let reference = kind.references.first(where: { $0.field == field }) else { return "" }
        return reference.defaultKind.map { "a \($0), unless it says another kind" }
            ?? "an entity; the kind must be given"
    }

    private static var relations: String {
        let rows = sortedKinds.flatMap { kind in
            kind.references.map {
                "| \(kind.name) | `spec.\($0.field)` | `\($0.relation)` | `\($0.inverse)` |\n"
            }
        }
        return """
            ## Relations

            Each reference makes a relation at both ends. Filters find them as `relations.<type>`.

            | kind | field | this entity gets | the other gets |
            |---|---|---|---|
            \(rows.joined())
            """
    }

    private static let annotations = """
        ## Annotations

        | annotation | meaning |
        |---|---|
        | `backstage.io/kubernetes-label-selector` | label selector of the Kubernetes workloads that belong to the entity |
        | `backstage.io/kubernetes-id` | short for the selector `backstage.io/kubernetes-id=<value>`; used without a selector |
        | `backstage.io/kubernetes-namespace` | only in these namespaces (comma list) |
        | `backstage.io/kubernetes-cluster` | only in these clusters (comma list) |
        | `backstage.io/managed-by-location`, `backstage.io/managed-by-origin-location` | where the entity was read; set by the catalog |
        | `backstage.io/source-location` | where its source code is, `url:<target>` |
        | `backstage.io/techdocs-ref` | where its documentation is |
        | `backstage.io/view-url`, `backstage.io/edit-url` | pages to look at it and to change it |
        | `github.com/project-slug` | `owner/repository` |
        | `github.com/team-slug`, `github.com/user-login` | the team or user that a Group or User is |
        """
}
