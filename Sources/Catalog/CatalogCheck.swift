package import Base

/// What is wrong with a set of catalog files, found without a database: everything that ingestion would refuse or remark
/// on, entities that are defined more than once, and references to entities that none of the files defines.
package struct CatalogCheck {
    package enum Severity: String, Sendable, CaseIterable { case error, warning }

    package struct Finding: Sendable, Hashable {
        package var severity: Severity
        package let location: SourceLocation
        /// One of a fixed set, such as `syntax`, `kind`, `conflict`, `dangling`.
        package let code: String
        /// Nil when nobody can tell.
        package let ref: EntityRef?
        package let message: String
    }

    private struct Reference {
        let location: SourceLocation
        let source: EntityRef
        let target: EntityRef
    }

    package var files: Int { names.count }
    private var names: [String] = []
    /// Entities that can be used.
    package var entities: Int { definitions.count }
    private let remarks: (Entity) -> [StatusItem]
    private var found: [Finding] = []
    private var definitions: [EntityRef: SourceLocation] = [:]
    /// What documents that cannot be used call themselves: it is there, though not right.
    private var refused: Set<EntityRef> = []
    private var references: [Reference] = []

    /// - Parameter remarks: what is wrong with an entity beyond its document, as ingestion tells it.
    package init(remarks: @escaping (Entity) -> [StatusItem]) { self.remarks = remarks }

    /// Looks at a file.
    ///
    /// - Parameters:
    ///   - file: its name as messages show it.
    ///   - fill: reads what a placeholder names.
    package mutating func add(
        _ bytes: [UInt8], file: String,
        fill: (Placeholder) -> Result<JSONValue, PlaceholderError> = { .success($0.unread) }
    ) {
        names.append(file)
        // The documents that can be read, to find the fields in.
        var nodes: [SourcePosition: YAMLNode] = [:]
        for case .success(let node) in YAML.documents(bytes) { nodes[node.position] = node }
        let parsed = CatalogFile(bytes, name: file)
        let values = Dictionary(parsed.placeholders.map { ($0, fill($0)) }) { first, _ in first }
        for document in parsed.documents(filling: values) {
            switch document.outcome {
            case .invalid(let problems): refuse(document, problems)
            case .entity(let entity):
                define(entity, at: document.location, document.location.position.flatMap { nodes[$0] })
            }
        }
    }

    /// All findings, file by file in the order in which they were added, each from top to bottom.
    ///
    /// - Parameter isStrict: whether a reference to an entity that is not there is an error.
    package func findings(isStrict: Bool) -> [Finding] {
        let order = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: min)
        func rank(_ finding: Finding) -> (Int, Int, Int) {
            let position = finding.location.position
            return (order[finding.location.file] ?? 0, position?.line ?? 0, position?.column ?? 0)
        }
        let all = found + dangling(isStrict ? .error : .warning)
        return all.enumerated().sorted { left, right in
            let ranks = (rank(left.element), rank(right.element))
            return ranks.0 == ranks.1 ? left.offset < right.offset : ranks.0 < ranks.1
        }.map(\.element)
    }

    private mutating func refuse(_ document: ParsedDocument, _ problems: [DocumentProblem]) {
        if let ref = document.ref { refused.insert(ref) }
        found += problems.map {
            Finding(
                severity: .error, location: $0.location, code: $0.label, ref: document.ref, message: $0.message)
        }
    }

    private mutating func define(_ entity: Entity, at location: SourceLocation, _ node: YAMLNode?) {
        if let earlier = definitions[entity.ref] {
            let message = "\(entity.ref) is already defined at \(earlier); remove one of them"
            found.append(
                Finding(severity: .error, location: location, code: "conflict", ref: entity.ref, message: message))
            return
        }
        definitions[entity.ref] = location
        func place(_ path: DocumentPath) -> SourceLocation {
            SourceLocation(file: location.file, position: node?.position(of: path) ?? location.position)
        }
        references += EntityReferences(of: entity).targets.map {
            Reference(location: place($0.path), source: entity.ref, target: $0.target)
        }
        found += remarks(entity).map { item in
            Finding(
                severity: item.level == .error ? .error : .warning, location: place(Self.selector(of: entity)),
                code: "selector", ref: entity.ref, message: item.message)
        }
    }

    private static func selector(of entity: Entity) -> DocumentPath {
        let names = ["label-selector", "id"].map { "backstage.io/kubernetes-\($0)" }
        let name = names.first { entity.annotations[$0] != nil } ?? ""
        return [.key("metadata"), .key("annotations"), .key(name)]
    }

    private func dangling(_ severity: Severity) -> [Finding] {
        references.filter { definitions[$0.target] == nil && !refused.contains($0.target) }.map { reference in
            Finding(
                severity: severity, location: reference.location, code: "dangling", ref: reference.source,
                message: "\(reference.source) names \(reference.target), which none of these files defines")
        }
    }
}
